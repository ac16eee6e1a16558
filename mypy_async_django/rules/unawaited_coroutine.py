"""Coroutine that nothing awaits."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import ExpressionStmt, ReturnStmt

from mypy_async_django import suggestion
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.coroutines import coroutine_values
from mypy_async_django.index.fates import Fate, end_of
from mypy_async_django.index.operations import called_name, calls
from mypy_async_django.rule import code

CODE: Final = code("unawaited-coroutine", "Coroutine that nothing awaits")
EVERYWHERE: Final = True

_GATHER: Final = "asyncio.tasks.gather"


def findings(body: Body) -> Iterator[Finding]:
    """Coroutines that are kept, returned or made without anything ever running them."""
    for call, end in coroutine_values(body):
        if end.fate is not Fate.DROPPED or isinstance(body.parent(call), ExpressionStmt):
            continue
        text = body.source.text(call)
        if isinstance(end.node, ReturnStmt):
            what = f'"{text}" is returned without await: awaiting "{body.name}" gives a coroutine'
        else:
            what = f'"{text}" is never awaited: nothing runs it'
        yield Finding(
            CODE, call, what, (suggestion.for_coroutine(body, call),), unless_said="Coroutine"
        )
    for call in calls(body):
        if called_name(body, call) == _GATHER and end_of(body, call).fate is Fate.DROPPED:
            what = f'"{body.source.text(call)}" is never awaited: nobody waits for its results'
            yield Finding(CODE, call, what, (suggestion.for_coroutine(body, call),))
