"""Rows for implicit operations: evaluation of querysets, context managers, lazy iterators."""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.row import Api, raises

_QUERYSET: Final = "django.db.models.query.QuerySet"
_RAW: Final = "django.db.models.query.RawQuerySet"

ROWS: Final[tuple[Api, ...]] = tuple(
    chain(
        raises(
            _QUERYSET,
            "__bool__ __contains__ __getitem__ __getstate__ __iter__ __len__ __repr__",
            twin="__aiter__",
            since=(4, 1),
        ),
        raises(_RAW, "__bool__ __getitem__ __iter__ __len__"),
        raises("django.db.transaction.Atomic", "__enter__"),
    )
)

#: Calls whose result runs the query when it is iterated, with the async twin.
ITERATORS: Final[tuple[Api, ...]] = tuple(
    chain(
        raises(_QUERYSET, "iterator", twin="aiterator", since=(4, 1)),
        raises("django.db.models.manager.Manager", "iterator", twin="aiterator", since=(4, 1)),
    )
)
