"""A module of the checked program whose bodies mypy has checked."""

from collections.abc import Iterator, Set
from contextlib import AbstractContextManager
from functools import cached_property

from mypy.checker import TypeChecker
from mypy.errorcodes import ErrorCode
from mypy.nodes import Context, Expression, FuncDef, FuncItem, MypyFile
from mypy.types import Instance

from mypy_async_django.bridge.errors import BuildErrors
from mypy_async_django.bridge.options import ModuleOptions
from mypy_async_django.bridge.source import Source
from mypy_async_django.bridge.types import COROUTINES


class Module:
    """A module's tree, options and errors, and the type checker that checked it.

    ``checker`` is None if mypy checked no call in the module: only calls reach a plugin. ``on`` are
    the error codes that the configuration asks for; ``reported_options``, by which mypy reports our
    findings, may let it report more. With ``has_links``, the address of a code's page is noted with
    the code's first error.
    """

    def __init__(
        self,
        tree: MypyFile,
        options: ModuleOptions,
        errors: BuildErrors,
        checker: TypeChecker | None,
    ) -> None:
        self.tree = tree
        self.options = options
        self.errors = errors
        self.checker = checker
        self.reported_options = options
        self.on: Set[ErrorCode] = frozenset()
        self.has_links = False

    @cached_property
    def source(self) -> Source:
        """The module's text."""
        return Source(self.errors.lines_of(self.path))

    @property
    def path(self) -> str:
        """The path under which mypy reports the module's errors."""
        return self.checker.path if self.checker else self.tree.path

    def is_checked(self, body: FuncItem | MypyFile) -> bool:
        """Whether mypy infers types in a body; by default, not in an unannotated function."""
        if isinstance(body, MypyFile):
            return True
        return self.options.checks_unannotated or not body.is_dynamic()

    @property
    def has_types(self) -> bool:
        """Whether mypy still holds types that it inferred in the module."""
        return self.checker is not None and any(self.checker._type_maps)

    @cached_property
    def makes_coroutines(self) -> bool:
        """Whether any expression that mypy has checked is a coroutine."""
        return self.checker is not None and any(
            type(type_) is Instance and type_.type.fullname in COROUTINES
            for types in self.checker._type_maps
            for type_ in types.values()
        )

    def has_type(self, expression: Expression) -> bool:
        """Whether mypy has inferred the type of an expression."""
        return self.checker is not None and self.checker.has_type(expression)

    def reporting_in(
        self, function: FuncDef | None, *, has_target: bool = True
    ) -> AbstractContextManager[None]:
        """Report as if mypy was checking one of the module's outermost functions."""
        return self.errors.reporting_in(
            self.path,
            self.tree.fullname,
            self.reported_options.mypys,
            function,
            has_target=has_target,
        )

    def reported(self, node: Context | None = None) -> Iterator[tuple[str, ErrorCode | None]]:
        """Message and code of each error in the module, or on the lines of a node in it."""
        return self.errors.reported(self.path, node)
