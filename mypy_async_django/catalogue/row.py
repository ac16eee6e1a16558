"""What a row of the catalogue says, and the short forms to write one."""

from enum import Enum
from typing import Final, NamedTuple, TypedDict, Unpack

Version = tuple[int, int]

NEVER: Final[Version] = (99, 0)
"""Since no version yet."""


class Effect(Enum):
    """What an API does when it runs on the event loop."""

    RAISES = "raises SynchronousOnlyOperation"
    BLOCKS = "blocks the event loop"
    BLOCKS_ON_FILE = "blocks the event loop on file I/O"
    NESTS = "raises RuntimeError inside an event loop"


class Api(NamedTuple):
    """One function, method, property or class, and what to write in its place.

    ``name`` is the full name where the type stubs define it, or the class of which it is true where
    the stubs inherit it from a class of which it is not (``SessionBase.keys``, from ``dict``). So a
    lookup asks each class of the MRO, for a row first and for a definition second. A property counts
    when it is read, all else when it is called.

    ``twin`` is the coroutine to await instead: for a method the name of a method of the same object,
    otherwise a full name. ``instead`` names another class, library or way, where there is one.
    ``since`` is the first Django version in which either of them is there and helps.

    ``when`` says in words what it takes, where an ordinary call may come off unharmed. ``unless``
    is the argument, as written, that makes the call harmless: ``commit=False``. Several stand with
    a space between them, any one is enough. A number stands for the argument at that position,
    counted from 0; a constant of a module goes by its last name, alone or joined with others by
    ``|``: ``1=WNOHANG``.

    ``guarded_by`` are questions to the same object after which the call does not wait, if the answer was
    yes or, behind a ``!``, no: ``ready``, ``!empty``. Any one is enough.

    ``fresh`` says that it does not wait for an object that is made in the same function, and was not
    used before.

    ``owned`` says that the object is for one thread alone, the one that made the connection or took
    the lock: another thread for the one call is no way out.

    ``untouched`` says that it depends on what was done with the object before: the row counts for an
    object that the code shows to be new, or for a local name that it has not used before.
    """

    name: str
    effect: Effect
    twin: str | None = None
    since: Version = (0, 0)
    instead: str | None = None
    when: str | None = None
    unless: str | None = None
    guarded_by: str | None = None
    fresh: bool = False
    owned: bool = False
    untouched: bool = False

    def is_certain(self, effect: Effect) -> bool:
        """Whether every call has the effect, whatever it is given."""
        return self.effect is effect and not (self.when or self.unless or self.untouched)


class _Facts(TypedDict, total=False):
    """What the rows of one line have in common; see `Api`."""

    twin: str
    since: Version
    instead: str
    when: str
    unless: str
    guarded_by: str
    fresh: bool
    owned: bool
    untouched: bool


def _rows(effect: Effect, owner: str, names: str, facts: _Facts) -> tuple[Api, ...]:
    return tuple(_row(effect, owner, name, facts) for name in names.split())


def _row(effect: Effect, owner: str, name: str, facts: _Facts) -> Api:
    twin = facts.get("twin")
    return Api(
        name=f"{owner}.{name}",
        effect=effect,
        twin=twin.replace("*", name) if twin else None,
        since=facts.get("since", (0, 0)),
        instead=facts.get("instead"),
        when=facts.get("when"),
        unless=facts.get("unless"),
        guarded_by=facts.get("guarded_by"),
        fresh=facts.get("fresh", False),
        owned=facts.get("owned", False),
        untouched=facts.get("untouched", False),
    )


def raises(owner: str, names: str, **facts: Unpack[_Facts]) -> tuple[Api, ...]:
    """Rows for what raises SynchronousOnlyOperation in a coroutine.

    ``owner`` is a module or class, ``names`` are separated by spaces; a ``*`` in ``twin`` stands for
    the name: ``raises("django.db.models.query.QuerySet", "get count", twin="a*", since=(4, 1))``.
    """
    return _rows(Effect.RAISES, owner, names, facts)


def blocks(owner: str, names: str, **facts: Unpack[_Facts]) -> tuple[Api, ...]:
    """Rows for what blocks the event loop; see `raises`."""
    return _rows(Effect.BLOCKS, owner, names, facts)


def blocks_on_file(owner: str, names: str, **facts: Unpack[_Facts]) -> tuple[Api, ...]:
    """Rows for file I/O, which many projects accept in a coroutine; see `raises`."""
    return _rows(Effect.BLOCKS_ON_FILE, owner, names, facts)
