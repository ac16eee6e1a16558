"""Access paths: how a value is reached from the one that an expression has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Item:
    """What iterating the value yields."""


@dataclass(frozen=True, slots=True)
class At:
    """The result of a subscript of the value; the key is None where it is not a constant."""

    key: int | str | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What an attribute of the value holds."""

    name: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """The result of awaiting the value."""


@dataclass(frozen=True, slots=True)
class Called:
    """The result of calling the value."""


AccessStep: TypeAlias = Item | At | Attribute | Awaited | Called
Path: TypeAlias = tuple[AccessStep, ...]

LONGEST: Final = 4
"""The most steps that are followed: what lies deeper is unknown."""

ITEM: Final = Item()
AWAITED: Final = Awaited()
CALLED: Final = Called()
ANY: Final = At(None)

_WRITTEN: Final[Mapping[str, AccessStep]] = {
    "[*]": ITEM,
    "{*}": ANY,
    ".await": AWAITED,
    "()": CALLED,
}


def written(steps: tuple[str, ...], position: int = 0) -> Path:
    """The steps of a catalogue row; ``position`` is that of the argument, for ``[n]``."""
    return tuple(
        _WRITTEN.get(step) or At(position if step == "[n]" else int(step[1:-1])) for step in steps
    )


def after(path: Path, prefix: Path) -> Path | None:
    """What is left of a path behind a prefix; None where the path leads elsewhere."""
    if len(path) < len(prefix) or not all(map(_fits, path, prefix)):
        return None
    return path[len(prefix) :]


def _fits(asked: AccessStep, offered: AccessStep) -> bool:
    match asked, offered:
        case Item(), At(key=key):
            return isinstance(key, int)
        case At(key=key), Item():
            return not isinstance(key, str)
        case At(key=key), At(key=other):
            return key is None or other is None or key == other or _from_the_end(key, other)
        case _:
            return asked == offered


def _from_the_end(*keys: int | str | None) -> bool:
    return any(isinstance(key, int) and key < 0 for key in keys)
