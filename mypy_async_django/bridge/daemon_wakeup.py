"""How to hear of each of the daemon's increments: it tells plugins of none.

At the end of an increment mypy looks again at all that had errors before, and asks plugins about
the calls there. So we have it hold errors that it does not show.
"""

from typing import Final, NamedTuple

from mypy.errors import ErrorInfo, Errors
from mypy.nodes import FuncDef, MypyFile

# No file: mypy clears a file's errors when it looks at it again.
_NOWHERE: Final = "mypy_async_django"
# What the last change was in is not looked at again: there has to be another module.
_ENOUGH: Final = 2


class _Place(NamedTuple):
    """A function, or a module's top level; the better the greater.

    While mypy is at the top level, the module's names have no types, so it is only good for want of
    functions. And mypy compares all names of the module before and after: few are better than many.
    """

    is_function: bool
    smallness: int
    target: str


class Bell:
    """Remembers a few places where mypy asks plugins, by module, and has mypy look there."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def hear(self, tree: MypyFile, function: FuncDef | None) -> None:
        """There is a call that mypy asks about: in a function, or at a module's top level."""
        module = tree.fullname
        place = _Place(function is not None, -tree.defs[-1].line, _target(tree, function))
        self._places[module] = max(self._places.get(module, place), place)
        if len(self._places) > _ENOUGH:
            del self._places[min(self._places, key=self._places.__getitem__)]

    def is_at(self, tree: MypyFile, function: FuncDef | None) -> bool:
        """Whether mypy looks at a place because of us, and it is one of the best."""
        place = self._places.get(tree.fullname)
        if place is None or place.target != _target(tree, function):
            return False
        enough = sum(each.is_function for each in self._places.values()) >= _ENOUGH
        return place.is_function or not enough

    def rings_after(self, module: str) -> bool:
        """Whether mypy looks anywhere after it has been through a module that has changed."""
        return any(other != module for other in self._places)

    def forget(self, module: str) -> None:
        """A module is read anew, or gone."""
        self._places.pop(module, None)

    def set_up(self, errors: Errors) -> None:
        """See that mypy rings at the end of the next increment."""
        places = {place.target for place in self._places.values()}
        held = errors.error_info_map.get(_NOWHERE, [])
        if places != {info.target for info in held}:
            errors.error_info_map[_NOWHERE] = [_hidden(place) for place in sorted(places)]


def _target(tree: MypyFile, function: FuncDef | None) -> str:
    """What mypy calls a function, or a module's top level, that it looks at again."""
    return (function or tree).fullname


def _hidden(place: str) -> ErrorInfo:
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
        target=place,
    )
    info.hidden = True
    return info
