"""Paginators and pages that cost no query: of what is in memory already, or counted before."""

from typing import Final

from mypy.nodes import CallExpr, Expression, MemberExpr, NameExpr

from mypy_async_django.bridge.types import all_are, class_object, is_a
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import calls
from mypy_async_django.index.values.escapes import has_escaped

#: django-stubs for Django before 6.0 has no base class.
_PAGINATORS: Final = ("django.core.paginator.BasePaginator", "django.core.paginator.Paginator")
_PAGE: Final = "django.core.paginator.Page"
_SEQUENCE: Final = "typing.Sequence"
_PAGED: Final = "object_list"
_PAGES: Final = frozenset({"get_page", "page"})


def runs_no_query(body: Body, value: Expression) -> bool:
    """Whether a value is a paginator, or a page, that runs no query here."""
    return _pages_sequence(body, value) or _is_counted(body, value)


def _is_counted(body: Body, value: Expression) -> bool:
    """Whether a value is a paginator that may have its count, after which it asks for nothing.

    So has one that has made a page, or that was handed on, itself or by one of its methods.
    """
    if not all_are(body.type_of(value), *_PAGINATORS):
        return False
    if isinstance(value, NameExpr) and (
        has_escaped(body, value, value) or _is_used_elsewhere(body, value)
    ):
        return True
    made = body.reaching_values(value)
    return bool(made) and all(_is_of_page(body, paginator) for paginator in made)


def _is_used_elsewhere(body: Body, paginator: NameExpr) -> bool:
    """Whether a thread has run a paginator's method before: ``sync_to_async(pages.get_page)(1)``."""
    makers = body.definition_sites(paginator)
    for call in calls(body):
        offloaded = offloaded_by(body, call)
        match offloaded.function if offloaded else None:
            case MemberExpr(expr=NameExpr() as owner) if makers & body.definition_sites(owner):
                if body.flow.reaches(call, paginator):
                    return True
    return False


def _is_of_page(body: Body, paginator: Expression) -> bool:
    match paginator:
        case MemberExpr(expr=page, name="paginator"):
            return all_are(body.type_of(page), _PAGE)
        case _:
            return False


def _pages_sequence(body: Body, value: Expression) -> bool:
    """Whether a value is a paginator of a list or its like, or a page of one."""
    queue = list(body.reaching_values(value))
    for made in queue:  # grows
        if isinstance(made, CallExpr) and (paginator := _paginator(made)):
            behind = body.reaching_values(paginator)
            if not behind:
                return False
            queue.extend(value for value in behind if value not in queue)
        elif not _is_paginator_of_sequence(body, made):
            return False
    return bool(queue)


def _paginator(page: CallExpr) -> Expression | None:
    """The paginator that a page comes from: ``paginator.get_page(1)``."""
    match page.callee:
        case MemberExpr(expr=paginator, name=name) if name in _PAGES:
            return paginator
        case _:
            return None


def _is_paginator_of_sequence(body: Body, made: Expression) -> bool:
    if not isinstance(made, CallExpr):
        return False
    info = class_object(body.type_of(made.callee))
    paged = _paged(made) if info and is_a(info, *_PAGINATORS) else None
    return paged is not None and all_are(body.type_of(paged), _SEQUENCE)


def _paged(call: CallExpr) -> Expression | None:
    for position, (argument, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        if name == _PAGED or (position == 0 and name is None):
            return argument
    return None
