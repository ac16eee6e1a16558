"""Where a body runs into the catalogue: calls, implicit uses and properties read."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    IntExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    OverloadedFuncDef,
    SymbolNode,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.types import class_object, classes, member
from mypy_async_django.catalogue import Api
from mypy_async_django.catalogue.builtin import METHODS, Use
from mypy_async_django.index.body import Body
from mypy_async_django.index.loaded import is_loaded
from mypy_async_django.index.operations import (
    ImplicitUse,
    called_name,
    calls,
    implicit_uses,
    reads,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """An operation of a body and the row of what it runs; a property read is a MemberExpr."""

    operation: CallExpr | ImplicitUse | MemberExpr
    api: Api

    @property
    def is_explicit(self) -> bool:
        """Whether the code shows it: a call, or a block that is entered."""
        operation = self.operation
        if isinstance(operation, ImplicitUse):
            return operation.use is Use.ENTER
        return isinstance(operation, CallExpr)


@lru_cache(maxsize=1)
def hits(body: Body) -> tuple[Hit, ...]:
    """All that a body does and the catalogue knows; every rule asks, the last answer is kept.

    Left out is what finds its rows in memory.
    """
    return tuple(hit for hit in _hits(body) if not is_loaded(body, hit.operation))


def _hits(body: Body) -> Iterator[Hit]:
    for call in calls(body):
        api = api_of_call(body, call)
        if api is not None and not is_spared(call, api):
            yield Hit(call, api)
    for use in implicit_uses(body):
        if api := _api_of_member(body, use.value, METHODS[use.use]) or _api_of_iterator(body, use):
            yield Hit(use, api)
    for read in reads(body):
        if api := _api_of_read(body, read):
            yield Hit(read, api)


def api_of_call(body: Body, call: CallExpr) -> Api | None:
    """The row of the function, class or method that a call runs."""
    name = called_name(body, call)
    if name is not None:
        return body.catalogue.api(name)
    if not isinstance(call.callee, MemberExpr):
        return None
    return _api_of_member(body, call.callee.expr, (call.callee.name,))


def _api_of_iterator(body: Body, use: ImplicitUse) -> Api | None:
    """The row of a call like ``books.iterator()`` whose result is iterated here."""
    if use.use is not Use.ITERATE:
        return None
    for value in body.values(use.value):
        match value:
            case CallExpr(callee=MemberExpr() as method):
                for info in classes(body.type_of(method.expr)):
                    for base in info.mro:
                        if api := body.catalogue.iterator(f"{base.fullname}.{method.name}"):
                            return api
    return None


def is_spared(call: CallExpr, api: Api) -> bool:
    """Whether an argument makes the call harmless: ``form.save(commit=False)``."""
    return any(_has_argument(call, argument) for argument in (api.unless or "").split())


def _has_argument(call: CallExpr, argument: str) -> bool:
    wanted, _, constant = argument.partition("=")
    for position, (value, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        if wanted == (name or str(position)):
            return constant in _constants(value)
    return False


def _constants(value: Expression) -> frozenset[str]:
    """The constant that an expression is, or those that it joins with ``|``."""
    match value:
        case NameExpr() | MemberExpr():
            return frozenset({value.name})
        case IntExpr():
            return frozenset({str(value.value)})
        case OpExpr(op="|"):
            return _constants(value.left) | _constants(value.right)
        case _:
            return frozenset()


def _api_of_read(body: Body, read: MemberExpr) -> Api | None:
    row = _api_of_member(body, read.expr, (read.name,))
    if row is None:
        return None
    found = [member(info, read.name) for info in classes(body.type_of(read.expr))]
    return row if all(hit and _is_property(hit[1].node) for hit in found) else None


def _is_property(node: SymbolNode | None) -> bool:
    match node:
        case Decorator():
            return node.var.is_property
        case OverloadedFuncDef():
            return node.is_property
        case Var():
            return True  # a descriptor such as cached_property
        case _:
            return False


def _api_of_member(body: Body, receiver: Expression, names: tuple[str, ...]) -> Api | None:
    type_ = body.type_of(receiver)
    of_class = class_object(type_)
    owners = (of_class,) if of_class else classes(type_)
    rows = [_inherited(body, owner, names) for owner in owners]
    return rows[0] if rows and all(rows) else None


def _inherited(body: Body, owner: TypeInfo, names: tuple[str, ...]) -> Api | None:
    """The row of the method that the class inherits; None where a subclass has its own."""
    for base in owner.mro:
        for name in names:
            row = body.catalogue.api(f"{base.fullname}.{name}")
            if row is not None:
                return row
            if name in base.names:
                return None
    return None
