"""Which of our error codes are reported in a module: the user's settings beside mypy's options."""

from collections.abc import Collection, Iterable, Set
from typing import NamedTuple

from mypy.errorcodes import ErrorCode
from mypy.options import Options

from mypy_async_django.config import Config, ignores, selects


class Chosen(NamedTuple):
    """The options that make mypy report what is chosen in a module, and the codes that are on.

    ``links`` tells whether the addresses of their pages are wanted.
    """

    options: Options
    on: Set[ErrorCode]
    links: bool


class Selection:
    """Chooses codes by module.

    ``codes`` are all of ours. With ``everything`` mypy lets all of them pass that its own
    configuration and the module's settings do not switch off: ``check`` selects afterwards.
    """

    def __init__(self, settings: Config, codes: Iterable[ErrorCode], *, everything: bool) -> None:
        self._settings = settings
        self._codes = frozenset(codes)
        self._everything = everything
        self._chosen: dict[str, tuple[Options, Chosen]] = {}

    def chosen(self, module: str, options: Options) -> Chosen:
        """What is on in a module, given the options that mypy has for it."""
        known = self._chosen.get(module)
        if known is None or known[0] is not options:
            known = self._chosen[module] = options, self._choose(module, options)
        return known[1]

    def _choose(self, module: str, options: Options) -> Chosen:
        ignored = self._settings.ignored_in(module)
        allowed = {code for code in self._codes if not _is_disabled(code, options)}
        selected = self._settings.selected_in(module)
        # What mypy's own configuration enables is on, unless a setting of ours names it.
        on = {
            code
            for code in allowed
            if _is_selected(code, selected) or code in options.enabled_error_codes
            if not _is_ignored(code, ignored)
        }
        if self._everything:
            ignored_here = self._settings.ignored_only_in(module)
            passing = {code for code in allowed if not _is_ignored(code, ignored_here)}
        else:
            passing = on
        return Chosen(
            _with_codes(options, passing, self._codes - passing), on, self._settings.links
        )


def _is_selected(code: ErrorCode, names: Collection[str]) -> bool:
    return selects(names, code.code, _family(code), by_default=code.default_enabled)


def _is_ignored(code: ErrorCode, names: Collection[str]) -> bool:
    return ignores(names, code.code, _family(code))


def _family(code: ErrorCode) -> str:
    return code.sub_code_of.code if code.sub_code_of else ""


def _is_disabled(code: ErrorCode, options: Options) -> bool:
    """Whether mypy's own options switch a code off, as mypy has it."""
    if code in options.disabled_error_codes:
        return True
    family = code.sub_code_of
    return (
        code not in options.enabled_error_codes
        and family is not None
        and family in options.disabled_error_codes
    )


def _with_codes(options: Options, on: Set[ErrorCode], off: Set[ErrorCode]) -> Options:
    """A copy of the options in which some codes are on and some off."""
    copy = options.apply_changes({})
    copy.enabled_error_codes = (copy.enabled_error_codes - off) | on
    copy.disabled_error_codes = (copy.disabled_error_codes - on) | off
    return copy
