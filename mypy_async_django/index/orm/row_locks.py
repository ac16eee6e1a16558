"""Rows that a query would lock, read outside a transaction."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    GeneratorExpr,
    IndexExpr,
    MemberExpr,
    SliceExpr,
)

from mypy_async_django.bridge.models import MANAGER, QUERYSET, is_django_method
from mypy_async_django.bridge.types import class_of, is_a
from mypy_async_django.catalogue.django_database import LOCKING
from mypy_async_django.index.syntax.body import Body

_SELECT_FOR_UPDATE: Final = "select_for_update"


def locked_rows(body: Body) -> Iterator[Expression]:
    """The calls and querysets that run the query of a ``select_for_update()`` asynchronously."""
    for node in body.nodes:
        match node:
            case AwaitExpr(expr=CallExpr(callee=MemberExpr(name=name, expr=queryset)) as call):
                if name in LOCKING and _is_django(body, queryset, name) and locks(body, queryset):
                    yield call
            case ForStmt(is_async=True, expr=queryset):
                if locks(body, queryset):
                    yield queryset
            case GeneratorExpr() | DictionaryComprehension():
                for queryset, is_async in zip(node.sequences, node.is_async, strict=True):
                    if is_async and locks(body, queryset):
                        yield queryset
            case _:
                pass


def locks(body: Body, queryset: Expression) -> bool:
    """Whether the steps that built a queryset ask for locks, and those after that are Django's."""
    asked = False
    seen: set[Expression] = set()
    while queryset not in seen:
        seen.add(queryset)
        match body.reaching_values(queryset):
            case [CallExpr(callee=MemberExpr(name=name, expr=source))]:
                if name == "none":
                    return False
                if not _is_django(body, source, name):
                    return asked
                asked |= name == _SELECT_FOR_UPDATE
                queryset = source
            case [IndexExpr(base=source, index=SliceExpr())]:
                queryset = source
            case _:
                return asked
    return False


def _is_django(body: Body, queryset: Expression, method: str) -> bool:
    info = class_of(body.type_of(queryset))
    return info is not None and is_a(info, QUERYSET, MANAGER) and is_django_method(info, method)
