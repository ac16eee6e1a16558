"""Decorators of async functions: above ``async def``, on a class, or applied by a call."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    ListExpr,
    MemberExpr,
    NameExpr,
    RefExpr,
    ReturnStmt,
    StrExpr,
    TupleExpr,
)
from mypy.types import CallableType, Instance, Overloaded, ProperType, TypeVarType, get_proper_type

from mypy_async_django.bridge.tree import functions, maker_of, walk
from mypy_async_django.bridge.types import (
    class_object,
    classes,
    is_a,
    known,
    makes_coroutine,
    member,
)
from mypy_async_django.catalogue.django import VIEW
from mypy_async_django.catalogue.offload import ASKING, RUNNERS, TO_SYNC
from mypy_async_django.index.coroutines.views import handlers, view_classes
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.missing_imports import base_names
from mypy_async_django.index.syntax.operations import called_name, calls, full_name, function_named

_METHOD_DECORATOR: Final = "django.utils.decorators.method_decorator"
#: Names with which a decorator asks for, or makes, a coroutine function.
_ASKING_NAMES: Final = frozenset(
    {name.rpartition(".")[2] for name in ASKING | TO_SYNC | RUNNERS}
    | {"_is_coroutine", "iscoroutine", "isawaitable", "markcoroutinefunction", "ensure_future"}
)
_REQUEST: Final = "request"
#: What of a view class calls its handlers, or decides whether it awaits them.
_CALLING: Final = ("as_view", "dispatch", "view_is_async")
_ADRF: Final = "adrf.view"
_PACKAGES: Final = frozenset({"adrf", "django", "rest_framework"})
_BINDING: Final = frozenset({"builtins.classmethod", "builtins.staticmethod"})


class Decoration(NamedTuple):
    """A decorator applied to an async function.

    ``node`` is the decorator expression, ``name`` the full name of the decorator or of its factory
    ``maker``: ``atomic`` for both ``@atomic`` and ``@atomic(using="other")``.
    """

    node: Expression
    decorator: Expression
    maker: Expression
    name: str
    function: FuncDef


def decorations(body: Body) -> Iterator[Decoration]:
    """The decorators applied to async functions in a body.

    A decorator above one that can return a sync function does not count.
    """
    for node in body.nodes:
        match node:
            case Decorator() if node.func.is_coroutine:
                yield from _above(body, node)
            case ClassDef():
                for decorator in node.decorators:
                    yield from _on_class(body, decorator, node)
            case _:
                pass
    for call in calls(body):
        if len(call.args) == 1 and (function := _coroutine_function(body, call.args[0])):
            yield from _named(body, call, call.callee, function)


def hides_coroutine(body: Body, found: Decoration) -> bool:
    """Whether a decorator of the module replaces an async view by a plain function that calls it.

    Not if the decorator asks what it gets, or marks what it returns as a coroutine function.
    """
    made_by = found.maker.node if isinstance(found.maker, RefExpr) else None
    module = body.module
    if (
        module is None
        or not isinstance(made_by, FuncDef)
        or not _takes_request(body, found.function)
    ):
        return False
    if not any(function is made_by for _, function in functions(module.tree)):
        return False
    names = {node.name for node in walk(made_by.body) if isinstance(node, NameExpr | MemberExpr)}
    if names & _ASKING_NAMES:
        return False
    wrapper = _returned_function(made_by)
    if isinstance(found.decorator, CallExpr) and wrapper is not None:
        made_by, wrapper = wrapper, _returned_function(wrapper)
    if wrapper is None or wrapper.is_coroutine or wrapper.is_generator or not made_by.arguments:
        return False
    wrapped = made_by.arguments[0].variable
    return any(
        isinstance(node, CallExpr)
        and isinstance(node.callee, NameExpr)
        and node.callee.node is wrapped
        for node in walk(wrapper.body)
    )


def _takes_request(body: Body, function: FuncDef) -> bool:
    """Whether a function is a view, or a method of a view class that calls it as packages do."""
    info = function.info
    if not info:
        return function.arg_names[:1] == [_REQUEST]
    is_view = is_a(info, VIEW) or any(name.startswith(_ADRF) for name in base_names(body, info))
    callers = (member(info, name) for name in _CALLING)
    return (is_view and function.arg_names[1:2] == [_REQUEST]) and all(
        found is None or found[0].module_name.partition(".")[0] in _PACKAGES for found in callers
    )


def _returned_function(function: FuncDef) -> FuncDef | None:
    """The function inside that a decorator, or its factory, returns last."""
    inner = {
        node.func if isinstance(node, Decorator) else node
        for node in function.body.body
        if isinstance(node, FuncDef | Decorator)
    }
    last = function.body.body[-1] if function.body.body else None
    returned = last.expr if isinstance(last, ReturnStmt) else None
    name = returned.name if isinstance(returned, NameExpr) else None
    return next((each for each in inner if each.name == name), None)


def on_dispatch(body: Body) -> Iterator[Decoration]:
    """The decorators that ``method_decorator`` puts on the sync ``dispatch`` of an async view."""
    for view in view_classes(body):
        found = member(view.info, "dispatch")
        if found is None or set(handlers(view.info).values()) != {True}:
            continue
        dispatch = found[1].node
        function = dispatch.func if isinstance(dispatch, Decorator) else dispatch
        if not isinstance(function, FuncDef) or function.is_coroutine:
            continue
        for decorator in view.decorators:
            if _names(decorator, "dispatch"):
                yield from _through_method_decorator(body, decorator, function)
        if isinstance(dispatch, Decorator) and found[0] is view.info:
            for decorator in dispatch.original_decorators:
                yield from _through_method_decorator(body, decorator, function)


def _above(body: Body, definition: Decorator) -> Iterator[Decoration]:
    for decorator in reversed(definition.original_decorators):
        yield from _applied(body, decorator, definition.func)
        if not _keeps_coroutine(body, decorator):
            return


def _on_class(body: Body, decorator: Expression, class_: ClassDef) -> Iterator[Decoration]:
    for name, symbol in class_.info.names.items():
        function = symbol.node
        if isinstance(function, FuncDef) and function.is_coroutine and _names(decorator, name):
            yield from _through_method_decorator(body, decorator, function)


def _names(decorator: Expression, method: str) -> bool:
    """Whether a class decorator applies to this method: ``@method_decorator(..., name="get")``."""
    return isinstance(decorator, CallExpr) and any(
        name == "name" and isinstance(value, StrExpr) and value.value == method
        for value, name in zip(decorator.args, decorator.arg_names, strict=True)
    )


def _applied(body: Body, decorator: Expression, function: FuncDef) -> Iterator[Decoration]:
    """A decorator, or the decorators that ``method_decorator`` applies to a method."""
    if isinstance(decorator, CallExpr) and called_name(body, decorator) == _METHOD_DECORATOR:
        yield from _through_method_decorator(body, decorator, function)
    else:
        yield from _named(body, decorator, decorator, function)


def _through_method_decorator(
    body: Body, decorator: Expression, function: FuncDef
) -> Iterator[Decoration]:
    if not isinstance(decorator, CallExpr) or called_name(body, decorator) != _METHOD_DECORATOR:
        return
    first = decorator.args[0] if decorator.args else None
    for inner in first.items if isinstance(first, ListExpr | TupleExpr) else [first]:
        if inner is not None:
            yield from _named(body, inner, inner, function)


def _named(
    body: Body, node: Expression, decorator: Expression, function: FuncDef
) -> Iterator[Decoration]:
    maker = maker_of(decorator)
    method = function_named(body, maker)
    if name := full_name(body, maker) or (method.fullname if method else None):
        yield Decoration(node, decorator, maker, name, function)


def _coroutine_function(body: Body, expression: Expression) -> FuncDef | None:
    if not isinstance(expression, RefExpr):
        return None
    match expression.node:
        case FuncDef() as function if function.is_coroutine:
            return function
        case Decorator(func=function) if makes_coroutine(body.type_of(expression)):
            return function if function.is_coroutine else None
        case _:
            return None


def _keeps_coroutine(body: Body, decorator: Expression) -> bool:
    """Whether a decorator's type says that it returns the function it is passed."""
    if full_name(body, decorator) in _BINDING:
        return True
    type_ = body.type_of(decorator)
    if class_object(type_):
        return False
    if isinstance(type_, Instance):
        for info in classes(type_):
            found = member(info, "__call__")
            type_ = known(found[1].type) if found else None
    items = type_.items if isinstance(type_, Overloaded) else [type_]
    return any(_gives_back(item) for item in items)


def _gives_back(type_: ProperType | None) -> bool:
    if not isinstance(type_, CallableType):
        return False
    result = get_proper_type(type_.ret_type)
    return isinstance(result, TypeVarType) and result in map(get_proper_type, type_.arg_types)
