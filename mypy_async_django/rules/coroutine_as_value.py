"""Coroutine used as if it were its result."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr

from mypy_async_django import suggestion
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.coroutines import coroutine_values
from mypy_async_django.index.fates import Fate
from mypy_async_django.rule import code

CODE: Final = code("coroutine-as-value", "Coroutine used as if it were its result")
EVERYWHERE: Final = True

_RIGHT: Final = frozenset({Fate.TAKEN_CARE_OF, Fate.DROPPED})


def findings(body: Body) -> Iterator[Finding]:
    """Coroutines that are tested, formatted, compared or passed on as a value."""
    for call, end in coroutine_values(body):
        if end.fate in _RIGHT:
            continue
        what = end.fate.value
        if end.fate is Fate.PASSED and isinstance(end.node, CallExpr):
            what = f'"{body.source.text(end.node.callee)}" gets the coroutine object'
        where = f" on line {end.node.line}" if end.node.line != call.line else ""
        yield Finding(
            CODE,
            call,
            f'"{body.source.text(call)}" is not awaited: {what}{where}',
            (suggestion.for_coroutine(body, call),),
            unless_said="Coroutine",
        )
