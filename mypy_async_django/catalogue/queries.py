"""What manager and queryset methods return, load and do to rows, by their sync names."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, NamedTuple


class Access(Enum):
    """A kind of access to rows."""

    READ = auto()
    COUNT = auto()
    CREATE = auto()
    UPDATE = auto()
    DELETE = auto()


class Gives(Enum):
    """What a method of a manager or queryset returns, or its async twin when awaited."""

    QUERYSET = "a queryset with rows of the same query"
    ROW = "one of its rows"
    ROWS = "its rows, iterated"
    BY_KEY = "its rows as a dict's values"
    FOUND = "a tuple of a row, found or created, and a bool"
    CREATED = "a new row"
    OTHER = "something else"


class QueryMethod(NamedTuple):
    """What one method does, by its sync name.

    ``loads``: its arguments say what is loaded of each row. ``selects``: which rows there are hangs
    on its arguments. ``accesses`` are what running it does to rows. ``in_memory`` says that a
    queryset with its rows in memory answers it, ``prefetched`` that one of prefetched rows does
    (both run on Django 5.2 and 6.1).
    """

    gives: Gives
    loads: bool = False
    selects: bool = False
    accesses: tuple[Access, ...] = ()
    in_memory: bool = False
    prefetched: bool = False


_READ: Final = (Access.READ,)
_COUNT: Final = (Access.COUNT,)

METHODS: Final[Mapping[str, QueryMethod]] = {
    **dict.fromkeys(("all", "distinct", "order_by", "reverse"), QueryMethod(Gives.QUERYSET)),
    **dict.fromkeys(
        ("alias", "annotate", "extra", "select_for_update", "using"),
        QueryMethod(Gives.QUERYSET, selects=True),
    ),
    **dict.fromkeys(
        ("complex_filter", "exclude", "filter", "none"), QueryMethod(Gives.QUERYSET, selects=True)
    ),
    **dict.fromkeys(
        ("difference", "intersection", "union"), QueryMethod(Gives.QUERYSET, selects=True)
    ),
    **dict.fromkeys(
        ("defer", "only", "prefetch_related", "select_related"),
        QueryMethod(Gives.QUERYSET, loads=True),
    ),
    **dict.fromkeys(("earliest", "get", "last", "latest"), QueryMethod(Gives.ROW, accesses=_READ)),
    "first": QueryMethod(Gives.ROW, accesses=_READ, in_memory=True),
    "iterator": QueryMethod(Gives.ROWS, accesses=_READ),
    "in_bulk": QueryMethod(Gives.BY_KEY, accesses=_READ),
    "get_or_create": QueryMethod(Gives.FOUND, accesses=(Access.READ, Access.CREATE)),
    "update_or_create": QueryMethod(Gives.FOUND),
    "create": QueryMethod(Gives.CREATED, accesses=(Access.CREATE,)),
    "bulk_create": QueryMethod(Gives.OTHER, accesses=(Access.CREATE,)),
    "aggregate": QueryMethod(Gives.OTHER, accesses=_READ),
    "contains": QueryMethod(Gives.OTHER, in_memory=True, prefetched=True),
    "count": QueryMethod(Gives.OTHER, accesses=_COUNT, in_memory=True, prefetched=True),
    "exists": QueryMethod(Gives.OTHER, accesses=_COUNT, in_memory=True, prefetched=True),
    "delete": QueryMethod(Gives.OTHER, accesses=(Access.DELETE,)),
    "update": QueryMethod(Gives.OTHER, accesses=(Access.UPDATE,)),
    **dict.fromkeys(("values", "values_list"), QueryMethod(Gives.OTHER)),
}
_NOTHING: Final = QueryMethod(Gives.OTHER)

#: What a queryset answers without a query if it is one of prefetched rows: uses and methods.
FROM_ROWS: Final = frozenset(
    {
        *("__bool__", "__contains__", "__getitem__", "__iter__", "__len__"),
        *(name for name, method in METHODS.items() if method.prefetched),
    }
)


def query_method(name: str) -> QueryMethod:
    """What a queryset's method does; of those that are not known, that it returns something else."""
    return METHODS.get(name, _NOTHING)


#: Functions that query for a model, a manager or a queryset, their first argument.
SHORTCUTS: Final[Mapping[str, Gives]] = {
    "django.shortcuts.aget_list_or_404": Gives.ROWS,
    "django.shortcuts.aget_object_or_404": Gives.ROW,
    "django.shortcuts.get_list_or_404": Gives.ROWS,
    "django.shortcuts.get_object_or_404": Gives.ROW,
}

#: Coroutine functions that give a row as a plain query of Django's own finds it: it has loaded no
#: relations. The last two are of a request, ``user`` where another framework has loaded it.
OWN_ROWS: Final = frozenset(
    {
        "django.contrib.auth.aauthenticate",
        "django.contrib.auth.aget_user",
        "django.contrib.auth.middleware.auser",
        "django.http.request.HttpRequest.auser",
        "django.http.request.HttpRequest.user",
    }
)

#: Methods whose result has all of the rows.
SAME_ROWS: Final = frozenset(
    {"values", "values_list"}
    | {
        name
        for name, method in METHODS.items()
        if method.gives is Gives.QUERYSET and not method.selects
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
