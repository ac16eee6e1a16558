"""Class-based views: which of their handlers are coroutine functions."""

from collections.abc import Iterator, Mapping
from typing import Final

from mypy.nodes import ClassDef, Decorator, FuncDef, SymbolNode, TypeInfo
from mypy.types import CallableType, get_proper_type

from mypy_async_django.bridge.types import is_a, is_coroutine_type, known, member
from mypy_async_django.catalogue.decorators import ACCESS_MIXINS, HANDLERS, AccessMixin
from mypy_async_django.catalogue.django import VIEW
from mypy_async_django.index.syntax.body import Body

# A view that overrides how Django finds out whether it is async.
_DECIDING: Final = ("http_method_names", "view_is_async")


def view_classes(body: Body) -> Iterator[ClassDef]:
    """The view classes defined in a body for which Django determines whether they are async."""
    for node in body.nodes:
        if isinstance(node, ClassDef) and is_view(node.info):
            yield node


def is_view(info: TypeInfo) -> bool:
    """Whether a class is a view for which Django determines whether it is async."""
    found = [member(info, name) for name in _DECIDING] if is_a(info, VIEW) else []
    return bool(found) and all(hit and hit[0].fullname == VIEW for hit in found)


def handlers(info: TypeInfo) -> Mapping[str, bool]:
    """The handlers of a view, own and inherited, with whether each is an async function.

    A handler whose decorators leave that open is left out.
    """
    found: dict[str, bool] = {}
    for name in HANDLERS:
        hit = member(info, name)
        is_async = _is_coroutine_function(hit[1].node) if hit else None
        if is_async is not None:
            found[name] = is_async
    return found


def access_mixin(info: TypeInfo) -> tuple[TypeInfo, AccessMixin] | None:
    """The access mixin of a view whose sync ``dispatch`` runs before async handlers, with its row."""
    found = member(info, "dispatch")
    row = ACCESS_MIXINS.get(found[0].fullname) if found else None
    if found is None or row is None or set(handlers(info).values()) != {True}:
        return None
    test = member(info, "test_func")
    if test is not None and _is_coroutine_function(test[1].node):
        return None  # never refuses
    mixin = found[0]
    owners = [own[0] for name in row.unless if (own := member(info, name))]
    return (mixin, row) if all(owner in mixin.mro for owner in owners) else None


def _is_coroutine_function(node: SymbolNode | None) -> bool | None:
    match node:
        case FuncDef():
            return node.is_coroutine
        case Decorator(func=function, var=variable):
            type_ = get_proper_type(variable.type) if variable.type else None
            result = known(type_.ret_type) if isinstance(type_, CallableType) else None
            if result is None or is_coroutine_type(result) is not function.is_coroutine:
                return None
            return function.is_coroutine
        case _:
            return None
