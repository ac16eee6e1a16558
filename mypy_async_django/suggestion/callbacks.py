"""Sync functions instead of async functions that are called without ``await``."""

from typing import Final

from mypy.nodes import CallExpr, Expression, LambdaExpr
from mypy.types import CallableType

from mypy_async_django.catalogue.builtin import FILTER
from mypy_async_django.catalogue.callbacks import Callback, When
from mypy_async_django.finding import Note
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name
from mypy_async_django.suggestion.wording import as_iterator, replacing, use


def for_callback(
    body: Body, call: CallExpr, function: Expression, callback: Callback
) -> str | Note:
    """The note for a coroutine function that a call hands to what awaits nothing."""
    text = body.source.text
    if callback.when is When.AT_ONCE and body.is_coroutine:
        comprehension = _filtered(body, call)
        if comprehension is None:
            return _AWAITED_FIRST
        return replacing(body, call, as_iterator(body, call, comprehension))
    if callback.instead and (body.is_coroutine or callback.when is When.BY_THE_LOOP):
        return use(callback.instead)
    if isinstance(function, LambdaExpr):
        return "Pass a sync function, which can use async_to_sync or create a task"
    if callback.when is When.BY_THE_LOOP:
        type_ = body.type_of(function)
        takes_none = isinstance(type_, CallableType) and not type_.arg_types
        parameters, arguments = ("", "") if takes_none else (" *args", "*args")
        start = f"tasks.add(asyncio.create_task({text(function)}({arguments})))"
        return f'{use(f"lambda{parameters}: {start}")}, with a set "tasks" that stores them'
    return replacing(body, function, f"async_to_sync({text(function)})")


def for_own_callback(body: Body, call: CallExpr, function: Expression) -> str | Note:
    """The note for a coroutine function that a call hands to a function of the project."""
    text = body.source.text
    if body.is_coroutine or isinstance(function, LambdaExpr):
        return f'Await the result in "{text(call.callee)}", or pass a sync function'
    return replacing(body, function, f"async_to_sync({text(function)})")


_AWAITED_FIRST: Final = "Await it for each item first, and pass a sync function"


def _filtered(body: Body, call: CallExpr) -> str | None:
    """What ``filter`` does, as a comprehension that awaits."""
    text = body.source.text
    if called_name(body, call) != FILTER:
        return None
    match call.args:
        case [LambdaExpr(arguments=[parameter]) as function, items]:
            name, condition = parameter.variable.name, text(function.expr())
        case [function, items] if not isinstance(function, CallExpr):
            name, condition = "item", f"{text(function)}(item)"
        case _:
            return None
    return f"[{name} for {name} in {text(items)} if await {condition}]"
