"""What the rest of a body tells of a value: what is added to a list, who calls a lambda."""

from dataclasses import dataclass, field

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

from mypy_async_django.bridge.tree import walk


@dataclass(frozen=True, slots=True)
class Uses:
    """What is found in one body.

    ``added``: by a name whose ``append``, ``add`` or ``extend`` is called, what is added; in a
    StarExpr where it is the items of it. ``lambdas``: the calls that lambdas are passed to.
    ``handled``: by the name in ``except ... as name``, the exception classes.
    """

    added: dict[NameExpr, Expression] = field(default_factory=dict)
    lambdas: dict[LambdaExpr, CallExpr] = field(default_factory=dict)
    handled: dict[Node, Expression] = field(default_factory=dict)


def uses_in(body: FuncItem | MypyFile) -> Uses:
    """All of a body's uses, those in functions inside it too."""
    uses = Uses()
    for node in walk(body):
        match node:
            case CallExpr(callee=MemberExpr(expr=NameExpr() as name, name=method), args=[item]):
                if method in {"append", "add"}:
                    uses.added[name] = item
                elif method in {"extend", "update"}:
                    uses.added[name] = StarExpr(item)
            case TryStmt(types=types, vars=names, is_star=False):
                for name_, kind in zip(names, types, strict=True):
                    if name_ is not None and kind is not None:
                        uses.handled[name_] = kind
            case _:
                pass
        if isinstance(node, CallExpr):
            for argument in node.args:
                if isinstance(argument, LambdaExpr):
                    uses.lambdas[argument] = node
    return uses


def is_empty(value: Expression | None) -> bool:
    """Whether this is a list or set without items yet."""
    return isinstance(value, ListExpr | SetExpr) and not value.items
