"""Paginators and pages of what is in memory already: they cost no query."""

from typing import Final

from mypy.nodes import CallExpr, Expression, MemberExpr

from mypy_async_django.bridge.types import all_are, class_object, is_a
from mypy_async_django.index.body import Body

#: django-stubs for Django before 6.0 has no base class.
_PAGINATORS: Final = ("django.core.paginator.BasePaginator", "django.core.paginator.Paginator")
_SEQUENCE: Final = "typing.Sequence"
_PAGED: Final = "object_list"
_PAGES: Final = frozenset({"get_page", "page"})


def pages_sequence(body: Body, value: Expression) -> bool:
    """Whether a value is a paginator of a list or its like, or a page of one."""
    queue = list(body.values(value))
    for made in queue:  # grows
        if isinstance(made, CallExpr) and (paginator := _paginator(made)):
            behind = body.values(paginator)
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
