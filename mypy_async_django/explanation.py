"""What an error says of an operation that the catalogue knows."""

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr

from mypy_async_django import suggestion
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.matches import Match
from mypy_async_django.index.matches.transitive_effects import ReachedEffect
from mypy_async_django.index.state.races import Race
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import Read


def explained(code: ErrorCode, body: Body, matched: Match) -> Finding:
    """The finding for a match: what, where, what happens, and the replacement."""
    text = body.source.text
    where = f'in coroutine "{body.name}"'
    effect = matched.api.effect.value
    when = f", when {matched.api.when}" if matched.api.when else ""
    match matched.operation:
        case CallExpr() as call:
            message = f'"{text(call.callee)}" {effect} {where}{when}'
            return Finding(code, call, message, (suggestion.for_call(body, call, matched.api),))
        case Read() as read:
            message = f'"{text(read.node)}" {effect} {where}{when}'
            return Finding(
                code, read.node, message, (suggestion.for_read(body, read, matched.api),)
            )
        case use:
            message = f'"{text(use.value)}" is {use.use.value} {where}: {effect}{when}'
            return Finding(code, use.value, message, suggestion.for_use(body, use, matched.api))


def reaching(code: ErrorCode, body: Body, found: ReachedEffect, effect: Effect) -> Finding:
    """The finding for a call that reaches an operation: the way there step by step, and out."""
    *functions, operation = found.path
    node = found.node
    text = body.source.text(node.callee if isinstance(node, CallExpr) else node)
    return Finding(
        code,
        node,
        f'"{text}" reaches "{operation}", which {effect.value}, in coroutine "{body.name}"',
        (
            *(f"{'-> ' if step else ''}{place(body, name)}" for step, name in enumerate(functions)),
            f"-> {operation}",
            suggestion.for_reached(body, found.called, effect, found.path[-1]),
        ),
    )


def place(body: Body, function: str) -> str:
    """A function of the project as a person would find it: its name and its file."""
    assert body.effects is not None
    file = body.effects.file(function)
    return f"{body.effects.short(function)} ({file})" if file else function


def lost_update(code: ErrorCode, body: Body, race: Race) -> Finding:
    """The finding for a race: the lines of both ends and of the pause between, and the way out."""
    place = body.source.text(race.target)
    happens = "may be set twice" if race.is_guard else "may lose an update"
    lines = (
        f"{'tested' if race.is_guard else 'read'} on line {race.read.line}, "
        f"{race.waits_by} on line {race.pause.line}, write on line {race.write.line}"
    )
    return Finding(
        code,
        race.write,
        f'"{place}" {happens} in coroutine "{body.name}": {lines}',
        (suggestion.for_race(body, race),),
    )
