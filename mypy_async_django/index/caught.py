"""Operations whose code says that it expects them to fail in an event loop."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import Expression, Node, RefExpr, TryStmt, TupleExpr

from mypy_async_django.index.body import Body

_RAISED: Final = "django.core.exceptions.SynchronousOnlyOperation"


def is_caught(body: Body, node: Node) -> bool:
    """Whether a node stands in a ``try`` block with an ``except SynchronousOnlyOperation``."""
    inside = node
    for around in body.ancestors(node):
        if isinstance(around, TryStmt) and inside is around.body:
            kinds = [kind for kind in around.types if kind is not None]
            if any(_RAISED in _names(kind) for kind in kinds):
                return True
        inside = around
    return False


def _names(kind: Expression) -> Iterator[str]:
    """The full names of the exceptions that a handler takes."""
    for item in kind.items if isinstance(kind, TupleExpr) else [kind]:
        if isinstance(item, RefExpr):
            yield item.fullname
