"""The coroutine values that a body makes."""

from collections.abc import Iterator

from mypy.nodes import CallExpr

from mypy_async_django.bridge.types import is_coroutine_type
from mypy_async_django.index.body import Body
from mypy_async_django.index.fates import End, end_of
from mypy_async_django.index.operations import calls


def coroutine_values(body: Body) -> Iterator[tuple[CallExpr, End]]:
    """The calls that give a coroutine, each with what becomes of it."""
    for call in calls(body):
        if is_coroutine_type(body.type_of(call)):
            yield call, end_of(body, call)
