"""Types of values that mypy knows nothing of: the model of a row, the queryset of a query."""

from typing import Final

from mypy.nodes import AwaitExpr, CallExpr, Expression, FuncDef, IndexExpr, MemberExpr, NameExpr
from mypy.types import AnyType, Instance, ProperType, TypeOfAny

from mypy_async_django.bridge.members import Members, union
from mypy_async_django.bridge.models import QUERYSET
from mypy_async_django.bridge.types import is_a, member
from mypy_async_django.index.queries import Query, Row
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.missing_imports import missing_name
from mypy_async_django.index.syntax.operations import owners
from mypy_async_django.index.values.sources import Made, sources

_MANAGER: Final = "django.db.models.manager.Manager"


def type_from_sources(body: Body, members: Members, expression: Expression) -> ProperType | None:
    """The type that a value has by its sources: a model, a queryset, a coroutine; None if unknown."""
    if not isinstance(expression, AwaitExpr | CallExpr | IndexExpr | MemberExpr | NameExpr):
        return None
    if isinstance(expression, CallExpr) and returns_coroutine(body, expression.callee):
        return members.standard("typing.Coroutine", None, None, None)
    if isinstance(expression, MemberExpr) and _is_manager(body, expression):
        manager = members.class_named(_MANAGER)
        return Instance(manager, [AnyType(TypeOfAny.unannotated)]) if manager else None
    found = sources(body, expression)
    if not found.items or not found.is_complete:
        return None
    return union([_type_of(members, source) for source in found.items])


def _is_manager(body: Body, expression: MemberExpr) -> bool:
    """Whether an attribute is the manager of a model in a package that mypy has not found."""
    model = missing_name(body, expression.expr) if expression.name == "objects" else None
    return model is not None and ".models." in model


def returns_coroutine(body: Body, function: Expression) -> bool:
    """Whether a function is async, or a sync one that returns the coroutine of another."""
    named = named_function(body.unaided, function)
    return named is not None and (
        named.is_awaited or _passes_coroutine_on(body, function, named.function)
    )


def _passes_coroutine_on(body: Body, callee: Expression, function: FuncDef) -> bool:
    """Whether a sync function returns the coroutine of another, for this receiver too."""
    made_by = body.effects.coroutine_from(function) if body.effects else frozenset()
    if not made_by or not isinstance(callee, MemberExpr):
        return bool(made_by)
    names = (name.rpartition(".") for name in (function.fullname, *made_by))
    return all(
        (found := member(info, method)) is not None and found[0].fullname == owner
        for owner, _, method in names
        for info in owners(body.unaided, callee.expr)
        if is_a(info, owner)
    )


def _type_of(members: Members, source: object) -> ProperType | None:
    match source:
        case Row(model=model) if model is not None:
            return Instance(model, [])
        case Query(model=model, queryset=own) if own is not None:
            return Instance(own, [Instance(model, [])] * len(own.defn.type_vars))
        case Query(model=model) if (queryset := members.class_named(QUERYSET)) is not None:
            row = Instance(model, [])
            return Instance(queryset, [row, row])
        case Made(class_=name) if (info := members.class_named(name)) is not None:
            return Instance(info, [AnyType(TypeOfAny.unannotated)] * len(info.type_vars))
        case _:
            return None
