"""What runs the query of a ``select_for_update()``: asked of PostgreSQL, as SQLite has no locks."""

from inspect import iscoroutinefunction
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError
from recipes import RECIPES
from world import World, awaited

from mypy_async_django.catalogue.django_database import LOCKING

_QUERYSET = "django.db.models.query.QuerySet"
TWINS = sorted(
    name
    for name in vars(QuerySet)
    if iscoroutinefunction(getattr(QuerySet, name)) and name.startswith("a")
)


@pytest.mark.parametrize("twin", TWINS)
def test_locks(twin: str, world: World) -> None:
    """What takes the locks is refused outside a transaction, and nothing else is."""
    if connection.vendor != "postgresql":
        pytest.skip("needs locks: POSTGRES=1")
    call = RECIPES[f"{_QUERYSET}.{twin[1:]}"].prepared(f"{_QUERYSET}.{twin[1:]}", world)
    method: Any = getattr(call.receiver.select_for_update(), twin)

    async def is_refused() -> bool:
        try:
            await method(*call.arguments.positional, **call.arguments.named)
        except TransactionManagementError:
            return True
        return False

    assert awaited(is_refused) == (twin in LOCKING)
