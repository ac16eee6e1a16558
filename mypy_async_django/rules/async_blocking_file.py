"""File I/O in a coroutine."""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue import Effect
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.hits import hits
from mypy_async_django.rule import ASYNC_BLOCKING, code

CODE: Final = code(
    "async-blocking-file", "File I/O in a coroutine", parent=ASYNC_BLOCKING, default=False
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls, uses and properties that wait for a file."""
    for hit in hits(body):
        if hit.api.effect is Effect.BLOCKS_ON_FILE:
            yield explained(CODE, body, hit)
