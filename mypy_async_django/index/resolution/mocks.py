"""Functions that a test patches: their effects do not happen in that test."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, Decorator, Expression, FuncDef, MemberExpr, NameExpr, StrExpr

from mypy_async_django.index.syntax.body import Body

#: ``patch("shop.views.total")``, ``patch.object(Book, "save")``, ``monkeypatch.setattr(...)``.
_REPLACING: Final = frozenset({"object", "patch", "setattr"})


def replaced_names(body: Body) -> frozenset[str]:
    """The last parts of the names that a body, or a decorator of a function here, replaces."""
    replacing = [*_decorators(body), *body.nodes]
    replacing += [each for inner in body.every(Decorator) for each in inner.original_decorators]
    return frozenset(
        argument.value.rpartition(".")[2]
        for call in replacing
        if isinstance(call, CallExpr) and _replaces(call.callee)
        for argument in call.args
        if isinstance(argument, StrExpr)
    )


def _replaces(callee: Expression) -> bool:
    if isinstance(callee, MemberExpr) and callee.name == "object":
        return isinstance(callee.expr, NameExpr | MemberExpr) and callee.expr.name == "patch"
    return isinstance(callee, NameExpr | MemberExpr) and callee.name in _REPLACING


def _decorators(body: Body) -> Iterator[Expression]:
    function = body.function
    if not isinstance(function, FuncDef) or not function.is_decorated:
        return
    names = body.module.tree.names if body.module else {}
    symbol = (function.info.names if function.info else names).get(function.name)
    if symbol is not None and isinstance(symbol.node, Decorator):
        yield from symbol.node.original_decorators
