"""Argument binding: which parameter of the callee receives which argument of a call."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from mypy.argmap import map_actuals_to_formals
from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    CallExpr,
    Expression,
    FuncDef,
    MemberExpr,
)
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    Overloaded,
    ProperType,
    Type,
    TypeOfAny,
    TypeType,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from mypy_async_django.bridge.types import class_object, classes, definition, is_awaitable, member
from mypy_async_django.index.resolution.callees import CONSTRUCTORS
from mypy_async_django.index.syntax.body import Body


def takes_anything(body: Body, call: CallExpr, argument: Expression, *, inside: bool) -> bool:
    """Whether the parameter that receives an argument is declared ``Any`` or ``object``.

    mypy then checks nothing there. With ``inside`` the question is about the items of the argument:
    ``Mapping[str, Any]``. False where the function or the parameter is unknown, or generic: a type
    variable passes the type on.
    """
    signatures = list(_signatures(body, call.callee))
    return bool(signatures) and all(
        _takes_anything(signature, skip, call, argument, inside) for signature, skip in signatures
    )


def refuses(body: Body, call: CallExpr, argument: Expression, *names: str) -> bool:
    """Whether the declared parameter that receives an argument can hold no object of these classes."""
    signatures = list(_signatures(body, call.callee))
    if not signatures or call.arg_kinds[_places(call)[argument][0]].is_star():
        return False
    formals = [_formal(signature, skip, call, argument) for signature, skip in signatures]
    return all(cannot_hold(declared, *names) for declared in formals)


def cannot_hold(declared: ProperType | None, *names: str) -> bool:
    """Whether no object of the named classes has a declared type; False where that is not certain."""
    if isinstance(declared, TypeVarType | FunctionLike | TypeType):
        return False
    found = classes(declared)
    return bool(found) and not any(
        info.is_protocol or info.fallback_to_any or info.fullname in names for info in found
    )


def _signatures(body: Body, callee: Expression) -> Iterator[tuple[CallableType, int]]:
    """The signatures of a callee, each with the number of leading parameters that are bound."""
    type_ = body.type_of(callee)
    match type_:
        case CallableType():
            yield type_, 0
        case Overloaded():
            yield from ((item, 0) for item in type_.items)
        case _ if info := class_object(type_):
            found = member(info, "__init__")
            if found and isinstance(found[1].node, FuncDef):
                declared = found[1].node.type
                if isinstance(declared, CallableType):
                    yield declared, 1
        case _:
            pass


def _takes_anything(
    callee: CallableType, skip: int, call: CallExpr, argument: Expression, inside: bool
) -> bool:
    if callee.type_guard is not None or callee.type_is is not None:
        return False
    declared = _formal(callee, skip, call, argument)
    if declared is None or _is_generic(callee, call, argument):
        return False
    starred = call.arg_kinds[_places(call)[argument][0]] in {ARG_STAR, ARG_STAR2}
    return holds_anything(declared) if inside or starred else is_anything(declared)


def _is_generic(callee: CallableType, call: CallExpr, argument: Expression) -> bool:
    """Whether the function's definition declares the parameter with a type variable."""
    function = definition(callee)
    if function is None or not isinstance(function.type, CallableType):
        return False
    skip = int(bool(function.info) and not function.is_static)
    return isinstance(_formal(function.type, skip, call, argument), TypeVarType)


def _formal(
    callee: CallableType, skip: int, call: CallExpr, argument: Expression
) -> ProperType | None:
    """The declared type of the parameter that receives an argument."""
    index, before = _places(call)[argument]
    kind, name = call.arg_kinds[index], call.arg_names[index]
    if kind == ARG_NAMED and name is not None:
        found = callee.argument_by_name(name)
        return get_proper_type(found.typ) if found else None
    if kind == ARG_STAR2:
        found = callee.kw_arg()
        return get_proper_type(found.typ) if found else None
    if before is None:
        return None
    found = callee.argument_by_position(skip + before)
    return get_proper_type(found.typ) if found else None


@lru_cache(maxsize=8)
def _places(call: CallExpr) -> Mapping[Expression, tuple[int, int | None]]:
    """By argument, its index, and how many positional ones precede it; None after a starred one."""
    found: dict[Expression, tuple[int, int | None]] = {}
    before: int | None = 0
    for index, (argument, kind) in enumerate(zip(call.args, call.arg_kinds, strict=True)):
        found[argument] = index, before
        if kind == ARG_STAR:
            before = None
        elif kind == ARG_POS and before is not None:
            before += 1
    return found


def is_anything(type_: Type) -> bool:
    """Whether a declared type is an explicit ``Any`` or ``object``."""
    proper = get_proper_type(type_)
    match proper:
        case AnyType():
            return proper.type_of_any is TypeOfAny.explicit
        case Instance():
            return proper.type.fullname == "builtins.object"
        case UnionType():
            is_for_some = any(is_awaitable(get_proper_type(item)) for item in proper.items)
            return any(is_anything(item) for item in proper.items) and not is_for_some
        case _:
            return False


def holds_anything(type_: Type) -> bool:
    """Whether a declared type is a container of anything, ``Mapping[str, Any]``, or ``Any``."""
    proper = get_proper_type(type_)
    if is_anything(proper):
        return True
    match proper:
        case Instance() if proper.args:
            return is_anything(proper.args[-1])
        case UnionType():
            return any(holds_anything(item) for item in proper.items)
        case _:
            return False


def bind(call: CallExpr, function: FuncDef) -> Iterator[tuple[str, Expression]]:
    """The arguments of a call with the names of the parameters that receive them.

    The receiver of a method counts. Arguments behind ``*`` or ``**`` are left out, as are those
    that reach ``*args`` or ``**kwargs``.
    """
    names, kinds = list(function.arg_names), list(function.arg_kinds)
    is_method = bool(function.info) and not function.is_static
    callee = call.callee
    is_named = isinstance(callee, MemberExpr) and callee.name == function.name
    if names and function.name in CONSTRUCTORS and not is_named:
        names, kinds = names[1:], kinds[1:]
    elif is_method and names and isinstance(callee, MemberExpr):
        if names[0] is not None:
            yield names[0], callee.expr
        names, kinds = names[1:], kinds[1:]
    bound = map_actuals_to_formals(call.arg_kinds, call.arg_names, kinds, names, _unknown)
    for name, kind, indices in zip(names, kinds, bound, strict=True):
        for index in indices:
            is_plain = not call.arg_kinds[index].is_star() and not kind.is_star()
            if name is not None and is_plain:
                yield name, call.args[index]


def _unknown(index: int) -> Type:
    """The type of what stands behind a star: it may have any length and any keys."""
    return AnyType(TypeOfAny.unannotated)


def star_parameters(function: FuncDef) -> list[str]:
    """The names of the variadic parameters: ``*args`` and ``**kwargs``."""
    return [
        name
        for name, kind in zip(function.arg_names, function.arg_kinds, strict=True)
        if name is not None and kind in {ARG_STAR, ARG_STAR2}
    ]
