"""Requests as they arrive at a view: nobody but Django's middleware has touched them."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    MemberExpr,
    MypyFile,
    NameExpr,
    RefExpr,
    SuperExpr,
    SymbolNode,
    TypeInfo,
)

from mypy_async_django.bridge.tree import decorated, expressions, functions
from mypy_async_django.bridge.types import all_are, is_a, member
from mypy_async_django.catalogue.django import VIEW
from mypy_async_django.catalogue.django_packages import API_VIEW, REST_REQUEST
from mypy_async_django.index.resolution.callees import is_nested
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body, once

_DJANGO: Final = "django."
#: What a module of Django views has something from, where no annotation says what a request is.
_OF_VIEWS: Final = ("django.http", "django.shortcuts", "django.template", "django.views")
#: Methods of a view that run before its handlers.
_BEFORE_HANDLERS: Final = ("dispatch", "setup")
#: What makes an async middleware, with the next one, gets this.
_NEXT: Final = "get_response"


def arrives(body: Body, request: Expression) -> bool:
    """Whether a coroutine is the first to get a request: as a view does, or a middleware.

    Not where a decorator or base class that is not Django's may have looked into it before, nor
    where the module itself calls the coroutine. Django REST framework looks into each.
    """
    return (
        _is_given(body, request)
        and not all_are(body.type_of(request), REST_REQUEST)
        and _is_outermost(body)
    )


def _is_given(body: Body, request: Expression) -> bool:
    """Whether a request is what the body gets for a parameter, or the one of its view."""
    match request:
        case MemberExpr(expr=NameExpr() as owner, name="request"):
            is_known = all_are(body.type_of(owner), VIEW)
        case NameExpr():
            owner, is_known = request, True
        case _:
            return False
    bindings = body.flow.reaching(owner)
    is_argument = all(binding.kind is BindingKind.ARGUMENT for binding in bindings)
    return is_known and bool(bindings) and is_argument


@once
def _is_outermost(body: Body) -> bool:
    function, around = body.function, body.module
    if not isinstance(function, FuncDef) or around is None:
        return False
    makers = _decorators(around.tree, function)
    return (
        all(maker.startswith(_DJANGO) for maker in makers)
        and (function.type is not None or _has_views(around.tree))
        and (not function.info or _leaves_alone(function.info))
        and (not is_nested(function) or _is_middleware(around.tree, function))
        and not any(_is_call_of(function, node) for node in expressions(around.tree))
    )


def _decorators(tree: MypyFile, function: FuncDef) -> Iterator[str]:
    for node in decorated(tree):
        if node.func is function:
            for decorator in node.original_decorators:
                maker = decorator.callee if isinstance(decorator, CallExpr) else decorator
                yield maker.fullname if isinstance(maker, RefExpr) else ""


def _has_views(tree: MypyFile) -> bool:
    """Whether a module has names from where Django's views have theirs."""
    return any((symbol.fullname or "").startswith(_OF_VIEWS) for symbol in tree.names.values())


def _leaves_alone(info: TypeInfo) -> bool:
    """Whether nothing of a class but Django's own code runs before its handlers."""
    if info.fallback_to_any or is_a(info, API_VIEW):
        return False
    before = (member(info, name) for name in _BEFORE_HANDLERS)
    return all(found is None or found[0].fullname.startswith(_DJANGO) for found in before)


def _is_middleware(tree: MypyFile, function: FuncDef) -> bool:
    """Whether a nested function is what a middleware's factory makes."""
    return any(
        inner is function and outermost.arg_names[:1] == [_NEXT]
        for outermost, inner in functions(tree)
    )


def _is_call_of(function: FuncDef, node: Expression) -> bool:
    match node:
        case CallExpr(callee=NameExpr(node=called)):
            return _function(called) is function
        case CallExpr(callee=SuperExpr(name=name)):
            return bool(function.info) and name == function.name
        case CallExpr(callee=MemberExpr(expr=NameExpr(name="self" | "cls"), name=name)):
            return bool(function.info) and name == function.name
        case _:
            return False


def _function(node: SymbolNode | None) -> SymbolNode | None:
    return node.func if isinstance(node, Decorator) else node
