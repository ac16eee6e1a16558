"""What an error says of an operation that the catalogue knows."""

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr

from mypy_async_django import suggestion
from mypy_async_django.catalogue import Effect
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.hits import Hit
from mypy_async_django.index.operations import Read
from mypy_async_django.index.reached import Reached


def explained(code: ErrorCode, body: Body, hit: Hit) -> Finding:
    """The finding for a hit: what, where, what happens, and the replacement."""
    text = body.source.text
    where = f'in coroutine "{body.name}"'
    effect = hit.api.effect.value
    when = f", when {hit.api.when}" if hit.api.when else ""
    match hit.operation:
        case CallExpr() as call:
            message = f'"{text(call.callee)}" {effect} {where}{when}'
            return Finding(code, call, message, (suggestion.for_call(body, call, hit.api),))
        case Read() as read:
            message = f'"{text(read.node)}" {effect} {where}{when}'
            return Finding(code, read.node, message, (suggestion.for_read(body, read, hit.api),))
        case use:
            message = f'"{text(use.value)}" is {use.use.value} {where}: {effect}{when}'
            return Finding(code, use.value, message, suggestion.for_use(body, use, hit.api))


def reaching(code: ErrorCode, body: Body, found: Reached, effect: Effect) -> Finding:
    """The finding for a call that reaches an operation: the way there step by step, and out."""
    *functions, operation = found.path
    node = found.node
    text = body.source.text(node.callee if isinstance(node, CallExpr) else node)
    return Finding(
        code,
        node,
        f'"{text}" reaches "{operation}", which {effect.value}, in coroutine "{body.name}"',
        (
            *(
                f"{'-> ' if step else ''}{_place(body, name)}"
                for step, name in enumerate(functions)
            ),
            f"-> {operation}",
            suggestion.for_reached(body, node, effect),
        ),
    )


def _place(body: Body, function: str) -> str:
    assert body.effects is not None
    file = body.effects.file(function)
    return f"{body.effects.short(function)} ({file})" if file else function
