"""Call that reaches sync-only Django through sync functions."""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue import Effect
from mypy_async_django.explanation import reaching
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.reached import reached
from mypy_async_django.rule import ASYNC_UNSAFE, code

CODE: Final = code(
    "async-unsafe-call", "Call that reaches sync-only Django", parent=ASYNC_UNSAFE
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls, properties and implicit uses whose functions raise SynchronousOnlyOperation."""
    for found in reached(body, Effect.RAISES):
        yield reaching(CODE, body, found, Effect.RAISES)
