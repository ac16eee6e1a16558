"""What an error says of an operation that the catalogue knows."""

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr, MemberExpr

from mypy_async_django import suggestion
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.hits import Hit


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
        case MemberExpr() as read:
            message = f'"{text(read)}" {effect} {where}{when}'
            return Finding(code, read, message, (suggestion.for_read(body, read, hit.api),))
        case use:
            message = f'"{text(use.value)}" is {use.use.value} {where}: {effect}{when}'
            return Finding(code, use.value, message, suggestion.for_use(body, use, hit.api))
