"""Cooperative ``super()``: what a mixin's ``super()`` runs depends on the class of the object."""

from collections.abc import Iterator, Sequence

from mypy.nodes import CallExpr, Expression, FuncDef, MemberExpr, SuperExpr, TypeInfo

from mypy_async_django.index.resolution.call_targets import Called
from mypy_async_django.index.resolution.callees import inherited, sync_function
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import owners


def is_cooperative(body: Body) -> bool:
    """Whether a sync method calls its own name on ``super()`` though no base of its class has it."""
    function = body.function
    return (
        isinstance(function, FuncDef)
        and not function.is_coroutine
        and any(_calls_itself(body, inner, function.name) for inner in body.every(SuperExpr))
    )


def _calls_itself(body: Body, inner: SuperExpr, name: str) -> bool:
    call = body.parent(inner)
    is_called = isinstance(call, CallExpr) and call.callee is inner
    return is_called and inner.name == name and not any(inherited(inner))


def upward(body: Body, called: Called) -> tuple[str, ...]:
    """The chain of methods, by full names, that a call of a cooperative mixin method runs.

    The mixin's method comes first, an API of the catalogue last. Empty where the method is not a
    mixin's, or no other class of the object has it.
    """
    function = called.function
    if called.use is not None or not isinstance(function, FuncDef) or not function.info:
        return ()
    bases = _bases(body, called.node, function.info)
    if not bases or any(function.name in base.names for base in function.info.mro[1:]):
        return ()
    methods = tuple(_methods(body, bases, function.name))
    return (function.fullname, *methods) if methods else ()


def _bases(body: Body, call: Expression, mixin: TypeInfo) -> Sequence[TypeInfo]:
    """The classes that come after a mixin for the object whose method is called."""
    match call:
        case CallExpr(callee=SuperExpr(info=TypeInfo() as info)):
            found: tuple[TypeInfo, ...] = (info,)
        case CallExpr(callee=MemberExpr(expr=receiver)):
            found = owners(body, receiver)
        case _:
            return ()
    mro = found[0].mro if len(found) == 1 else []
    return mro[mro.index(mixin) + 1 :] if mixin in mro else ()


def _methods(body: Body, bases: Sequence[TypeInfo], name: str) -> Iterator[str]:
    for base in bases:
        full_name = f"{base.fullname}.{name}"
        if body.catalogue.api(full_name) is not None:
            yield full_name
            return
        symbol = base.names.get(name)
        if symbol is not None and not symbol.plugin_generated:
            method = sync_function(symbol.node)
            if method is None:
                return
            yield method.fullname
