"""Functions and methods that call a callback and do not await its result."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from mypy_async_django.catalogue.row import NEVER, Version

_LOOPS: Final = ("asyncio.base_events.BaseEventLoop", "asyncio.events.AbstractEventLoop")
_BY_NAME: Final = -1
_ASYNC_EXIT: Final = "AsyncExitStack.push_async_callback"


class Misuse(Enum):
    """What a caller that does not await does with a coroutine."""

    DROPPED = auto()
    COMPARED = auto()
    TRUTHY = auto()
    VALUE = auto()
    RESULT = auto()
    OUTPUT = auto()
    FORMATTED = auto()


class When(Enum):
    """When a callback is called."""

    AT_ONCE = auto()
    BY_THE_LOOP = auto()
    LATER = auto()


class Callback(NamedTuple):
    """A parameter that is a callback: its position (``self`` not counted) and its name.

    ``until`` is the first Django version in which it may be a coroutine function. ``instead`` names what to use on
    the event loop.
    """

    argument: int
    keyword: str | None = None
    misuse: Misuse = Misuse.DROPPED
    when: When = When.LATER
    until: Version = NEVER
    instead: str | None = None


CALLBACKS: Final[Mapping[str, Callback]] = {
    **{
        f"{loop}.{name}": Callback(0, "callback", when=When.BY_THE_LOOP)
        for loop in _LOOPS
        for name in ("call_soon", "call_soon_threadsafe")
    },
    **{
        f"{loop}.{name}": Callback(1, "callback", when=When.BY_THE_LOOP)
        for loop in _LOOPS
        for name in ("add_reader", "add_signal_handler", "add_writer", "call_at", "call_later")
    },
    **{
        f"{loop}.set_exception_handler": Callback(0, "handler", when=When.BY_THE_LOOP)
        for loop in _LOOPS
    },
    "_asyncio.Future.add_done_callback": Callback(0, when=When.BY_THE_LOOP),
    "_asyncio.Task.add_done_callback": Callback(0, when=When.BY_THE_LOOP),
    "atexit.register": Callback(0, "func"),
    "builtins.filter": Callback(0, misuse=Misuse.TRUTHY, when=When.AT_ONCE),
    "builtins.list.sort": Callback(_BY_NAME, "key", Misuse.COMPARED, When.AT_ONCE),
    "builtins.max": Callback(_BY_NAME, "key", Misuse.COMPARED, When.AT_ONCE),
    "builtins.min": Callback(_BY_NAME, "key", Misuse.COMPARED, When.AT_ONCE),
    "builtins.sorted": Callback(_BY_NAME, "key", Misuse.COMPARED, When.AT_ONCE),
    "concurrent.futures._base.Executor.submit": Callback(0, misuse=Misuse.RESULT),
    "concurrent.futures._base.Future.add_done_callback": Callback(0, "fn"),
    "contextlib.AsyncExitStack.callback": Callback(0, when=When.BY_THE_LOOP, instead=_ASYNC_EXIT),
    "contextlib.ExitStack.callback": Callback(0, instead=_ASYNC_EXIT),
    "django.db.transaction.on_commit": Callback(0, "func"),
    "django.dispatch.dispatcher.Signal.connect": Callback(0, "receiver", until=(5, 0)),
    "functools.reduce": Callback(0, misuse=Misuse.VALUE, when=When.AT_ONCE),
    "signal.signal": Callback(
        1, "handler", when=When.BY_THE_LOOP, instead="loop.add_signal_handler"
    ),
    "threading.Thread": Callback(1, "target"),
    "threading.Timer": Callback(1, "function"),
    "weakref.finalize": Callback(1, "func"),
}

#: By class: methods that it calls as callbacks and does not await, and what it does with the coroutine.
METHODS: Final[Mapping[str, Mapping[str, Misuse]]] = {
    "django.core.management.base.BaseCommand": {"handle": Misuse.OUTPUT},
}
