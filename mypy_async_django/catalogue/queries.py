"""The accesses of manager and queryset methods to rows, by their sync names."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Access(Enum):
    """A kind of access to rows; the enum's ``value`` is the wording of messages."""

    READ = "queried"
    COUNT = "looked for"
    CREATE = "created"
    UPDATE = "updated"
    DELETE = "deleted"


METHODS: Final[Mapping[str, tuple[Access, ...]]] = {
    **dict.fromkeys(
        (
            "aggregate",
            "earliest",
            "first",
            "get",
            "in_bulk",
            "iterator",
            "last",
            "latest",
        ),
        (Access.READ,),
    ),
    **dict.fromkeys(("count", "exists"), (Access.COUNT,)),
    "bulk_create": (Access.CREATE,),
    "create": (Access.CREATE,),
    "delete": (Access.DELETE,),
    "get_or_create": (Access.READ, Access.CREATE),
    "update": (Access.UPDATE,),
}

#: Methods whose result has the same rows.
SAME_ROWS: Final = frozenset(
    {
        "all",
        "defer",
        "distinct",
        "only",
        "order_by",
        "prefetch_related",
        "reverse",
        "select_related",
        "values",
        "values_list",
    }
)

#: Synchronisation primitives: a coroutine that awaits one orders itself with others.
SYNCHRONISING: Final = frozenset({"acquire", "get", "join", "wait", "wait_for"})
SYNCHRONISERS: Final = (
    "_asyncio.Future",
    "anyio._core._synchronization.Event",
    "asyncio.futures.Future",
    "asyncio.locks.Barrier",
    "asyncio.locks.Condition",
    "asyncio.locks.Event",
    "asyncio.locks.Lock",
    "asyncio.locks.Semaphore",
    "asyncio.queues.Queue",
    "asyncio.tasks.Task",
    "trio._sync.Event",
)
