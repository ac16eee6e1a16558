"""Facts about shared state: task-local variables, locks, objects of one request."""

from typing import Final

from mypy_async_django.catalogue.django import VIEW
from mypy_async_django.catalogue.frameworks.rest_framework import API_VIEW

#: Classes whose instances hold a value per task.
TASK_LOCAL: Final = (
    "_contextvars.ContextVar",
    "asgiref.local.Local",
    "contextvars.ContextVar",
    "django.utils.connection.BaseConnectionHandler",
    "django.utils.connection.ConnectionProxy",
)

#: Context managers that exclude other coroutines.
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

#: Parts of the names of locks, and of decorators and functions that hold one.
LOCK_WORDS: Final = ("lock", "mutex", "semaphore", "synchroni", "exclusive", "atomic")

#: Async context managers whose entry does not yield to other coroutines.
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

#: Methods and attributes that tell a service loop whether to stop.
STOPPED: Final = frozenset({"closed", "is_closed", "is_closing", "is_running", "is_set"})

#: Classes whose augmented assignment changes the object in place: ``items += more``.
IN_PLACE: Final = ("__iadd__", "__ior__", "__iand__", "__isub__", "__imul__", "__ixor__")

#: Immutable classes: an operator returns a new value.
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

#: Classes of values that are data: an equal object is as good.
PLAIN_DATA: Final = (
    *PLAIN_VALUES,
    "builtins.range",
    "datetime.datetime",
    "datetime.time",
    "fractions.Fraction",
    "pathlib.PurePath",
    "pydantic.main.BaseModel",
    "re.Pattern",
    "uuid.UUID",
)

#: Classes of collections; what they hold decides whether they are data.
CONTAINERS: Final = ("typing.Mapping", "typing.Sequence", "typing.AbstractSet")

#: What mypy notes of classes whose fields are all there is to them: those of dataclasses and attrs.
DATA_METADATA: Final = ("attrs", "dataclass")

#: The sleep functions of async libraries, each with the event class to use instead.
ASYNC_SLEEPS: Final = {
    "asyncio.tasks.sleep": "asyncio.Event",
    "anyio._core._eventloop.sleep": "anyio.Event",
    "trio._timeouts.sleep": "trio.Event",
}
BLOCKING_SLEEPS: Final = frozenset({"time.sleep"})

#: Classes of Django's caches.
CACHES: Final = (
    "django.core.cache.backends.base.BaseCache",
    "django.utils.connection.ConnectionProxy",
)

#: Methods that put their only argument into a collection.
ADDING_METHODS: Final = frozenset({"add", "append", "appendleft"})

#: Methods that take one item out of a collection.
TAKING_METHODS: Final = frozenset({"pop", "popitem", "popleft", "remove"})

#: Methods that change a collection.
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
