"""The findings of earlier checks, by module and body, for mypy's daemon."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from mypy.nodes import Expression, FuncDef, FuncItem, MypyFile
from mypy.types import ProperType

from mypy_async_django.bridge.daemon_errors import (
    Reported,
    may_report_in,
    put_back,
    report_unused_ignores_again,
    reported_in,
    take_back,
    update_of,
)
from mypy_async_django.bridge.errors import BuildErrors
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.module_interface import (
    ModuleInterface,
    imported_by,
    interface_of,
    named_by,
)
from mypy_async_django.bridge.types import is_coroutine_type
from mypy_async_django.effects.summary import Summaries
from mypy_async_django.finding import Finding
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.report import report

Key = FuncDef | None
"""A function, or None for the module's top level."""

Types = dict[Expression, ProperType | None]
"""mypy's types of the expressions that it has checked; None for Any."""


class Change(Enum):
    """What has changed in a module's interface."""

    NOTHING = auto()
    SUMMARIES = auto()
    SYMBOLS = auto()


@dataclass(slots=True)
class BodyFindings:
    """The findings in one body.

    ``outermost`` is the function around it, ``used`` are the modules that were asked for summaries,
    ``types`` are mypy's types in the body, ``reported`` is what mypy holds of the findings.
    ``signature`` is the function's type when the types were taken.
    """

    outermost: FuncDef | None
    findings: list[Finding]
    used: Set[str]
    types: Types
    reported: Reported
    signature: object


@dataclass(slots=True)
class ModuleFindings:
    """The findings in one module, and its interface before mypy read the module anew."""

    module: Module
    bodies: dict[Key, BodyFindings] = field(default_factory=dict)
    interface: ModuleInterface | None = None
    summaries: Summaries | None = None


class FindingCache:
    """Keeps findings by module and function, and reports them to mypy.

    The calls for a module that has changed, in this order: `keep_interface` when mypy has read it,
    `start`, `replace` for each body, `finish`, `change`.
    """

    def __init__(self) -> None:
        self._modules: dict[str, ModuleFindings] = {}
        self._named: dict[str, tuple[MypyFile, Set[str]]] = {}
        self._first_update: object = None
        self._restored_update: object = None

    def keep_interface(self, name: str, summaries: Callable[[MypyFile], Summaries]) -> None:
        """Keep the interface of a module before a change; its tree is the old one still."""
        kept = self._modules.get(name)
        if kept is not None:
            tree = kept.module.tree
            kept.interface, kept.summaries = interface_of(tree), summaries(tree)

    def start(self, module: Module) -> None:
        """Take back all findings in a module, as it is checked from top to bottom."""
        name = module.tree.fullname
        before, now = self._modules.get(name), ModuleFindings(module)
        if self._first_update is None:
            self._first_update = update_of(module.errors)
        if before is not None:
            now.interface, now.summaries = before.interface, before.summaries
            for key, body in before.bodies.items():
                _take_back(before.module, body)
                if before.module is module:
                    now.bodies[key] = replace(body, findings=[], used=frozenset(), reported=[])
        self._modules[name] = now

    def drop(self, name: str) -> None:
        """Take back the findings in a module, and forget it."""
        kept = self._modules.pop(name, None)
        if kept is not None:
            for body in kept.bodies.values():
                _take_back(kept.module, body)

    def finish(self, module: Module) -> None:
        """Correct what mypy has reported of unused ``type: ignore`` comments."""
        report_unused_ignores_again(module)

    def replace(
        self,
        module: Module,
        body: Body,
        outermost: FuncDef | None,
        findings: list[Finding],
        used: Set[str],
    ) -> None:
        """Report the findings in a body; they replace those that were reported before."""
        kept = self._modules.setdefault(module.tree.fullname, ModuleFindings(module))
        key = _key(body.function)
        before = kept.bodies.get(key)
        types = before.types if before is not None else {}
        signature = before.signature if before is not None else None
        if before is not None:
            _take_back(kept.module, before)
        if body.types.are_mypys:
            found = dict(_types(body))  # among them some of the types before
            if signature is not _signature(key):
                types.clear()
            types.update(found)
            signature = _signature(key)
        kept.bodies[key] = BodyFindings(outermost, findings, used, types, [], signature)
        _report(kept.module, kept.bodies[key])

    def types(self, module: Module, function: FuncItem | MypyFile) -> Types | None:
        """The types that mypy inferred in a body when the body was last checked here.

        None if mypy has checked it since then: it makes the function's type anew each time.
        """
        body = self._body(module, function)
        is_current = body is None or not body.types or body.signature is _signature(_key(function))
        return self.types_before(module, function) if is_current else None

    def types_before(self, module: Module, function: FuncItem | MypyFile) -> Types:
        """The same, while mypy is checking the body again."""
        body = self._body(module, function)
        return body.types if body is not None else {}

    def _body(self, module: Module, function: FuncItem | MypyFile) -> BodyFindings | None:
        kept = self._modules.get(module.tree.fullname)
        return kept.bodies.get(_key(function)) if kept is not None else None

    def module(self, name: str) -> Module | None:
        """The module of a name as it was last checked from top to bottom."""
        kept = self._modules.get(name)
        return kept.module if kept is not None else None

    def made_coroutines(self, module: Module) -> bool:
        """Whether any expression of a module was a coroutine when mypy last checked it."""
        return any(
            is_coroutine_type(type_)
            for body in self._modules[module.tree.fullname].bodies.values()
            for type_ in body.types.values()
        )

    def change(self, module: Module, summaries: Summaries) -> Change:
        """What has changed in a module's interface since `keep_interface`.

        Nothing in the daemon's first run, which checks all modules.
        """
        kept = self._modules[module.tree.fullname]
        if update_of(module.errors) is self._first_update:
            return Change.NOTHING
        if kept.interface != interface_of(module.tree):
            return Change.SYMBOLS
        return Change.SUMMARIES if kept.summaries != summaries else Change.NOTHING

    def users(self, name: str) -> list[tuple[Module, Key, FuncDef | None]]:
        """The bodies that depend on a module's summaries, with their outermost functions."""
        return [
            (kept.module, key, body.outermost)
            for kept in self._modules.values()
            for key, body in kept.bodies.items()
            if name in body.used
        ]

    def forget_types(self, module: Module) -> None:
        """Drop mypy's types of a module's expressions: they are out of date."""
        for body in self._modules[module.tree.fullname].bodies.values():
            body.types.clear()

    def importers(
        self, modules: Set[str], unread: Callable[[], Iterable[MypyFile]]
    ) -> list[Module]:
        """The modules that import any of ``modules``, directly or through other modules.

        ``unread`` returns modules that may stand between and have no code, only symbols.
        """
        if not modules:
            return []
        importers: dict[str, list[str]] = {}
        for name, kept in self._modules.items():
            for imported in imported_by(kept.module.tree):
                importers.setdefault(imported, []).append(name)
        for tree in unread():
            for named in self._named_by(tree):
                importers.setdefault(named, []).append(tree.fullname)
        reached: dict[str, None] = {}
        for imported in (queue := sorted(modules)):
            for name in importers.get(imported, ()):
                if name not in reached:
                    reached[name] = None
                    queue.append(name)
        return [self._modules[name].module for name in reached if name in self._modules]

    def _named_by(self, tree: MypyFile) -> Set[str]:
        """The modules in which a module's symbols are defined; worked out once for each tree."""
        known = self._named.get(tree.fullname)
        if known is None or known[0] is not tree:
            known = self._named[tree.fullname] = tree, named_by(tree)
        return known[1]

    def forget_deleted(self, modules: Mapping[str, object]) -> list[str]:
        """Forget the modules that are no longer part of the build, and return their names."""
        names = [name for name in self._modules if name not in modules]
        for name in names:
            del self._modules[name]
        return names

    def restore(self, errors: BuildErrors, modules: Mapping[str, object]) -> None:
        """Report the findings again that mypy has dropped at the start of the update."""
        update = update_of(errors)
        if update is self._restored_update:
            return
        self._restored_update = update
        for name, kept in self._modules.items():
            if name in modules:
                put_back(kept.module, [i for b in kept.bodies.values() for i in b.reported])


def _report(module: Module, body: BodyFindings) -> None:
    if not body.findings or not may_report_in(module):
        return
    before = len(reported_in(module))
    with module.reporting_in(None, has_target=False):
        for finding in body.findings:
            report(module, finding)
    # Without those that are ignored, with the notes that mypy adds.
    body.reported = reported_in(module)[before:]


def _take_back(module: Module, body: BodyFindings) -> None:
    take_back(module, body.reported)
    body.reported = []


def _key(function: FuncItem | MypyFile) -> Key:
    return function if isinstance(function, FuncDef) else None


def _signature(key: Key) -> object:
    return None if key is None else key.type


def _types(body: Body) -> Iterator[tuple[Expression, ProperType | None]]:
    for node in body.nodes:
        if isinstance(node, Expression) and body.types.is_reached(node):
            # Where inference fails, the rules have reported it.
            with suppress(Exception):
                yield node, body.types.type_of(node)
