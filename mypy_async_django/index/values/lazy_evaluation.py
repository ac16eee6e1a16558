"""Values that a body looks into: what is lazy about them is loaded then."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    Expression,
    ListExpr,
    MemberExpr,
    Node,
    RefExpr,
    TupleExpr,
    TypeInfo,
)

from mypy_async_django.bridge.models import MANAGER, QUERYSET, is_model, is_single_relation
from mypy_async_django.bridge.types import all_are, class_of
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import called_name, calls, implicit_uses

_LOOKING: Final = frozenset({"builtins.isinstance", "builtins.hasattr", "builtins.getattr"})
_COMPARING: Final = frozenset({"==", "!=", "in", "not in"})
_Q: Final = "django.db.models.query_utils.Q"


@once
def looked_into(body: Body) -> frozenset[Node]:
    """The expressions whose value is used for more than being passed on."""
    found: set[Node] = {use.value for use in implicit_uses(body)}
    found.update(node.expr for node in body.every(MemberExpr))
    for comparison in body.every(ComparisonExpr):
        if not _COMPARING.isdisjoint(comparison.operators):
            found.update(comparison.operands)
    for call in calls(body):
        found.update(_looked_into(body, call))
    for assignment in body.every(AssignmentStmt):
        for target in assignment.lvalues:
            if isinstance(target, MemberExpr) and _is_relation(body, target):
                found.add(assignment.rvalue)
    return frozenset(found)


def _looked_into(body: Body, call: CallExpr) -> Iterator[Expression]:
    match call.callee:
        case MemberExpr(name="exclude" | "filter", expr=rows):
            if all_are(body.type_of(rows), QUERYSET, MANAGER):
                yield from _compared(body, call)
        case RefExpr(node=TypeInfo() as model) if is_model(model):
            for argument, name in zip(call.args, call.arg_names, strict=True):
                if name is not None and is_single_relation(model, name):
                    yield argument
        case _:
            if called_name(body, call) in _LOOKING:
                yield from call.args[:1]


def _compared(body: Body, condition: CallExpr) -> Iterator[Expression]:
    """The values that conditions compare with: of ``filter(...)``, and of a ``Q(...)`` in it."""
    queue = list(condition.args)
    for value in queue:
        match value:
            case ListExpr() | TupleExpr():
                queue += value.items
            case CallExpr() if called_name(body, value) == _Q:
                queue += value.args
            case _:
                yield value


def _is_relation(body: Body, target: MemberExpr) -> bool:
    model = class_of(body.type_of(target.expr))
    return model is not None and is_model(model) and is_single_relation(model, target.name)
