"""Call that blocks the event loop through sync functions."""

from collections.abc import Iterator
from typing import Final

from mypy_async_django.catalogue import Effect
from mypy_async_django.explanation import reaching
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.reached import reached
from mypy_async_django.rule import ASYNC_BLOCKING, code

CODE: Final = code(
    "async-blocking-call", "Call that reaches a blocking call", parent=ASYNC_BLOCKING
)


def findings(body: Body) -> Iterator[Finding]:
    """Calls, properties and implicit uses whose functions block, and do not raise before."""
    raising = {found.node for found in reached(body, Effect.RAISES)}
    for found in reached(body, Effect.BLOCKS):
        if found.node not in raising:
            yield reaching(CODE, body, found, Effect.BLOCKS)
