"""What the rest of a body tells of a value: what is added to a list, who calls a lambda."""

from typing import NamedTuple

from mypy.nodes import (
    CallExpr,
    Expression,
    FuncItem,
    LambdaExpr,
    ListExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    SetExpr,
    StarExpr,
    TryStmt,
)

from mypy_async_django.bridge.tree import all_statements, expressions


class Uses(NamedTuple):
    """What is found in one body.

    ``added``: by a name whose ``append``, ``add`` or ``extend`` is called, what is added; in a
    StarExpr where it is the items of it. ``lambdas``: the calls that lambdas are passed to.
    ``handled``: by the name in ``except ... as name``, the exception classes.
    """

    added: dict[NameExpr, Expression]
    lambdas: dict[LambdaExpr, CallExpr]
    handled: dict[Node, Expression]


def uses_in(body: FuncItem | MypyFile) -> Uses:
    """All of a body's uses, those in functions inside it too."""
    uses = Uses({}, {}, {})
    for call in expressions(body):
        if not isinstance(call, CallExpr):
            continue
        match call:
            case CallExpr(callee=MemberExpr(expr=NameExpr() as name, name=method), args=[item]):
                if method in {"append", "add"}:
                    uses.added[name] = item
                elif method in {"extend", "update"}:
                    uses.added[name] = StarExpr(item)
            case _:
                pass
        for argument in call.args:
            if isinstance(argument, LambdaExpr):
                uses.lambdas[argument] = call
    for statement in all_statements(body):
        if isinstance(statement, TryStmt) and not statement.is_star:
            for variable, kind in zip(statement.vars, statement.types, strict=True):
                if variable is not None and kind is not None:
                    uses.handled[variable] = kind
    return uses


def is_empty(value: Expression | None) -> bool:
    """Whether this is a list or set without items yet."""
    return isinstance(value, ListExpr | SetExpr) and not value.items
