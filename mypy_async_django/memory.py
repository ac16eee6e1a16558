"""What was found before, for mypy's daemon.

At each increment the daemon drops all errors. It comes by the modules that have changed, and by
functions that depend on them, where it asks plugins about calls. The rest is ours: what it does not
come by we say again, and where it asks nothing, as in functions without annotations, we look again.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from mypy import errorcodes
from mypy.errors import ErrorInfo, Errors
from mypy.nodes import Expression, FuncDef
from mypy.types import ProperType

from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.surface import Surface, imported_by, surface_of
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.report import place, report

Key = FuncDef | None
"""A function, or the module's top level."""

Types = dict[Expression, ProperType | None]
"""mypy's types of the expressions that it came by; None for Any."""


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
    """The entries of one module; ``surface`` is what others could see of it at the time before."""

    module: Module
    entries: dict[Key, Entry] = field(default_factory=dict)
    surface: Surface | None = None


class Memory:
    """Keeps findings by module and function, and sees that mypy's errors hold them."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}
        # What mypy holds its errors in: a new one for each increment.
        self._first: Mapping[str, object] | None = None
        self._held: Mapping[str, object] | None = None
        # A function in which mypy asks plugins. As our errors have it for a target, mypy looks at
        # it in each increment, and so we hear of each.
        self._bell: FuncDef | None = None

    def hear(self, function: object) -> None:
        """mypy asks about a call in an outermost function of the project."""
        if self._bell is None and isinstance(function, FuncDef):
            self._bell = function

    def before(self, name: str) -> None:
        """A module has been read anew; mypy still knows it as it was."""
        page = self._pages.get(name)
        if page is not None:
            page.surface = surface_of(page.module.tree)
        if self._bell is not None and self._bell.fullname.startswith(f"{name}."):
            self._bell = None

    def open(self, module: Module) -> None:
        """A module is looked at from top to bottom: what was said of it is taken back."""
        name = module.tree.fullname
        page, new = self._pages.get(name), _Page(module)
        self._first = module.errors.error_info_map if self._first is None else self._first
        if page is not None:
            new.surface = page.surface
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
        self._show(page, key)

    def types(self, module: Module, key: Key) -> Types:
        """The types that a function's expressions had when it was last looked at."""
        page = self._pages.get(module.tree.fullname)
        entry = page.entries.get(key) if page is not None else None
        return entry.types if entry is not None else {}

    def changed(self, module: Module) -> Set[str]:
        """The names of a module that others see otherwise since it was read anew.

        None of them while all modules are being built for the first time.
        """
        if module.errors.error_info_map is self._first:
            return frozenset()
        before = self._pages[module.tree.fullname].surface or Surface({}, frozenset())
        return surface_of(module.tree).changed(before)

    def users(self, name: str) -> list[tuple[Module, Key, FuncDef | None]]:
        """The bodies that depend on a module's summaries, with the functions around them."""
        return [
            (page.module, key, entry.outermost)
            for page in self._pages.values()
            for key, entry in page.entries.items()
            if name in entry.used
        ]

    def importers(self, name: str) -> list[Module]:
        """The modules that import a module, directly or through others."""
        imports = {other: imported_by(page.module.tree) for other, page in self._pages.items()}
        found: dict[str, Module] = {}
        pending = [name]
        for imported in pending:
            for other, names in imports.items():
                if imported in names and other not in found and other != name:
                    found[other] = self._pages[other].module
                    pending.append(other)
        return list(found.values())

    def gone(self, modules: Mapping[str, object]) -> list[str]:
        """Forget the modules that are not there any more: their names."""
        names = [name for name in self._pages if name not in modules]
        for name in names:
            self.before(name)
            del self._pages[name]
        return names

    def show_again(self, errors: Errors, name: str | None = None) -> None:
        """Say again what an increment has dropped, or only what it has of one module."""
        if errors.error_info_map is not self._held:
            self._held, name = errors.error_info_map, None
        pages = self._pages.values() if name is None else [self._pages[name]]
        for page in pages:
            held = {id(info) for info in errors.error_info_map.get(page.module.path, ())}
            for key, entry in list(page.entries.items()):
                if entry.shown and not any(id(info) in held for info in entry.shown):
                    self._show(page, key)

    def _show(self, page: _Page, key: Key) -> None:
        module, entry = page.module, page.entries[key]
        if not entry.findings or module.path in module.errors.flushed_files:
            return
        _know_ignored_lines(module)
        with place(module, key, has_target=False):
            entry.shown = [info for each in entry.findings for info in report(module, each)]
        if self._bell is not None:
            for info in entry.shown:
                info.target = self._bell.fullname


def _take_back(page: _Page, entry: Entry) -> None:
    errors, path = page.module.errors, page.module.path
    if entry.shown and path in errors.error_info_map:
        mine = {id(info) for info in entry.shown}
        errors.error_info_map[path] = [
            info for info in errors.error_info_map[path] if id(info) not in mine
        ]
    entry.shown = []


def _know_ignored_lines(module: Module) -> None:
    """Tell mypy of "type: ignore" comments: it knows those of modules that it comes by."""
    errors: Errors = module.errors
    if module.path not in errors.ignored_lines:
        errors.set_file_ignored_lines(module.path, module.tree.ignored_lines)


def _types(body: Body) -> Iterator[tuple[Expression, ProperType | None]]:
    for node in body.nodes:
        if isinstance(node, Expression) and body.types.is_reached(node):
            yield node, body.type_of(node)
