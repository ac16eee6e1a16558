"""Operations inside blocks that expect them to fail on an event loop: ``try``, ``suppress``."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    Expression,
    NameExpr,
    Node,
    RefExpr,
    TryStmt,
    TupleExpr,
    Var,
    WithStmt,
)
from mypy.types import TupleType, get_proper_type

from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import class_object
from mypy_async_django.index.syntax.body import Body

_RAISED: Final = "django.core.exceptions.SynchronousOnlyOperation"
_SUPPRESS: Final = "contextlib.suppress"
_MISSING: Final = "builtins.AttributeError"


def is_caught(body: Body, node: Node) -> bool:
    """Whether a node is in a ``try`` block with an ``except SynchronousOnlyOperation`` handler.

    Or in a block of ``contextlib.suppress`` that takes the same exception. Or in an ``except
    AttributeError`` handler whose ``try`` block awaits the async twin of the same object: the
    handler runs for objects that have no twin.
    """
    if not body.every(TryStmt) and not body.every(WithStmt):
        return False
    inside = node
    for around in body.ancestors(node):
        if isinstance(around, WithStmt):
            if inside is around.body and any(_suppresses(body, each) for each in around.expr):
                return True
        elif isinstance(around, TryStmt):
            if inside is around.body and any(
                _RAISED in _names(body, kind) for kind in around.types
            ):
                return True
            for kind, handler in zip(around.types, around.handlers, strict=True):
                if inside is handler and _MISSING in _names(body, kind) and _awaits(around, node):
                    return True
        inside = around
    return False


def _suppresses(body: Body, manager: Expression) -> bool:
    match manager:
        case CallExpr(callee=RefExpr(fullname=name), args=kinds):
            return name == _SUPPRESS and any(_RAISED in _names(body, kind) for kind in kinds)
        case _:
            return False


def _awaits(statement: TryStmt, node: Node) -> bool:
    """Whether a ``try`` block awaits an expression on a variable that ``node`` uses as well."""
    awaited = (found for found in walk(statement.body) if isinstance(found, AwaitExpr))
    used = _variables(node)
    return any(used & _variables(found) for found in awaited)


def _variables(node: Node) -> frozenset[Var]:
    return frozenset(
        name.node
        for name in walk(node)
        if isinstance(name, NameExpr) and isinstance(name.node, Var)
    )


def _names(body: Body, kind: Expression | None) -> Iterator[str]:
    """The full names of the exception classes of an ``except`` clause, perhaps a named tuple."""
    for item in kind.items if isinstance(kind, TupleExpr) else [kind]:
        if isinstance(item, RefExpr):
            yield item.fullname
            type_ = body.type_of(item)
            for each in type_.items if isinstance(type_, TupleType) else ():
                if (info := class_object(get_proper_type(each))) is not None:
                    yield info.fullname
