"""What was found before, for mypy's daemon.

At each increment the daemon drops all errors. It comes by the modules that have changed, and by
functions that depend on them, where it asks plugins about calls. The rest is ours: what it does not
come by we say again, and where it asks nothing, as in functions without annotations, we look again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from mypy import errorcodes
from mypy.errors import ErrorInfo, Errors
from mypy.nodes import Expression, FuncDef, FuncItem, MypyFile
from mypy.types import ProperType

from mypy_async_django.bridge.daemon_wakeup import Bell
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.module_interface import Surface, imported_by, named_by, surface_of
from mypy_async_django.bridge.types import is_coroutine_type
from mypy_async_django.effects.summary import Summaries
from mypy_async_django.finding import Finding
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.report import place, report

Key = FuncDef | None
"""A function, or the module's top level."""

Types = dict[Expression, ProperType | None]
"""mypy's types of the expressions that it came by; None for Any."""


class Change(Enum):
    """What of a module others see otherwise: its names stand for something else, or do."""

    NOTHING = auto()
    SUMMARIES = auto()
    NAMES = auto()


@dataclass(slots=True)
class Entry:
    """What was found in one body, what that came from, and what mypy was handed of it.

    ``outermost`` is the function around, ``used`` are the modules that were asked for summaries.
    """

    outermost: FuncDef | None
    findings: list[Finding]
    used: Set[str]
    types: Types
    shown: list[ErrorInfo]


@dataclass(slots=True)
class _Page:
    """The entries of one module, and what others could see of it the time before."""

    module: Module
    entries: dict[Key, Entry] = field(default_factory=dict)
    surface: Surface | None = None
    summaries: Summaries | None = None


class Memory:
    """Keeps findings by module and function, and sees that mypy's errors hold them.

    A module is read anew (``remember``), then opened, its findings are noted, and it is closed; only
    then can be told what has changed in it.
    """

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}
        self._named: dict[str, tuple[MypyFile, Set[str]]] = {}
        # What mypy holds its errors in: a new one for each increment.
        self._first: Mapping[str, object] | None = None
        self._held: Mapping[str, object] | None = None
        self.bell: Final = Bell()

    def remember(self, name: str, summaries: Callable[[MypyFile], Summaries]) -> None:
        """A module has been read anew; mypy still knows it as it was."""
        page = self._pages.get(name)
        if page is not None:
            tree = page.module.tree
            page.surface, page.summaries = surface_of(tree), summaries(tree)
        self.bell.forget(name)

    def open(self, module: Module) -> None:
        """A module is looked at from top to bottom: what was said of it is taken back."""
        name = module.tree.fullname
        page, new = self._pages.get(name), _Page(module)
        self._first = module.errors.error_info_map if self._first is None else self._first
        if page is not None:
            new.surface, new.summaries = page.surface, page.summaries
            for key, entry in page.entries.items():
                _take_back(page, entry)
                if page.module is module:
                    new.entries[key] = Entry(entry.outermost, [], frozenset(), entry.types, [])
        self._pages[name] = new

    def close(self, module: Module) -> None:
        """All is found: mypy's verdict on unused "type: ignore" comments came too early."""
        errors, path = module.errors, module.path
        infos = errors.error_info_map.get(path, [])
        kept = [info for info in infos if info.code is not errorcodes.UNUSED_IGNORE]
        if len(kept) < len(infos):
            errors.error_info_map[path] = kept
            errors.generate_unused_ignore_errors(path)

    def note(
        self,
        module: Module,
        key: Key,
        outermost: FuncDef | None,
        findings: list[Finding],
        used: Set[str],
        body: Body,
    ) -> None:
        """Findings of a function take the place of those that were known."""
        page = self._pages.setdefault(module.tree.fullname, _Page(module))
        entry = page.entries.get(key)
        types = entry.types if entry is not None else {}
        if entry is not None:
            _take_back(page, entry)
        if body.types.are_mypys:
            types.update(_types(body))
        page.entries[key] = Entry(outermost, findings, used, types, [])
        _show(page.module, page.entries[key])

    def types(self, module: Module, body: FuncItem | MypyFile) -> Types:
        """The types that a body's expressions had when it was last looked at."""
        page = self._pages.get(module.tree.fullname)
        key = body if isinstance(body, FuncDef) else None
        entry = page.entries.get(key) if page is not None else None
        return entry.types if entry is not None else {}

    def makes_coroutines(self, module: Module) -> bool:
        """Whether mypy has come by a coroutine in a module."""
        return any(
            is_coroutine_type(type_)
            for entry in self._pages[module.tree.fullname].entries.values()
            for type_ in entry.types.values()
        )

    def change(self, module: Module, summaries: Summaries) -> Change:
        """What others see otherwise since a module was read anew.

        Nothing while all modules are being built for the first time.
        """
        page = self._pages[module.tree.fullname]
        if module.errors.error_info_map is self._first:
            return Change.NOTHING
        if page.surface != surface_of(module.tree):
            return Change.NAMES
        return Change.SUMMARIES if page.summaries != summaries else Change.NOTHING

    def users(self, name: str) -> list[tuple[Module, Key, FuncDef | None]]:
        """The bodies that depend on a module's summaries, with the functions around them."""
        return [
            (page.module, key, entry.outermost)
            for page in self._pages.values()
            for key, entry in page.entries.items()
            if name in entry.used
        ]

    def forget_types(self, module: Module) -> None:
        """What mypy knew of a module's expressions does not hold any more."""
        for entry in self._pages[module.tree.fullname].entries.values():
            entry.types.clear()

    def importers(
        self, modules: Set[str], unread: Callable[[], Iterable[MypyFile]]
    ) -> list[Module]:
        """The modules that import any of some modules, directly or through others.

        ``unread`` gives modules that may stand between: their code is not there, their names are.
        """
        if not modules:
            return []
        importers: dict[str, list[str]] = {}
        for name, page in self._pages.items():
            for imported in imported_by(page.module.tree):
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
        return [self._pages[name].module for name in reached if name in self._pages]

    def _named_by(self, tree: MypyFile) -> Set[str]:
        """The modules that the names of a module lead to; it does not change, so asked once."""
        known = self._named.get(tree.fullname)
        if known is None or known[0] is not tree:
            known = self._named[tree.fullname] = tree, named_by(tree)
        return known[1]

    def forget_gone(self, modules: Mapping[str, object]) -> list[str]:
        """Forget the modules that are not there any more: their names."""
        names = [name for name in self._pages if name not in modules]
        for name in names:
            self.bell.forget(name)
            del self._pages[name]
        return names

    def show_again(self, errors: Errors, modules: Mapping[str, object]) -> None:
        """Say again what an increment has dropped."""
        self.bell.set_up(errors)
        if errors.error_info_map is self._held:
            return
        self._held = errors.error_info_map
        for name, page in self._pages.items():
            infos = errors.error_info_map.get(page.module.path, [])
            held = {id(info) for info in infos}
            dropped = [
                info
                for entry in page.entries.values()
                for info in entry.shown
                if id(info) not in held
            ]
            if dropped and name in modules:
                errors.error_info_map[page.module.path] = infos + dropped


def _show(module: Module, entry: Entry) -> None:
    """Say what was found in a body."""
    errors, path = module.errors, module.path
    # mypy has printed the errors of a file that is flushed, and would fail if there were more.
    if not entry.findings or path in errors.flushed_files:
        return
    # mypy knows the "type: ignore" comments of modules that it comes by.
    if path not in errors.ignored_lines:
        errors.set_file_ignored_lines(path, module.tree.ignored_lines)
    before = len(errors.error_info_map.get(path, ()))
    with place(module, None, has_target=False):
        for finding in entry.findings:
            report(module, finding)
    # Without those that are ignored, with the notes that mypy adds.
    entry.shown = errors.error_info_map.get(path, [])[before:]


def _take_back(page: _Page, entry: Entry) -> None:
    errors, path = page.module.errors, page.module.path
    if entry.shown and path in errors.error_info_map:
        mine = {id(info) for info in entry.shown}
        errors.error_info_map[path] = [
            info for info in errors.error_info_map[path] if id(info) not in mine
        ]
    entry.shown = []


def _types(body: Body) -> Iterator[tuple[Expression, ProperType | None]]:
    for node in body.nodes:
        if isinstance(node, Expression) and body.types.is_reached(node):
            # Where inference fails, the rules have told.
            with suppress(Exception):
                yield node, body.types.type_of(node)
