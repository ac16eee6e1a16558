"""Coroutine function where a plain function is called."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import ARG_POS, CallExpr, Expression, LambdaExpr, MemberExpr
from mypy.types import CallableType, ProperType, get_proper_type

from mypy_async_django.bridge.types import classes, is_coroutine_type
from mypy_async_django.catalogue.callbacks import CALLBACKS, Callback
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import called_name, calls
from mypy_async_django.rule import code

CODE: Final = code("coroutine-as-callback", "Coroutine function as a plain callback")
EVERYWHERE: Final = True


def findings(body: Body) -> Iterator[Finding]:
    """Coroutine functions handed to what calls them and drops the coroutine."""
    for call in calls(body):
        callback = _callback(body, call)
        if callback is None or body.catalogue.django_version >= callback.until:
            continue
        function = _given(call, callback)
        if function is None or not _makes_coroutine(body.type_of(function)):
            continue
        text = body.source.text
        yield Finding(
            CODE,
            function,
            f'"{text(function)}" is a coroutine function: "{text(call.callee)}" calls it and drops '
            "the coroutine",
            (_way_out(body, call, function),),
            unless_said="Coroutine",
        )


def _callback(body: Body, call: CallExpr) -> Callback | None:
    name = called_name(body, call)
    if name is not None:
        return CALLBACKS.get(name)
    if isinstance(call.callee, MemberExpr):
        for info in classes(body.type_of(call.callee.expr)):
            for base in info.mro:
                if found := CALLBACKS.get(f"{base.fullname}.{call.callee.name}"):
                    return found
    return None


def _given(call: CallExpr, callback: Callback) -> Expression | None:
    for position, (argument, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        by_position = position == callback.argument and call.arg_kinds[position] == ARG_POS
        if by_position or (name is not None and name == callback.keyword):
            return argument
    return None


def _makes_coroutine(type_: ProperType | None) -> bool:
    return isinstance(type_, CallableType) and is_coroutine_type(get_proper_type(type_.ret_type))


def _way_out(body: Body, call: CallExpr, function: Expression) -> str:
    text = body.source.text(function)
    if isinstance(function, LambdaExpr):
        return "Hand over a plain function, which may use async_to_sync or create a task"
    if isinstance(call.callee, MemberExpr) and call.callee.name.startswith(("call_", "add_")):
        return f'Use a plain function that starts it: "asyncio.create_task({text}(...))"'
    return f'Use "async_to_sync({text})"'
