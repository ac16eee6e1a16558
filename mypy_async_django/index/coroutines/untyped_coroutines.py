"""Calls of coroutine functions in packages of which mypy has no types."""

from mypy.nodes import CallExpr, Expression, FuncDef, MemberExpr, NameExpr, TypeInfo

from mypy_async_django.bridge.types import member
from mypy_async_django.catalogue.frameworks.channels import (
    CONSUMERS,
    GET_LAYER,
    LAYER_ATTRIBUTE,
    LAYER_METHODS,
)
from mypy_async_django.catalogue.frameworks.installed import COROUTINES
from mypy_async_django.index.resolution.offloading import offloader_of
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.missing_imports import base_names
from mypy_async_django.index.syntax.operations import called_name

_NAMES = frozenset(name.rpartition(".")[2] for name in COROUTINES) | LAYER_METHODS


def calls_untyped_coroutine(body: Body, call: CallExpr) -> bool:
    """Whether a call makes a coroutine, though mypy does not know what it calls."""
    if isinstance(call.callee, CallExpr):
        bridge = offloader_of(body, call.callee)
        return bridge is not None and bridge.wraps and body.type_of(call) is None
    name = getattr(call.callee, "name", None)
    if name not in _NAMES or body.type_of(call) is not None:
        return False
    if called_name(body, call) in COROUTINES:
        return True
    match call.callee:
        case MemberExpr(expr=NameExpr() as owner) if (info := _itself(body, owner)) is not None:
            is_known = member(info, name) is not None
            return not is_known and any(f"{b}.{name}" in COROUTINES for b in base_names(body, info))
        case MemberExpr(expr=layer) if name in LAYER_METHODS:
            values = body.reaching_values(layer)
            return bool(values) and all(_is_layer(body, value) for value in values)
        case _:
            return False


def _is_layer(body: Body, value: Expression) -> bool:
    match value:
        case CallExpr():
            return called_name(body, value) == GET_LAYER
        case MemberExpr(expr=NameExpr() as owner, name=name) if name == LAYER_ATTRIBUTE:
            info = _itself(body, owner)
            return info is not None and any(
                base.startswith(CONSUMERS) for base in base_names(body, info)
            )
        case _:
            return False


def _itself(body: Body, name: NameExpr) -> TypeInfo | None:
    """The class of a method, if a name is its first parameter."""
    function = body.function
    if not isinstance(function, FuncDef) or not function.info:
        return None
    return function.info if function.arg_names[:1] == [name.name] else None
