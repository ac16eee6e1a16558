"""The row type of the catalogue, and short forms to write rows."""

from enum import Enum, auto
from typing import Final, NamedTuple, TypedDict, Unpack

Version = tuple[int, int]

NEVER: Final[Version] = (99, 0)
"""A version that no Django has: the twin is not released yet."""

#: Values of `Api.when` that the code at a call can decide.
ON_DISK: Final = "the file is on disk"
HOST: Final = "it is given a host"

#: As the value of an argument in `Api.unless`: a literal IP address, which needs no look-up.
ADDRESS: Final = "address"


class Effect(Enum):
    """The effect of an API that runs on the event loop."""

    RAISES = auto()
    """Raises SynchronousOnlyOperation."""
    BLOCKS = auto()
    BLOCKS_ON_FILE = auto()
    NESTS = auto()
    """Runs an event loop, which raises RuntimeError inside another one."""


class Api(NamedTuple):
    """One function, method, property or class, with its replacement.

    ``name`` is the full name where the type stubs define it, or the class of which it is true where
    the stubs inherit it from a class of which it is not (``SessionBase.keys``, from ``dict``). So a
    lookup asks each class of the MRO, for a row first and for a definition second. A property counts
    when it is read, all else when it is called.

    ``twin`` is the async function to await instead: for a method the name of a method of the same
    object, otherwise a full name. ``instead`` names another class or library. ``since`` is the first
    Django version that has the replacement.

    ``when`` states the condition of the effect in words, if many calls do not have it. ``unless``
    is the argument, as written, that makes the call harmless: ``commit=False``. Several are separated
    by spaces, any one is enough. A number stands for the argument at that position,
    counted from 0; a constant of a module goes by its last name, alone or joined with others by
    ``|``: ``1=WNOHANG``; `ADDRESS` is any literal IP address.

    ``guarded_by`` are methods of the same object; the call does not wait after one of them was true or,
    with a ``!``, false: ``ready``, ``!empty``. Any one is enough.

    ``harmless_if_new`` says that the call does not wait on an object that the same function created and has
    not used before.

    ``thread_bound`` says that the object belongs to one thread, which opened the connection or took the
    lock, or that most of its work comes later: the one call in another thread is no replacement.

    ``is_kept`` says that the object keeps the result: the call has no effect where a thread has run it
    before.

    ``first_use_only`` says that the effect depends on earlier uses of the object: the row counts for a
    new object, or for a local name that was not used before.
    """

    name: str
    effect: Effect
    twin: str | None = None
    since: Version = (0, 0)
    instead: str | None = None
    when: str | None = None
    unless: str | None = None
    guarded_by: str | None = None
    harmless_if_new: bool = False
    thread_bound: bool = False
    is_kept: bool = False
    first_use_only: bool = False

    def is_certain(self, effect: Effect) -> bool:
        """Whether every call has the effect, whatever its arguments."""
        return self.effect is effect and not (self.when or self.unless or self.first_use_only)


class _Facts(TypedDict, total=False):
    """The attributes shared by rows that are written together; see `Api`."""

    twin: str
    since: Version
    instead: str
    when: str
    unless: str
    guarded_by: str
    harmless_if_new: bool
    thread_bound: bool
    is_kept: bool
    first_use_only: bool


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
        harmless_if_new=facts.get("harmless_if_new", False),
        thread_bound=facts.get("thread_bound", False),
        is_kept=facts.get("is_kept", False),
        first_use_only=facts.get("first_use_only", False),
    )


def raises(owner: str, names: str, **facts: Unpack[_Facts]) -> tuple[Api, ...]:
    """Rows for APIs that raise SynchronousOnlyOperation in a coroutine.

    ``owner`` is a module or class, ``names`` are separated by spaces; a ``*`` in ``twin`` stands for
    the name: ``raises("django.db.models.query.QuerySet", "get count", twin="a*", since=(4, 1))``.
    """
    return _rows(Effect.RAISES, owner, names, facts)


def blocks(owner: str, names: str, **facts: Unpack[_Facts]) -> tuple[Api, ...]:
    """Rows for APIs that block the event loop; see `raises`."""
    return _rows(Effect.BLOCKS, owner, names, facts)


def blocks_on_file(owner: str, names: str, **facts: Unpack[_Facts]) -> tuple[Api, ...]:
    """Rows for file I/O, which many projects accept in a coroutine; see `raises`."""
    return _rows(Effect.BLOCKS_ON_FILE, owner, names, facts)
