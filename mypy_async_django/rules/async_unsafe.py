"""Sync-only Django call in a coroutine."""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue import Effect
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.hits import hits
from mypy_async_django.rule import ASYNC_UNSAFE

CODE: Final = ASYNC_UNSAFE


def findings(body: Body) -> Iterator[Finding]:
    """Calls that raise SynchronousOnlyOperation."""
    for hit in hits(body):
        if hit.api.effect is Effect.RAISES and hit.is_explicit:
            yield explained(CODE, body, hit)
