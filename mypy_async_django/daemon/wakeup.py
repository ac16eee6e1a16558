"""Makes mypy's daemon call the plugin at the end of each update.

dmypy has no plugin hook for updates. At the end of an update mypy checks again each target (a
function or a module's top level) that had errors before, and asks its plugins about the calls in
it. So this module lets mypy hold hidden errors in a few targets that contain calls.
"""

from typing import Final, NamedTuple

from mypy.nodes import FuncDef, MypyFile

from mypy_async_django.bridge.daemon_errors import hold_hidden
from mypy_async_django.bridge.errors import BuildErrors

# The path of the hidden errors is not a file: mypy drops the errors of files that it checks.
_PATH: Final = "mypy_async_django"
# One is not enough: mypy does not check a target again if its module is the one that has changed.
_NUMBER: Final = 2


class _Target(NamedTuple):
    """A function, or a module's top level; they sort by how well they serve.

    It is stable if the callee belongs to another package: mypy asks no plugin about a call once the
    type of the callee has become Any.
    A function is better than a top level: while mypy checks a top level, the module's names have no
    types. A small module is better than a large one: mypy compares all names of the module.
    """

    is_stable: bool
    is_function: bool
    smallness: int
    name: str


class DaemonWakeup:
    """Knows a few targets in which mypy calls the plugin, each in another module."""

    def __init__(self) -> None:
        self._targets: dict[str, _Target] = {}

    def call_checked(self, tree: MypyFile, function: FuncDef | None, *, is_stable: bool) -> None:
        """A target contains a call about which mypy asks its plugins."""
        module = tree.fullname
        target = _Target(
            is_stable, function is not None, -tree.defs[-1].line, _name(tree, function)
        )
        self._targets[module] = max(self._targets.get(module, target), target)
        if len(self._targets) > _NUMBER:
            del self._targets[min(self._targets, key=self._targets.__getitem__)]

    def is_at(self, tree: MypyFile, function: FuncDef | None) -> bool:
        """Whether a target is one of those chosen here, and none is better."""
        target = self._targets.get(tree.fullname)
        if target is None or target.name != _name(tree, function):
            return False
        enough = sum(each.is_function for each in self._targets.values()) >= _NUMBER
        return target.is_function or not enough

    def comes_after(self, module: str) -> bool:
        """Whether mypy calls the plugin again after it has checked a module that has changed."""
        return any(other != module for other in self._targets)

    def forget(self, module: str) -> None:
        """Drop the target of a module that mypy reads anew, or that is gone."""
        self._targets.pop(module, None)

    def set_up(self, errors: BuildErrors) -> None:
        """Make mypy call the plugin at the end of the next update."""
        hold_hidden(errors, _PATH, {target.name for target in self._targets.values()})


def _name(tree: MypyFile, function: FuncDef | None) -> str:
    return (function or tree).fullname
