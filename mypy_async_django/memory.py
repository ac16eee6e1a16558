"""What was found before, for mypy's daemon.

At each increment the daemon drops all errors and comes only by the modules that have changed, and
by functions that depend on them. What it does not come by, we say again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mypy import errorcodes
from mypy.errors import ErrorInfo, Errors
from mypy.nodes import Expression, FuncDef
from mypy.types import ProperType

from mypy_async_django.bridge.module import Module
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.report import place, report

Key = FuncDef | None
"""A function, or the module's top level."""


@dataclass(slots=True)
class _Page:
    """What was found in one module, and what mypy was handed of it in this increment."""

    module: Module
    findings: dict[Key, list[Finding]] = field(default_factory=dict)
    shown: dict[Key, list[ErrorInfo]] = field(default_factory=dict)
    types: dict[Key, dict[Expression, ProperType]] = field(default_factory=dict)


class Memory:
    """Keeps findings by module and function, and sees that mypy's errors hold them."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}

    def open(self, module: Module) -> None:
        """A module is looked at anew: what was said of it is taken back."""
        page = self._pages.pop(module.tree.fullname, None)
        if page is not None:
            for key in list(page.shown):
                _take_back(page, key)
        self._pages[module.tree.fullname] = _Page(module)

    def close(self, module: Module) -> None:
        """All is found: mypy's verdict on unused "type: ignore" comments came too early."""
        errors, path = module.errors, module.path
        infos = errors.error_info_map.get(path, [])
        kept = [info for info in infos if info.code is not errorcodes.UNUSED_IGNORE]
        if len(kept) < len(infos):
            errors.error_info_map[path] = kept
            errors.generate_unused_ignore_errors(path)

    def note(self, module: Module, key: Key, findings: list[Finding], body: Body) -> None:
        """Findings of a function take the place of those that were known."""
        page = self._pages.get(module.tree.fullname)
        if page is None:
            page = self._pages[module.tree.fullname] = _Page(module)
        page.module = module
        _take_back(page, key)
        page.findings[key] = findings
        page.types.setdefault(key, {}).update(_types(body))
        _show(page, key)

    def types(self, module: Module, key: Key) -> dict[Expression, ProperType]:
        """The types that a function's expressions had when it was last looked at."""
        page = self._pages.get(module.tree.fullname)
        return page.types.get(key, {}) if page else {}

    def show_again(self, modules: Mapping[str, object]) -> None:
        """Say again what an increment has dropped; a module that is gone is forgotten."""
        for name, page in list(self._pages.items()):
            if name not in modules:
                del self._pages[name]
                continue
            held = {
                id(info) for info in page.module.errors.error_info_map.get(page.module.path, ())
            }
            for key, shown in list(page.shown.items()):
                if not any(id(info) in held for info in shown):
                    _show(page, key)


def _show(page: _Page, key: Key) -> None:
    module = page.module
    _know_ignored_lines(module)
    with place(module, key, has_target=False):
        page.shown[key] = [
            info for finding in page.findings[key] for info in report(module, finding)
        ]


def _take_back(page: _Page, key: Key) -> None:
    shown = page.shown.pop(key, [])
    errors, path = page.module.errors, page.module.path
    if shown and path in errors.error_info_map:
        mine = {id(info) for info in shown}
        errors.error_info_map[path] = [
            info for info in errors.error_info_map[path] if id(info) not in mine
        ]


def _know_ignored_lines(module: Module) -> None:
    """Tell mypy of "type: ignore" comments: it knows those of modules that it comes by."""
    errors: Errors = module.errors
    if module.path not in errors.ignored_lines:
        errors.set_file_ignored_lines(module.path, module.tree.ignored_lines)


def _types(body: Body) -> dict[Expression, ProperType]:
    found = {}
    for node in body.nodes:
        if isinstance(node, Expression) and (type_ := body.type_of(node)) is not None:
            found[node] = type_
    return found
