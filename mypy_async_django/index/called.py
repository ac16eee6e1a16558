"""The functions that a body runs: those it calls, and those that run without a call to see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MemberExpr,
    OverloadedFuncDef,
    RefExpr,
    SuperExpr,
    SymbolNode,
    SymbolTableNode,
    TypeInfo,
    Var,
)
from mypy.types import CallableType, Instance, get_proper_type

from mypy_async_django.bridge.types import (
    class_object,
    classes,
    definition,
    is_a,
    is_coroutine_type,
    member,
)
from mypy_async_django.catalogue.builtin import METHODS
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import called_name, calls, implicit_uses, reads

_CACHED_PROPERTIES: Final = ("functools.cached_property", "django.utils.functional.cached_property")
_CONSTRUCTORS: Final = ("__new__", "__init__", "__post_init__")
_PARTIALS: Final = frozenset({"functools.partial"})
RUN_IN_LOOP: Final = frozenset({"call_soon", "call_later", "call_at", "add_done_callback"})
_MAPPING: Final = frozenset({"builtins.filter", "builtins.map"})
_SORTING: Final = frozenset({"builtins.max", "builtins.min", "builtins.sorted"})
_FUNCTIONS: Final = (FuncDef, Decorator, OverloadedFuncDef)


@dataclass(frozen=True, slots=True)
class Called:
    """A function that runs, and the expression that makes it run."""

    node: Expression
    function: FuncDef | LambdaExpr


def called_functions(body: Body) -> Iterator[Called]:
    """The functions that run because of a body's operations, as far as types tell which.

    The method is the one of the statically known class; overrides in subclasses are not followed.
    Coroutine functions do not count, nor does what a decorator made into something else.
    """
    for call in calls(body):
        for node in _callees(body, call):
            if function := _run_by_call(body, call, node):
                yield Called(call, function)
    for use in implicit_uses(body):
        for info in classes(body.type_of(use.value)):
            if function := _method(info, METHODS[use.use]):
                yield Called(use.value, function)
    for read in reads(body):
        for info in classes(body.type_of(read.receiver)):
            found = member(info, read.name)
            if found and (function := getter(found[1].node)):
                yield Called(read.node, function)


@dataclass(frozen=True, slots=True)
class Named:
    """A function that an expression names; ``is_awaited`` says that its call has to be."""

    function: FuncDef
    is_awaited: bool


def named_function(body: Body, callee: Expression) -> Named | None:
    """The one function with a name of its own that an expression stands for, sync or async."""
    nodes = [node for node in _named(body, callee) if isinstance(node, _FUNCTIONS)]
    match nodes:
        case [FuncDef() as function]:
            return Named(function, function.is_coroutine and not function.is_async_generator)
        case [Decorator(func=function, var=Var(type=CallableType() as type_))]:
            result = get_proper_type(type_.ret_type)
            return Named(function, is_coroutine_type(result))
        case _:
            return None


def _callees(body: Body, call: CallExpr) -> Iterator[SymbolNode | LambdaExpr]:
    defined = isinstance(call.callee, RefExpr) and isinstance(call.callee.node, _FUNCTIONS)
    for callee in (call.callee,) if defined else body.values(call.callee):
        match callee:
            case CallExpr(args=[function, *_]) if called_name(body, callee) in _PARTIALS:
                yield from _named(body, function)
            case _:
                yield from _named(body, callee)
    for argument in _run_at_once(body, call):
        if isinstance(argument, RefExpr | LambdaExpr):
            yield from _named(body, argument)


def _run_at_once(body: Body, call: CallExpr) -> Iterator[Expression]:
    """The arguments of a call that it calls itself: ``sorted(books, key=by_author)``."""
    if isinstance(call.callee, MemberExpr) and call.callee.name in RUN_IN_LOOP:
        yield from call.args
    name = called_name(body, call)
    if name in _MAPPING and call.args and _is_consumed(body, call):
        yield call.args[0]
    elif name in _SORTING or (isinstance(call.callee, MemberExpr) and call.callee.name == "sort"):
        for argument, keyword in zip(call.args, call.arg_names, strict=True):
            if keyword == "key":
                yield argument


def _named(body: Body, callee: Expression) -> Iterator[SymbolNode | LambdaExpr]:
    """The functions that an expression in a call's place may be."""
    match callee:
        case LambdaExpr():
            yield callee
        case RefExpr(node=FuncDef() | Decorator() | OverloadedFuncDef() as node):
            yield node
        case SuperExpr() if callee.info is not None:
            yield from _first(base.names.get(callee.name) for base in callee.info.mro[1:])
        case _ if info := class_object(body.type_of(callee)):
            for name in _CONSTRUCTORS:
                yield from _first([found[1]] if (found := member(info, name)) else [])
        case MemberExpr():
            type_ = body.type_of(callee.expr)
            owner = class_object(type_)
            for info in (owner,) if owner else classes(type_):
                found = member(info, callee.name)
                if found and isinstance(found[1].node, _FUNCTIONS):
                    yield found[1].node
                elif function := definition(body.type_of(callee)):
                    yield function
        case _:
            for info in classes(body.type_of(callee)):
                yield from _first([found[1]] if (found := member(info, "__call__")) else [])


def _first(symbols: Iterable[SymbolTableNode | None]) -> Iterator[SymbolNode]:
    for symbol in symbols:
        if symbol is not None and symbol.node is not None:
            yield symbol.node
            return


def _run_by_call(
    body: Body, call: CallExpr, node: SymbolNode | LambdaExpr
) -> FuncDef | LambdaExpr | None:
    if isinstance(node, LambdaExpr):
        return node
    function = _sync_function(node)
    if function is None or not function.is_generator:
        return function
    return function if _is_consumed(body, call) else None


def _sync_function(node: SymbolNode | None) -> FuncDef | None:
    """The function that runs when a name is called; None where a decorator made it a coroutine's."""
    match node:
        case FuncDef():
            return None if node.is_coroutine else node
        case Decorator():
            if node.func.is_coroutine or node.var.type is None:
                return None
            type_ = get_proper_type(node.var.type)
            result = get_proper_type(type_.ret_type) if isinstance(type_, CallableType) else None
            is_sync = isinstance(type_, CallableType) and not is_coroutine_type(result)
            return node.func if is_sync else None
        case OverloadedFuncDef():
            return _sync_function(node.impl) if isinstance(node.impl, FuncDef | Decorator) else None
        case _:
            return None


def _method(info: TypeInfo, names: Iterable[str]) -> FuncDef | None:
    for name in names:
        if found := member(info, name):
            return _sync_function(found[1].node)
    return None


def getter(node: SymbolNode | None) -> FuncDef | None:
    """The function behind a property, cached or not."""
    match node:
        case Decorator() if node.var.is_property:
            return node.func
        case Decorator(var=Var(type=Instance() as made)) if is_a(made.type, *_CACHED_PROPERTIES):
            return node.func
        case OverloadedFuncDef(items=[Decorator() as getter, *_]) if node.is_property:
            return getter.func
        case _:
            return None


def _is_consumed(body: Body, call: CallExpr) -> bool:
    """Whether the generator that a call makes is iterated or entered where it is made."""
    return any(call in body.values(use.value) for use in implicit_uses(body))


def is_nested(function: FuncItem) -> bool:
    """Whether a function has no name outside the function that makes it."""
    return not isinstance(function, FuncDef) or "." not in function.fullname
