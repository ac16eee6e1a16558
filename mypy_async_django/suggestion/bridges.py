"""Ways out where sync and async code are bridged the wrong way."""

from mypy.nodes import CallExpr, Expression

from mypy_async_django.bridge.types import makes_coroutine
from mypy_async_django.catalogue.loops import MADE_SYNC
from mypy_async_django.catalogue.row import Api
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.resolution.module_level import values_of
from mypy_async_django.index.resolution.offloading import offloaded_by, offloader_of
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.suggestion.coroutines import called
from mypy_async_django.suggestion.wording import RUNNING_ALREADY, arguments_of, placed, use


def for_early_call(body: Body, around: CallExpr, call: CallExpr) -> str:
    """The note for a call in the place of a function: ``sync_to_async(f)(x)`` for ``(f(x))()``."""
    text = body.source.text
    function, arguments = text(call.callee), arguments_of(body, call)
    offloader, outer = offloader_of(body, around), body.parent(around)
    if offloader is not None and offloader.wraps:
        bridged = text(around).replace(text(call), function, 1) + arguments
    else:
        rest = f", {arguments[1:-1]}" if arguments != "()" else ""
        bridged = text(around).replace(text(call), function + rest, 1)
    whole = outer if isinstance(outer, CallExpr) and outer.callee is around else around
    return use(f"await {bridged}" if body.is_awaited(whole) else bridged)


def for_bridged(body: Body, around: CallExpr, function: Expression) -> str:
    """The note for a coroutine function that needs no bridge."""
    outer = body.parent(around)
    made = outer if isinstance(outer, CallExpr) and outer.callee is around else around
    offloaded = offloaded_by(body, made)
    code = called(body, offloaded) if offloaded else f"{body.source.text(function)}(...)"
    return use(f"await {code}")


def for_thread(body: Body, around: CallExpr, function: Expression) -> str:
    """The note for database work in a thread of another kind than Django's."""
    text = body.source.text(function)
    offloaded = offloaded_by(body, around)
    if offloaded is None or not body.is_awaited(around):
        return use(f"sync_to_async({text})")
    arguments = called(body, offloaded)[len(text) :]
    return use(f"sync_to_async({text}){arguments}")


def for_nested_loop(body: Body, call: CallExpr, api: Api) -> str:
    """The note for a call that runs a coroutine in an event loop of its own."""
    text = body.source.text
    match values_of(body, call.callee), call.args:
        case [CallExpr(args=[function])], _ if _is_to_await(body, function):
            code = f"{text(function)}{arguments_of(body, call)}"
        case _ if api.name == MADE_SYNC:
            return RUNNING_ALREADY
        case _, [function, *rest] if makes_coroutine(body.type_of(function)):
            code = f"{text(function)}({', '.join(map(text, rest))})"
        case _, [coroutine]:
            code = text(coroutine)
        case _:
            return RUNNING_ALREADY
    return use(placed(body, call, f"await {code}"))


def _is_to_await(body: Body, function: Expression) -> bool:
    named = named_function(body, function)
    return named is None or named.is_awaited
