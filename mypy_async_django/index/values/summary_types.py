"""Types of values that mypy knows nothing of: the model of a row, the queryset of a query."""

from mypy.nodes import AwaitExpr, CallExpr, Expression, IndexExpr, MemberExpr, NameExpr
from mypy.types import Instance, ProperType

from mypy_async_django.bridge.members import Members, union
from mypy_async_django.bridge.models import QUERYSET
from mypy_async_django.index.queries import Query, Row
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.values.sources import sources


def type_from_sources(body: Body, members: Members, expression: Expression) -> ProperType | None:
    """The type that a value has by its sources: a model, a queryset, a coroutine; None if unknown."""
    if not isinstance(expression, AwaitExpr | CallExpr | IndexExpr | MemberExpr | NameExpr):
        return None
    if isinstance(expression, CallExpr):
        named = named_function(body.unaided, expression.callee)
        if named is not None and named.is_awaited:
            return members.standard("typing.Coroutine", None, None, None)
    found = sources(body, expression)
    if not found.items or not found.is_complete:
        return None
    return union([_type_of(members, source) for source in found.items])


def _type_of(members: Members, source: object) -> ProperType | None:
    match source:
        case Row(model=model) if model is not None:
            return Instance(model, [])
        case Query(model=model, queryset=own) if own is not None:
            return Instance(own, [Instance(model, [])] * len(own.defn.type_vars))
        case Query(model=model) if (queryset := members.class_named(QUERYSET)) is not None:
            row = Instance(model, [])
            return Instance(queryset, [row, row])
        case _:
            return None
