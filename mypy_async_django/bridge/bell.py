"""How to hear of each of the daemon's increments: it tells plugins of none.

At the end of an increment mypy looks again at all that had errors before, and asks plugins about
the calls there. So we have it hold errors that it does not show.
"""

from typing import Final

from mypy.errors import ErrorInfo, Errors

# No file: mypy clears a file's errors when it looks at it again.
_NOWHERE: Final = "mypy_async_django"
# What the last change was in is not looked at again: there has to be another module.
_ENOUGH: Final = 2


class Bell:
    """Remembers a few places where mypy asks plugins, by module, and has mypy look there.

    A function, or line 0 for a module's top level: while mypy is there, the module's names have no
    types, so it is only good for want of functions.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, str]] = {}

    def hear(self, module: str, line: int, place: str) -> None:
        """There is a call that mypy asks about: in a function, or at a module's top level."""
        self._places[module] = max(self._places.get(module, (0, "")), (line, place))
        if len(self._places) > _ENOUGH:
            del self._places[min(self._places, key=self._places.__getitem__)]

    def is_at(self, line: int, place: str) -> bool:
        """Whether mypy looks at a place because of us, and it is one of the best."""
        places = self._places.values()
        enough = sum(each > 0 for each, _ in places) >= _ENOUGH
        return (line, place) in places and (line > 0 or not enough)

    def rings_after(self, module: str) -> bool:
        """Whether mypy looks anywhere after it has been through a module that has changed."""
        return any(other != module for other in self._places)

    def forget(self, module: str) -> None:
        """A module is read anew, or gone."""
        self._places.pop(module, None)

    def set_up(self, errors: Errors) -> None:
        """See that mypy rings at the end of the next increment."""
        held = errors.error_info_map.get(_NOWHERE, [])
        missing = {place for _, place in self._places.values()} - {info.target for info in held}
        if missing:
            errors.error_info_map[_NOWHERE] = held + [_hidden(place) for place in missing]


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
