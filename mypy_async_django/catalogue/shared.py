"""State that coroutines share, what guards it, and what keeps it apart."""

from typing import Final

from mypy_async_django.catalogue.django import VIEW
from mypy_async_django.catalogue.django_packages import API_VIEW

#: Each task has its own of these, though they hang on a name of the module.
TASK_LOCAL: Final = (
    "_contextvars.ContextVar",
    "asgiref.local.Local",
    "contextvars.ContextVar",
    "django.utils.connection.BaseConnectionHandler",
    "django.utils.connection.ConnectionProxy",
)

#: While a coroutine is inside one of these, another one waits at its door.
LOCKS: Final = (
    "_thread.RLock",
    "_thread.lock",
    "anyio.Lock",
    "anyio.Semaphore",
    "anyio._core._synchronization.Condition",
    "anyio._core._synchronization.Lock",
    "anyio._core._synchronization.Semaphore",
    "asyncio.locks.Condition",
    "asyncio.locks.Lock",
    "asyncio.locks.Semaphore",
    "threading.Condition",
    "threading.Semaphore",
    "trio._sync.Lock",
    "trio._sync.Semaphore",
)

#: What the name of a lock has in it, or that of a decorator or a function that holds one.
LOCK_WORDS: Final = ("lock", "mutex", "semaphore", "synchroni", "exclusive", "atomic")

#: Entering one of these lets nobody else run.
ENTERED_AT_ONCE: Final = (
    "anyio.abc._tasks.TaskGroup",
    "anyio._core._tasks.CancelScope",
    "asyncio.taskgroups.TaskGroup",
    "asyncio.timeouts.Timeout",
)

#: Instances of these belong to one request, one connection or one test.
OF_ONE_REQUEST: Final = (
    "channels.consumer.AsyncConsumer",
    "channels.consumer.SyncConsumer",
    "django.core.management.base.BaseCommand",
    "django.forms.forms.BaseForm",
    VIEW,
    "rest_framework.serializers.BaseSerializer",
    API_VIEW,
    "unittest.case.TestCase",
)

#: What a service asks an event, a server or a connection, to learn whether it should stop.
STOPPED: Final = frozenset({"closed", "is_closed", "is_closing", "is_running", "is_set"})

#: Change what they are called on, and give back the same object: ``items += more``.
IN_PLACE: Final = ("__iadd__", "__ior__", "__iand__", "__isub__", "__imul__", "__ixor__")

#: Values that an operator leaves as they are: it makes a new one.
PLAIN_VALUES: Final = (
    "builtins.bool",
    "builtins.bytes",
    "builtins.complex",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.str",
    "builtins.tuple",
    "datetime.date",
    "datetime.timedelta",
    "decimal.Decimal",
)

#: The sleeps of the async libraries, each with the event to wait for instead.
ASYNC_SLEEPS: Final = {
    "asyncio.tasks.sleep": "asyncio.Event",
    "anyio._core._eventloop.sleep": "anyio.Event",
    "trio._timeouts.sleep": "trio.Event",
}
BLOCKING_SLEEPS: Final = frozenset({"time.sleep"})

#: Methods that change a collection: what waits for it to fill or to empty waits for these.
CHANGING_METHODS: Final = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "setdefault",
        "update",
    }
)
