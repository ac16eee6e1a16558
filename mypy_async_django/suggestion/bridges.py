"""Replacements of wrong bridges between sync and async code."""

from mypy.nodes import CallExpr, Decorator, Expression

from mypy_async_django.bridge.types import makes_coroutine
from mypy_async_django.catalogue.loops import MADE_SYNC
from mypy_async_django.catalogue.row import Api
from mypy_async_django.finding import Note
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.resolution.module_level import values_of
from mypy_async_django.index.resolution.offloading import offloaded_by, offloader_of
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.suggestion.coroutines import called
from mypy_async_django.suggestion.wording import (
    RUNNING_ALREADY,
    arguments_of,
    awaited_node,
    in_place,
    placed,
    replacing,
    use,
)


def for_early_call(body: Body, around: CallExpr, call: CallExpr) -> Note:
    """The note for a call where a function is expected: ``sync_to_async(f)(x)`` for ``(f(x))()``."""
    text = body.source.text
    function, arguments = text(call.callee), arguments_of(body, call)
    offloader, outer = offloader_of(body, around), body.parent(around)
    if offloader is not None and offloader.wraps:
        bridged = text(around).replace(text(call), function, 1) + arguments
    else:
        rest = f", {arguments[1:-1]}" if arguments != "()" else ""
        bridged = text(around).replace(text(call), function + rest, 1)
    whole = outer if isinstance(outer, CallExpr) and outer.callee is around else around
    code = f"await {bridged}" if body.is_awaited(whole) else bridged
    if whole is not around and whole.args:
        return Note(use(code))
    return replacing(body, awaited_node(body, whole), code, is_safe=True)


def for_coroutine_in_bridge(body: Body, around: CallExpr, coroutine: CallExpr) -> Note:
    """The note for a coroutine where a function is expected; it needs no bridge."""
    outer = body.parent(around)
    node = outer if isinstance(outer, CallExpr) and outer.callee is around else around
    awaited = awaited_node(body, node)
    code = f"await {body.source.text(coroutine)}"
    return replacing(body, awaited, placed(body, awaited, code))


def without_argument(body: Body, node: Expression, name: str, text: str) -> Note:
    """The note ``text``, with the edit that removes a keyword argument of a call."""
    if not isinstance(node, CallExpr):
        return Note(text)
    given = body.source.text
    arguments = [
        f"{keyword}={given(argument)}" if keyword else given(argument)
        for argument, keyword in zip(node.args, node.arg_names, strict=True)
        if keyword != name
    ]
    if any(kind.is_star() for kind in node.arg_kinds):
        return Note(text)
    outer = body.parent(node)
    is_decorator = isinstance(outer, Decorator)
    code = given(node.callee) if is_decorator and not arguments else ""
    code = code or f"{given(node.callee)}({', '.join(arguments)})"
    return replacing(body, node, code, text=text, is_safe=True)


def for_bridged(body: Body, around: CallExpr, function: Expression) -> Note:
    """The note for a coroutine function that needs no bridge."""
    outer = body.parent(around)
    made = outer if isinstance(outer, CallExpr) and outer.callee is around else around
    offloaded = offloaded_by(body, made)
    code = called(body, offloaded) if offloaded else f"{body.source.text(function)}(...)"
    node = awaited_node(body, made)
    return replacing(body, node, placed(body, node, f"await {code}"), is_safe=body.is_coroutine)


def for_thread(body: Body, around: CallExpr, function: Expression) -> Note:
    """The note for database work in a thread of another kind than Django's."""
    text = body.source.text(function)
    offloaded = offloaded_by(body, around)
    if offloaded is None or not body.is_awaited(around):
        return Note(use(f"sync_to_async({text})"))
    arguments = called(body, offloaded)[len(text) :]
    return replacing(body, around, f"sync_to_async({text}){arguments}")


def for_nested_loop(body: Body, call: CallExpr, api: Api) -> str | Note:
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
    return in_place(body, call, f"await {code}")


def _is_to_await(body: Body, function: Expression) -> bool:
    named = named_function(body, function)
    return named is None or named.is_awaited
