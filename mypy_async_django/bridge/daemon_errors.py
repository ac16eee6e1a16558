"""mypy's errors between the updates of its daemon.

At the start of an update mypy drops all errors that it holds. It reports anew those of the modules
and functions that it checks, and looks again at each target that had an error before.
"""

from collections.abc import Iterable, Set
from typing import TypeAlias

from mypy import errorcodes
from mypy.errors import ErrorInfo

from mypy_async_django.bridge.errors import BuildErrors
from mypy_async_django.bridge.module import Module

Reported: TypeAlias = list[ErrorInfo]
"""Errors and notes as mypy holds them."""


def update_of(errors: BuildErrors) -> object:
    """An object that is another one in each of the daemon's updates."""
    return errors.mypys.error_info_map


def printed_files(errors: BuildErrors) -> set[str]:
    """The files whose errors mypy has printed; another set in each of the daemon's updates."""
    return errors.mypys.flushed_files


def reported_in(module: Module) -> Reported:
    """All errors of a module that mypy holds now."""
    return module.errors.mypys.error_info_map.get(module.path, [])


def may_report_in(module: Module) -> bool:
    """Prepare a module for errors: False if mypy has printed its errors and takes no more."""
    errors = module.errors.mypys
    if module.path in errors.flushed_files:
        return False
    # mypy sets the "type: ignore" comments only of modules that it checks in this update.
    if module.path not in errors.ignored_lines:
        errors.set_file_ignored_lines(module.path, module.tree.ignored_lines)
    return True


def take_back(module: Module, reported: Reported) -> None:
    """Remove errors of a module; those that mypy has dropped do not matter."""
    held = module.errors.mypys.error_info_map
    if reported and module.path in held:
        removed = {id(info) for info in reported}
        held[module.path] = [info for info in held[module.path] if id(info) not in removed]


def put_back(module: Module, reported: Iterable[ErrorInfo]) -> None:
    """Add errors of a module that mypy has dropped; those that it holds stay as they are."""
    held = module.errors.mypys.error_info_map
    present = held.get(module.path, [])
    identities = {id(info) for info in present}
    dropped = [info for info in reported if id(info) not in identities]
    if dropped:
        held[module.path] = present + dropped


def report_unused_ignores_again(module: Module) -> None:
    """Report unused ``type: ignore`` comments anew: mypy did it before our findings were there."""
    errors, path = module.errors.mypys, module.path
    infos = errors.error_info_map.get(path, [])
    kept = [info for info in infos if info.code is not errorcodes.UNUSED_IGNORE]
    if len(kept) < len(infos):
        errors.error_info_map[path] = kept
        errors.generate_unused_ignore_errors(path)


def hold_hidden(errors: BuildErrors, path: str, targets: Set[str]) -> None:
    """Hold one error that mypy does not print for each target: mypy looks at these again."""
    held = errors.mypys.error_info_map
    if targets != {info.target for info in held.get(path, [])}:
        held[path] = [_hidden(target) for target in sorted(targets)]


def _hidden(target: str) -> ErrorInfo:
    info = ErrorInfo(
        import_ctx=[],
        local_ctx=(None, None),
        line=0,
        column=0,
        end_line=0,
        end_column=0,
        severity="note",
        message="",
        code=None,
        blocker=False,
        only_once=False,
        module=None,
        target=target,
    )
    info.hidden = True
    return info
