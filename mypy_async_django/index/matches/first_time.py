"""Calls whose result an object keeps: they do nothing where a thread has made the same call before."""

from collections.abc import Iterator, Sequence

from mypy.literals import literal_hash
from mypy.nodes import CallExpr, Expression, FuncItem, MemberExpr, NameExpr, Node

from mypy_async_django.bridge.tree import walk
from mypy_async_django.index.resolution.offloading import handed_over, offloaded_by, offloader_of
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import calls
from mypy_async_django.index.values.escapes import has_escaped

_MANY = "s"
"""What the name of a method for several objects ends in: ``get_for_models``."""


def has_run(body: Body, call: CallExpr) -> bool:
    """Whether a call may have been made before, by a thread or by a function of the body.

    For an object that this body made or received it counts that a thread has run any of its methods,
    or that the object was handed on. For any other, such as a manager, it has to be the same call.
    """
    callee = call.callee
    if isinstance(callee, MemberExpr) and isinstance(callee.expr, NameExpr):
        owner = callee.expr
        if body.flow.is_local(owner):
            return has_escaped(body, owner, call) or _has_worked(body, owner, call)
    return any(
        _is_same(made, call) and body.flow.reaches(place, call) for place, made in _made(body)
    )


def _has_worked(body: Body, owner: NameExpr, before: Node) -> bool:
    """Whether a thread has run a method of an object."""
    makers = body.definition_sites(owner)
    return any(
        isinstance(made.callee, MemberExpr)
        and isinstance(made.callee.expr, NameExpr)
        and makers & body.definition_sites(made.callee.expr)
        and body.flow.reaches(place, before)
        for place, made in _made(body)
    )


@once
def _made(body: Body) -> Sequence[tuple[Node, CallExpr]]:
    """The calls that threads and functions of the body make, with the node that arranges each."""
    return tuple(_each_made(body))


def _each_made(body: Body) -> Iterator[tuple[Node, CallExpr]]:
    for call in calls(body):
        offloaded = offloaded_by(body, call)
        if offloaded is not None:
            yield call, offloaded.as_call()
        elif (bridge := _named_bridge(body, call)) is not None:
            made = CallExpr(bridge, call.args, call.arg_kinds, call.arg_names)
            yield call, made
    for node in body.nodes:
        if isinstance(node, FuncItem):
            yield from ((node, inner) for inner in walk(node) if isinstance(inner, CallExpr))


def _named_bridge(body: Body, call: CallExpr) -> Expression | None:
    """The function behind a name such as ``get = sync_to_async(ContentType.objects.get_for_model)``."""
    values = body.reaching_values(call.callee) if isinstance(call.callee, NameExpr) else ()
    if len(values) != 1 or not isinstance(values[0], CallExpr):
        return None
    offloader = offloader_of(body, values[0])
    return handed_over(values[0], offloader) if offloader and offloader.wraps else None


def _is_same(made: CallExpr, call: CallExpr) -> bool:
    """Whether two calls ask the same, one of them perhaps for several objects at once."""
    before, now = literal_hash(made.callee), literal_hash(call.callee)
    asked = [literal_hash(argument) for argument in call.args]
    if None in asked or now is None:
        return False
    given = [literal_hash(argument) for argument in made.args]
    if before == now:
        return given == asked
    match made.callee, call.callee:
        case MemberExpr(name=many, expr=one), MemberExpr(name=single, expr=other):
            is_same_owner = literal_hash(one) == literal_hash(other)
            return many == single + _MANY and is_same_owner and all(each in given for each in asked)
        case _:
            return False
