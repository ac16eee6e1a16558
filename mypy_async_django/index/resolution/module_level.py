"""Facts from the top level of a body's module: values of its names, receivers of signals."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    ExpressionStmt,
    FuncDef,
    MemberExpr,
    NameExpr,
    RefExpr,
    Statement,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.types import common_member
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import owners

_RECEIVER: Final = "django.dispatch.dispatcher.receiver"


def values_of(body: Body, expression: Expression) -> tuple[Expression, ...]:
    """As `Body.values`, and for a name of this module's top level what is assigned to it there.

    For an attribute of an object what a class statement of the module assigns.
    """
    match expression:
        case NameExpr(node=Var() as variable):
            statements = _statements(body)
        case MemberExpr(node=None):
            found = common_member(owners(body, expression.expr), expression.name)
            if not isinstance(found, Var) or not found.is_initialized_in_class:
                return body.reaching_values(expression)
            variable, statements = found, _in_class(body, found.info)
        case _:
            return body.reaching_values(expression)
    values = [
        statement.rvalue
        for statement in statements
        if isinstance(statement, AssignmentStmt)
        for target in statement.lvalues
        if isinstance(target, NameExpr) and target.node is variable
    ]
    return tuple(values) or body.reaching_values(expression)


def _in_class(body: Body, info: TypeInfo) -> list[Statement]:
    """The statements of a class that stands at the module's top level."""
    return [
        inner
        for statement in _statements(body)
        if isinstance(statement, ClassDef) and statement.info is info
        for inner in statement.defs.body
    ]


def reaches_coroutine(body: Body, send: CallExpr) -> bool:
    """Whether this module connects a coroutine function to a signal that is sent, for any sender."""
    callee = send.callee
    if not isinstance(callee, MemberExpr) or not isinstance(signal := callee.expr, RefExpr):
        return False
    return bool(signal.fullname) and any(
        receiver.fullname == signal.fullname for receiver in _signals_with_coroutines(body)
    )


def _signals_with_coroutines(body: Body) -> Iterator[RefExpr]:
    for statement in _statements(body):
        match statement:
            case Decorator(func=FuncDef(is_coroutine=True), original_decorators=decorators):
                for decorator in decorators:
                    match decorator:
                        case CallExpr(callee=RefExpr(fullname=name), args=[RefExpr() as signal]):
                            if name == _RECEIVER:
                                yield signal
                        case _:
                            pass
            case ExpressionStmt(
                expr=CallExpr(
                    callee=MemberExpr(name="connect", expr=RefExpr() as signal),
                    args=[RefExpr(node=FuncDef(is_coroutine=True))],
                )
            ):
                yield signal
            case _:
                pass


def _statements(body: Body) -> list[Statement]:
    return body.module.tree.defs if body.module else []
