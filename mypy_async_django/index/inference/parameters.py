"""The types of a function's parameters: annotated, or implied by the kind of function."""

from typing import Final

from mypy.nodes import ARG_STAR, ARG_STAR2, ArgKind, FuncDef, FuncItem, TypeInfo, Var
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    ParamSpecType,
    ProperType,
    TypeOfAny,
    TypeType,
    UnpackType,
)
from mypy.typevars import fill_typevars

from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.types import is_a, known, member
from mypy_async_django.catalogue.django import REQUEST, VIEW

#: The parameter of a middleware that is the next one, or the view.
_NEXT: Final = "get_response"
_CLASS_METHODS: Final = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


def parameters(function: FuncItem, members: Members) -> dict[Var, ProperType | None]:
    """The type of each parameter; None if it is neither annotated nor implied."""
    return {
        argument.variable: _whole(argument.kind, _declared(function, index), members)
        or _implicit(function, index, members)
        for index, argument in enumerate(function.arguments)
    }


def _declared(function: FuncItem, index: int) -> ProperType | None:
    signature = function.type
    if not isinstance(signature, CallableType) or index >= len(signature.arg_types):
        return None
    type_ = signature.arg_types[index]
    if signature.unpack_kwargs and signature.arg_kinds[index] is ARG_STAR2:
        type_ = AnyType(TypeOfAny.special_form)
    return None if isinstance(proper := known(type_), ParamSpecType | UnpackType) else proper


def _whole(kind: ArgKind, type_: ProperType | None, members: Members) -> ProperType | None:
    """The type of the parameter variable: a tuple for ``*args``, a dict for ``**kwargs``."""
    if kind is ARG_STAR:
        return members.standard("builtins.tuple", type_)
    if kind is ARG_STAR2:
        return members.standard("builtins.dict", members.standard("builtins.str"), type_)
    return type_


def _implicit(function: FuncItem, index: int, members: Members) -> ProperType | None:
    """``self``, ``cls``, and the ``request`` of a view function or of a view's method."""
    is_method = bool(function.info) and not function.is_static
    if is_method and index == 0:
        type_ = fill_typevars(function.info)
        is_of_class = function.is_class or function.name in _CLASS_METHODS
        return TypeType(type_) if is_of_class else type_
    if function.arguments[index].variable.name != "request":
        return None
    if is_method:
        is_view = index == 1 and (is_a(function.info, VIEW) or is_middleware(function.info))
    else:
        is_view = index == 0
    request = members.class_named(REQUEST) if is_view else None
    return Instance(request, []) if request else None


def is_middleware(info: TypeInfo | None) -> bool:
    """Whether a class is a middleware: it is made with the next one, ``get_response``."""
    found = member(info, "__init__") if info else None
    made = found[1].node if found else None
    return isinstance(made, FuncDef) and made.arg_names[1:2] == [_NEXT]
