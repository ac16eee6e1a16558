"""Uses that determine types: items added to a list, calls that a lambda is passed to."""

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
    """The uses in one body.

    ``added`` maps a name to the arguments of its ``append``, ``add`` and ``extend`` calls, those of
    ``extend`` in a StarExpr. ``lambdas`` maps a lambda to the call that it is passed to. ``handled``
    maps the name in ``except ... as name`` to the exception classes.
    """

    added: dict[NameExpr, Expression]
    lambdas: dict[LambdaExpr, CallExpr]
    handled: dict[Node, Expression]


def uses_in(body: FuncItem | MypyFile) -> Uses:
    """The uses in a body and in its nested functions."""
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
    """Whether the expression is an empty list or set."""
    return isinstance(value, ListExpr | SetExpr) and not value.items
