"""Entry points: coroutine functions to which Django itself hands a request."""

from typing import Final, NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ComparisonExpr,
    Decorator,
    DictExpr,
    Expression,
    FuncDef,
    IndexExpr,
    IntExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    StrExpr,
    SuperExpr,
    SymbolNode,
    TupleExpr,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.tree import decorated, functions, is_none, walk
from mypy_async_django.bridge.types import all_are, classes, is_a, member, result_type
from mypy_async_django.catalogue.decorators import BEFORE_HANDLERS, HANDLERS
from mypy_async_django.catalogue.django import REQUEST, RESPONSE, VIEW
from mypy_async_django.catalogue.frameworks.rest_framework import API_VIEW, REST_REQUEST
from mypy_async_django.catalogue.offload import ASKING
from mypy_async_django.index.inference.expressions import arrival
from mypy_async_django.index.inference.parameters import is_middleware
from mypy_async_django.index.resolution.decorator_names import decorator_names
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body, once

_DJANGO: Final = "django."
#: Where decorators come from that leave the request alone.
_HARMLESS: Final = (_DJANGO, "functools.wraps")
#: Names from these modules make a module one of views, where no annotation says what a request is.
_OF_VIEWS: Final = ("django.http", "django.shortcuts", "django.template", "django.views")
#: The parameter of a middleware factory: the next middleware, or the view.
_NEXT: Final = "get_response"
_REQUEST: Final = "request"
#: The keywords with which an endpoint, or a router of some, names what authenticates.
_AUTHENTICATION: Final = frozenset({"auth", "extensions", "permission_classes"})


class Source(NamedTuple):
    """Where a function's caller finds the request: in a parameter, or in an attribute of it."""

    parameter: str
    path: tuple[str, ...] = ()


def source_of(body: Body, request: Expression) -> Source | None:
    """The parameter that a request came in by: ``request``, or ``self`` with ``.request``.

    A local name for either counts as well. None for a request that the body has from elsewhere.
    """
    match request:
        case IndexExpr() | MemberExpr() if arrival(request) == REQUEST:
            return _in_context(body, request)
        case MemberExpr(expr=NameExpr() as owner, name=name) if name == _REQUEST:
            return Source(owner.name, (name,)) if _is_argument(body, owner) else None
        case NameExpr() if _is_argument(body, request):
            return Source(request.name)
        case NameExpr():
            values = body.reaching_values(request)
            found = {source_of(body, value) for value in values if value is not request}
            return found.pop() if len(found) == 1 else None
        case _:
            return None


def _in_context(body: Body, request: IndexExpr | MemberExpr) -> Source | None:
    """The parameter from which a framework's request is reached: ``info.context.request``."""
    inner: Expression = request
    while isinstance(inner, IndexExpr | MemberExpr):
        inner = inner.base if isinstance(inner, IndexExpr) else inner.expr
    return Source(inner.name) if isinstance(inner, NameExpr) and _is_argument(body, inner) else None


def _is_argument(body: Body, name: NameExpr) -> bool:
    bindings = body.flow.reaching(name)
    return bool(bindings) and all(b.kind is BindingKind.ARGUMENT for b in bindings)


def arrives(body: Body, request: Expression) -> bool:
    """Whether Django hands a request, or a view that has one, to this coroutine function itself.

    So it does to a view, and to a middleware. Not where a decorator or base class that is not
    Django's may have read the request before, nor where the module itself calls the function.
    Django REST framework reads each request before its handlers run.
    """
    source = source_of(body, request)
    if source is None or not _is_outermost(body):
        return False
    function = body.function
    if source.path or source.parameter == _itself(function):
        return isinstance(function, FuncDef) and is_a(function.info, VIEW)
    return not all_are(body.type_of(request), REST_REQUEST)


def _itself(function: Node) -> str | None:
    """The name of a method's first parameter."""
    if not isinstance(function, FuncDef) or not function.info or function.is_static:
        return None
    return function.arg_names[0] if function.arg_names else None


@once
def _is_outermost(body: Body) -> bool:
    function, around = body.function, body.module
    if not isinstance(function, FuncDef) or around is None:
        return False
    makers = tuple(decorator_names(around.tree, function))
    is_endpoint = any(maker in body.catalogue.endpoints for maker in makers)
    return (
        all(m.startswith(_HARMLESS) or m in body.catalogue.endpoints for m in makers)
        and (
            not _authenticates(around.tree, function)
            if is_endpoint
            else _may_respond(body, function)
        )
        and (is_endpoint or function.type is not None or _has_views(around.tree, function))
        and (not function.info or _leaves_alone(function.info))
        and (
            not body.is_nested(function)
            or _is_middleware(around.tree, function)
            or _wraps_view(body)
        )
        and not _is_called(around.tree, function)
    )


def _authenticates(tree: MypyFile, function: FuncDef) -> bool:
    """Whether an endpoint, or a router of its module, authenticates: that may load the user."""
    calls = [call for node in decorated(tree, function) for call in node.original_decorators]
    made = [each.rvalue for each in tree.defs if isinstance(each, AssignmentStmt)]
    return any(
        isinstance(call, CallExpr) and not _AUTHENTICATION.isdisjoint(call.arg_names)
        for call in [*calls, *made]
    )


def _may_respond(body: Body, function: FuncDef) -> bool:
    """Whether a function may return a response, as a view and a middleware do."""
    declared = result_type(function)
    if declared is not None:
        infos = classes(declared)
        return not infos or any(info.fallback_to_any or is_a(info, RESPONSE) for info in infos)
    if function.type is not None:
        return True
    returned = [statement.expr for statement in body.every(ReturnStmt) if statement.expr]
    return any(not _is_plain(value) for value in returned)


def _is_plain(value: Expression) -> bool:
    """Whether a value is one of Python's own: no response."""
    plain = ComparisonExpr | DictExpr | IntExpr | ListComprehension | ListExpr | StrExpr | TupleExpr
    return isinstance(value, plain) or is_none(value)


def _has_views(tree: MypyFile, function: FuncDef) -> bool:
    """Whether a module has names from where Django's views have theirs, or the class is middleware."""
    return is_middleware(function.info) or any(
        (symbol.fullname or "").startswith(_OF_VIEWS) for symbol in tree.names.values()
    )


def _leaves_alone(info: TypeInfo) -> bool:
    """Whether nothing of a class but Django's own code runs before its handlers."""
    if info.fallback_to_any or is_a(info, API_VIEW):
        return False
    before = (member(info, name) for name in BEFORE_HANDLERS)
    return all(found is None or found[0].fullname.startswith(_DJANGO) for found in before)


def _is_middleware(tree: MypyFile, function: FuncDef) -> bool:
    """Whether a nested function is what a middleware's factory makes."""
    return any(
        inner is function and outermost.arg_names[:1] == [_NEXT]
        for outermost, inner in functions(tree)
    )


def _wraps_view(body: Body) -> bool:
    """Whether a function is what a decorator makes of a view: it calls that, or refuses to."""
    calls_view = any(
        isinstance(call, CallExpr)
        and isinstance(call.callee, NameExpr)
        and isinstance(call.callee.node, Var)
        and call.callee.node.is_argument
        and not body.flow.is_local(call.callee)
        and any(map(_is_request, call.args[:1]))
        for call in (awaited.expr for awaited in body.every(AwaitExpr))
    )
    return calls_view and (
        any(
            statement.expr is not None and all_are(body.type_of(statement.expr), RESPONSE)
            for statement in body.every(ReturnStmt)
        )
        or any(_is_refusal(statement.expr) for statement in body.every(RaiseStmt))
    )


def _is_refusal(raised: Expression | None) -> bool:
    callee = raised.callee if isinstance(raised, CallExpr) else raised
    return isinstance(callee, RefExpr) and callee.fullname.startswith(_DJANGO)


def is_handler(function: FuncDef) -> bool:
    """Whether Django calls a coroutine function itself, as a view's method for an HTTP method."""
    is_of_view = bool(function.info) and is_a(function.info, VIEW)
    return is_of_view and function.is_coroutine and function.name in HANDLERS


def _is_called(tree: MypyFile, function: FuncDef) -> bool:
    """Whether the module itself calls a function, in a way that may have read the request before."""
    return any(
        _is_call_of(function, node, caller)
        for _, caller in functions(tree)
        for node in walk(caller.body)
        if isinstance(node, CallExpr)
    )


def _is_call_of(function: FuncDef, call: CallExpr, caller: FuncDef) -> bool:
    """Whether a call in another function runs a function, other than Django's own call of it.

    Django calls the handlers of a view as well: there a call by an override counts that has read
    more of the request than the handler's parameters.
    """
    match call.callee:
        case NameExpr(node=called):
            return _function(called) is function
        case SuperExpr(name=name, info=TypeInfo() as info):
            is_call = name == function.name and _runs(function, info.mro[1:])
            return is_call and not (is_handler(function) and _only_delegates(caller, call))
        case MemberExpr(expr=NameExpr(name="self" | "cls"), name=name) if caller.info:
            is_call = name == function.name and _runs(function, caller.info.mro)
            is_of_middleware = caller.name == "__call__" and is_middleware(caller.info)
            return (
                is_call
                and not is_handler(function)
                and not (is_of_middleware and _only_delegates(caller, call))
            )
        case _:
            return False


def _only_delegates(caller: FuncDef, call: CallExpr) -> bool:
    """Whether a function hands the request to nobody before a call, and reads neither user nor session."""
    for node in walk(caller.body):
        if (node.line, node.column) >= (call.line, call.column):
            continue
        match node:
            case MemberExpr(name="auser" | "session" | "user"):
                return False
            case CallExpr(callee=RefExpr(fullname=name)) if name in ASKING:
                pass
            case CallExpr(args=args) if any(map(_is_request, args)):
                return False
            case _:
                pass
    return True


def _is_request(value: Expression) -> bool:
    return isinstance(value, NameExpr | MemberExpr) and value.name in {_REQUEST, "self"}


def _runs(function: FuncDef, mro: list[TypeInfo]) -> bool:
    """Whether a method is the one that some classes, in their order, have under its name."""
    return bool(function.info) and function.info in mro


def _function(node: SymbolNode | None) -> SymbolNode | None:
    return node.func if isinstance(node, Decorator) else node
