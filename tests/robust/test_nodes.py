"""The walker knows every class of node that mypy has."""

from collections.abc import Iterator
from typing import Any, Final

from mypy import nodes, patterns

from mypy_async_django.bridge.tree import known_classes

# What others derive from, and what stands for a name: no code that runs.
NO_CODE: Final = {
    nodes.Node,
    nodes.Statement,
    nodes.Expression,
    nodes.SymbolNode,
    nodes.ImportBase,
    nodes.FuncBase,
    nodes.FuncItem,
    nodes.RefExpr,
    nodes.TypeVarLikeExpr,
    patterns.Pattern,
    nodes.Argument,
    nodes.Var,
    nodes.TypeInfo,
    nodes.FakeInfo,
    nodes.TypeAlias,
    nodes.PlaceholderNode,
}


def classes_of_nodes() -> Iterator[type[Any]]:
    """All classes of nodes in mypy."""
    for module in (nodes, patterns):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, nodes.Node):
                yield value


def test_every_class_of_node_is_known() -> None:
    """A new one belongs in the table of bridge/tree.py: with its children, or with none."""
    unknown = set(classes_of_nodes()) - known_classes() - NO_CODE
    assert not unknown, f"bridge/tree.py does not know {sorted(each.__name__ for each in unknown)}"
