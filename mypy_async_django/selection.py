"""Which of our error codes are reported in a module: the user's settings beside mypy's options."""

from collections.abc import Collection, Iterable, Set
from typing import NamedTuple

from mypy.errorcodes import ErrorCode

from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.options import ModuleOptions
from mypy_async_django.config import Config, ignores, selects


class _Choice(NamedTuple):
    """The options that make mypy report what is chosen in a module, and the codes that are on."""

    options: ModuleOptions
    on: Set[ErrorCode]


class Selection:
    """Chooses codes by module.

    ``codes`` are all of ours. With ``everything`` mypy lets all of them pass that its own
    configuration and the module's settings do not switch off: ``check`` selects afterwards.
    """

    def __init__(self, settings: Config, codes: Iterable[ErrorCode], *, everything: bool) -> None:
        self._settings = settings
        self._codes = frozenset(codes)
        self._everything = everything
        self._choices: dict[str, tuple[ModuleOptions, _Choice]] = {}

    def apply(self, module: Module) -> None:
        """Choose the codes that are reported in a module, by the options that mypy has for it."""
        name, options = module.tree.fullname, module.options
        known = self._choices.get(name)
        if known is None or not known[0].is_same(options):
            known = self._choices[name] = options, self._choose(name, options)
        module.reported_options, module.on = known[1]
        module.has_links = self._settings.links

    def _choose(self, module: str, options: ModuleOptions) -> _Choice:
        ignored = self._settings.ignored_in(module)
        allowed = {code for code in self._codes if not _is_disabled(code, options)}
        selected = self._settings.selected_in(module)
        # What mypy's own configuration enables is on, unless a setting of ours names it.
        on = {
            code
            for code in allowed
            if _is_selected(code, selected) or code in options.enabled
            if not _is_ignored(code, ignored)
        }
        if self._everything:
            ignored_here = self._settings.ignored_only_in(module)
            passing = {code for code in allowed if not _is_ignored(code, ignored_here)}
        else:
            passing = on
        return _Choice(options.with_codes(passing, self._codes - passing), on)


def _is_selected(code: ErrorCode, names: Collection[str]) -> bool:
    return selects(names, code.code, _family(code), by_default=code.default_enabled)


def _is_ignored(code: ErrorCode, names: Collection[str]) -> bool:
    return ignores(names, code.code, _family(code))


def _family(code: ErrorCode) -> str:
    return code.sub_code_of.code if code.sub_code_of else ""


def _is_disabled(code: ErrorCode, options: ModuleOptions) -> bool:
    """Whether mypy's own options switch a code off, as mypy has it."""
    if code in options.disabled:
        return True
    family = code.sub_code_of
    return code not in options.enabled and family is not None and family in options.disabled
