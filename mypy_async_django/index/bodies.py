"""Bodies of functions, with the types that there are for them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mypy.nodes import Expression, FuncDef, FuncItem, MypyFile
from mypy.types import ProperType

from mypy_async_django.bridge.checked import CheckedTypes
from mypy_async_django.bridge.imports import MissingImports
from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.source import Source
from mypy_async_django.bridge.tree import expressions
from mypy_async_django.catalogue.lookup import Catalogue
from mypy_async_django.index.inference.inference import InferredTypes
from mypy_async_django.index.syntax.body import Body, Effects, ModuleContext, Types
from mypy_async_django.index.syntax.reaching_definitions import Flow
from mypy_async_django.index.values.summary_types import type_from_sources
from mypy_async_django.templates.files import Templates

Remembered = Mapping[Expression, ProperType | None]
"""Types of expressions from the last time that mypy checked them."""


class Bodies:
    """Creates the bodies of a module for one check of it, and memoises what it computes.

    ``remembered`` returns types for expressions that mypy has not reached yet; None where mypy has
    checked the whole body.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        modules: dict[str, MypyFile],
        *,
        strict_relations: bool,
        templates: Templates,
        remembered: Callable[[Module, FuncItem | MypyFile], Remembered | None] | None = None,
    ) -> None:
        self._catalogue = catalogue
        catalogue.see(modules)
        self._strict_relations = strict_relations
        self._templates = templates
        self._remembered = remembered
        self.members = Members(modules)
        self._missing_imports = MissingImports(modules)
        self._outermost: dict[FuncItem, Body] = {}
        self._summarised: dict[FuncItem, Body] = {}
        self._answers: dict[MypyFile, dict[Callable[..., object], Any]] = {}

    def looked_at(
        self,
        module: Module,
        function: FuncItem | MypyFile,
        outermost: FuncItem | None,
        effects: Effects,
    ) -> Body:
        """A body of a module that mypy has been through, with mypy's types if it checked it.

        ``outermost`` is the function around it.
        """
        remembered = self._remembered(module, function) if self._remembered is not None else {}
        if remembered is None:
            remembered, has_types = {}, any(map(module.has_type, expressions(function)))
        else:
            has_types = bool(remembered) or module.has_types
        outer = self._outer_types(function, outermost)
        if module.checker is not None and module.is_checked(function) and has_types:
            flow = Flow(function)
            inferred = InferredTypes(function, flow, self.members)
            types: Types = CheckedTypes(module.checker, remembered, inferred.type_of)
            body = self._body(function, flow, types, outermost, module.source, effects)
        else:
            body = self.inferred(function, outermost, module.source, effects)
        body.given = InferredTypes(
            function,
            body.flow,
            self.members,
            outer,
            lambda expression: type_from_sources(body, self.members, expression),
        ).type_of
        body.is_checked = module.is_checked(function)
        body.module = ModuleContext(
            module.tree,
            lambda other: self.looked_at(
                module, other, outermost if body.is_nested(other) else other, effects
            ),
            self._answers.setdefault(module.tree, {}),
        )
        return body

    def inferred(
        self,
        function: FuncItem | MypyFile,
        outermost: FuncItem | None = None,
        source: Source | None = None,
        effects: Effects | None = None,
    ) -> Body:
        """A body whose types are worked out from what semantic analysis knows."""
        flow = Flow(function)
        types = InferredTypes(function, flow, self.members, self._outer_types(function, outermost))
        return self._body(function, flow, types, outermost, source or Source([]), effects)

    def summarised(self, function: FuncItem | MypyFile) -> Body:
        """As `inferred`, for the parts of a summary: they share it."""
        if isinstance(function, MypyFile):
            return self.inferred(function)
        if function not in self._summarised:
            self._summarised[function] = self.inferred(function)
        return self._summarised[function]

    def _around(self, outermost: FuncItem) -> Body:
        """The body of an outermost function, which all functions inside it share."""
        if outermost not in self._outermost:
            self._outermost[outermost] = self.inferred(outermost)
        return self._outermost[outermost]

    def _outer_types(
        self, function: FuncItem | MypyFile, outermost: FuncItem | None
    ) -> InferredTypes | None:
        if outermost is None or outermost is function:
            return None
        types = self._around(outermost).types
        return types if isinstance(types, InferredTypes) else None

    def _body(
        self,
        function: FuncItem | MypyFile,
        flow: Flow,
        types: Types,
        outermost: FuncItem | None,
        source: Source,
        effects: Effects | None,
    ) -> Body:
        is_inside = outermost is not None and outermost is not function
        return Body(
            function,
            flow,
            types,
            self._catalogue,
            source,
            effects,
            missing_imports=self._missing_imports,
            strict_relations=self._strict_relations,
            templates=self._templates,
            outer=partial(self._around, outermost) if is_inside and outermost else None,
        )


def versions(function: FuncDef) -> list[FuncDef]:
    """The bodies that mypy checks for a function: one for each value of a restricted type variable."""
    expanded = [item for item in function.expanded if isinstance(item, FuncDef)]
    return expanded or [function]
