"""Coroutines that a body creates, and async functions used where a coroutine is expected."""

from collections.abc import Iterator

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    Expression,
    ListExpr,
    RefExpr,
    SetExpr,
    StarExpr,
    TupleExpr,
)

from mypy_async_django.bridge.types import is_coroutine_type, makes_coroutine
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.offload import AWAITERS, RUNNERS, SCHEDULERS
from mypy_async_django.index.coroutines.value_uses import FinalUse, final_use
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, calls, implicit_uses

_TAKERS = AWAITERS | RUNNERS | SCHEDULERS


def coroutine_values(body: Body) -> Iterator[tuple[CallExpr | AwaitExpr, FinalUse]]:
    """The calls that return a coroutine, each with its final use.

    And the awaits that do: ``await sync_to_async(lambda: load())()`` returns one that nothing awaits.
    If an offloader is passed an async function itself, another rule reports it.
    """
    for node in body.nodes:
        if not isinstance(node, AwaitExpr) or _is_of_misused_bridge(body, node.expr):
            continue
        if is_coroutine_type(body.type_of(node)):
            yield node, final_use(body, node)
    for call in calls(body):
        if is_coroutine_type(body.type_of(call)):
            yield call, final_use(body, call)
        elif _maps_coroutine_function(body, call):
            yield call, final_use(body, call, inside=True)


def uncalled_functions(body: Body) -> Iterator[Expression]:
    """Async functions used where a coroutine is expected: ``gather(run)``, ``if check:``.

    Without truth tests in bodies that mypy checks, as mypy reports those.
    """
    for call in calls(body):
        if called_name(body, call) in _TAKERS:
            yield from _uncalled(body, call.args)
    if not body.is_checked:
        tested = (use.value for use in implicit_uses(body) if use.use is Use.TRUTH)
        yield from _uncalled(body, list(tested))


def _uncalled(body: Body, expressions: list[Expression]) -> Iterator[Expression]:
    for expression in expressions:
        match expression:
            case ListExpr() | SetExpr() | TupleExpr():
                yield from _uncalled(body, expression.items)
            case StarExpr():
                yield from _uncalled(body, [expression.expr])
            case RefExpr() if makes_coroutine(body.type_of(expression)):
                yield expression


def _is_of_misused_bridge(body: Body, awaited: Expression) -> bool:
    offloaded = offloaded_by(body, awaited) if isinstance(awaited, CallExpr) else None
    named = named_function(body, offloaded.function) if offloaded else None
    return named is not None and named.is_awaited


def _maps_coroutine_function(body: Body, call: CallExpr) -> bool:
    return (
        called_name(body, call) == "builtins.map"
        and bool(call.args)
        and makes_coroutine(body.type_of(call.args[0]))
        and isinstance(body.parent(call), CallExpr)
    )
