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
from mypy_async_django.catalogue.decorators import BEFORE_HANDLERS
from mypy_async_django.catalogue.django import REQUEST, VIEW
from mypy_async_django.catalogue.frameworks.installed import FIXTURES

#: The parameter of a middleware that is the next one, or the view.
_NEXT: Final = "get_response"
_TEST: Final = "test"
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
    """``self``, ``cls``, the ``request`` of a view function or of a view's method, fixtures."""
    is_method = bool(function.info) and not function.is_static
    if is_method and index == 0:
        type_ = fill_typevars(function.info)
        is_of_class = function.is_class or function.name in _CLASS_METHODS
        return TypeType(type_) if is_of_class else type_
    name = function.arguments[index].variable.name
    if (fixture := FIXTURES.get(name)) is not None and function.name.startswith(_TEST):
        is_own = members.has_fixture(name, _module_of(function))
        return None if is_own else members.declared(fixture)
    if name != "request":
        return None
    if is_method:
        is_view = index == 1 and (
            is_a(function.info, VIEW)
            or is_middleware(function.info)
            or function.name in BEFORE_HANDLERS
        )
    else:
        is_view = index == 0
    request = members.class_named(REQUEST) if is_view else None
    return Instance(request, []) if request else None


def _module_of(function: FuncItem) -> str:
    name = function.fullname.rpartition(".")[0]
    return name.rpartition(".")[0] if function.info else name


def is_middleware(info: TypeInfo | None) -> bool:
    """Whether a class is a middleware: it is made with the next one, ``get_response``."""
    found = member(info, "__init__") if info else None
    made = found[1].node if found else None
    return isinstance(made, FuncDef) and made.arg_names[1:2] == [_NEXT]
