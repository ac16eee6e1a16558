"""Blocking call in a coroutine."""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue import Effect
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.hits import hits
from mypy_async_django.rule import ASYNC_BLOCKING

CODE: Final = ASYNC_BLOCKING


def findings(body: Body) -> Iterator[Finding]:
    """Calls, uses and properties that block the event loop."""
    for hit in hits(body):
        if hit.api.effect is Effect.BLOCKS:
            yield explained(CODE, body, hit)
