"""Bindings of names: assignments, loops, imports and the like, with the value each one takes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, TypeAlias

from mypy import nodes, patterns
from mypy.nodes import Expression, NameExpr, Node
from mypy.util import unmangle

Path: TypeAlias = tuple[int, ...]

STAR: Final = -1_000_000
"""The position of a starred target in `Binding.path`."""

_STARRED: Final = (nodes.StarExpr, patterns.StarredPattern)


class BindingKind(Enum):
    """What kind of code binds a name."""

    ARGUMENT = auto()
    ASSIGN = auto()
    AUGMENTED = auto()
    WALRUS = auto()
    FOR = auto()
    ASYNC_FOR = auto()
    COMPREHENSION = auto()
    ASYNC_COMPREHENSION = auto()
    WITH = auto()
    ASYNC_WITH = auto()
    EXCEPT = auto()
    IMPORT = auto()
    DEFINITION = auto()
    PATTERN = auto()
    DELETE = auto()


@dataclass(slots=True, eq=False)  # not frozen: that makes making one three times slower
class Binding:
    """One binding of a name, or its deletion (DELETE).

    ``node`` is the node whose evaluation binds the name: the target, the argument, the import, the
    augmented assignment, `class`, `def` or its decorators; for the implicit deletion of an
    `except` clause's name it is the clause's block. ``value`` is the expression that the value comes
    from, or None: the assigned expression, the iterable of a `for`, the context manager of a
    `with`, the subject of a `match`.
    ``path`` is the position inside that value (inside each item for a `for`) which unpacking takes;
    `STAR` for a starred target, and those after it count from the end.
    """

    name: str
    kind: BindingKind
    node: Node
    value: Expression | None = None
    path: Path = ()


#: The node classes that can bind names.
BINDING: Final = frozenset(
    {
        nodes.AssignmentExpr,
        nodes.AssignmentStmt,
        nodes.ClassDef,
        nodes.Decorator,
        nodes.DelStmt,
        nodes.ForStmt,
        nodes.FuncDef,
        nodes.Import,
        nodes.ImportFrom,
        nodes.MatchStmt,
        nodes.OperatorAssignmentStmt,
        nodes.TryStmt,
        nodes.TypeAliasStmt,
        nodes.WithStmt,
    }
)


def bindings_by(node: Node) -> Iterator[Binding]:
    """The bindings that ``node`` itself makes in its scope, not those of the nodes inside."""
    match node:
        case nodes.AssignmentStmt() if not is_declaration(node):
            for target in node.lvalues:
                yield from _assigned(target, node.rvalue)
        case nodes.OperatorAssignmentStmt(lvalue=NameExpr() as target):
            yield Binding(unmangle(target.name), BindingKind.AUGMENTED, node, node.rvalue)
        case nodes.AssignmentExpr():
            yield from _unpacked(BindingKind.WALRUS, node.target, node.value)
        case nodes.ForStmt():
            kind = BindingKind.ASYNC_FOR if node.is_async else BindingKind.FOR
            yield from _unpacked(kind, node.index, node.expr)
        case nodes.WithStmt():
            kind = BindingKind.ASYNC_WITH if node.is_async else BindingKind.WITH
            for manager, entered in zip(node.expr, node.target, strict=True):
                yield from _unpacked(kind, entered, manager)
        case nodes.TryStmt():
            for variable, handler in zip(node.vars, node.handlers, strict=True):
                if variable is not None:
                    yield Binding(unmangle(variable.name), BindingKind.EXCEPT, variable)
                    yield Binding(unmangle(variable.name), BindingKind.DELETE, handler)
        case nodes.MatchStmt():
            for pattern in node.patterns:
                yield from _unpacked(BindingKind.PATTERN, pattern, node.subject)
        case nodes.DelStmt():
            yield from _unpacked(BindingKind.DELETE, node.expr, None)
        case nodes.Import():
            for module, alias in node.ids:
                yield Binding(alias or module.partition(".")[0], BindingKind.IMPORT, node)
        case nodes.ImportFrom():
            for name, alias in node.names:
                yield Binding(alias or name, BindingKind.IMPORT, node)
        case nodes.FuncDef(is_decorated=False) | nodes.Decorator() | nodes.ClassDef():
            yield Binding(unmangle(node.name), BindingKind.DEFINITION, node)
        case nodes.TypeAliasStmt():
            yield Binding(unmangle(node.name.name), BindingKind.DEFINITION, node)
        case _:
            pass


def in_order(bindings: Iterable[Binding]) -> list[Binding]:
    """Bindings in source order, so that results do not depend on the order of a set."""
    return sorted(bindings, key=lambda binding: (binding.node.line, binding.node.column))


def is_declaration(node: nodes.AssignmentStmt) -> bool:
    """Whether ``node`` assigns nothing (`x: int`)."""
    return isinstance(node.rvalue, nodes.TempNode) and node.rvalue.no_rhs


def argument_bindings(function: nodes.FuncItem) -> Iterator[Binding]:
    """The bindings that a call of ``function`` makes."""
    for argument in function.arguments:
        yield Binding(unmangle(argument.variable.name), BindingKind.ARGUMENT, argument)


def comprehension_bindings(node: Any) -> Iterator[Binding]:
    """The bindings that a comprehension or generator expression makes, in a scope of its own."""
    for is_async, index, sequence in zip(node.is_async, node.indices, node.sequences, strict=True):
        kind = BindingKind.ASYNC_COMPREHENSION if is_async else BindingKind.COMPREHENSION
        yield from _unpacked(kind, index, sequence)


def _assigned(target: Expression, value: Expression) -> Iterator[Binding]:
    """The bindings of an assignment; in ``a, b = x, y`` each target gets its own value."""
    match target, value:
        case (
            nodes.TupleExpr(items=targets) | nodes.ListExpr(items=targets),
            nodes.TupleExpr(items=values) | nodes.ListExpr(items=values),
        ) if len(targets) == len(values) and not any(
            isinstance(item, nodes.StarExpr) for item in (*targets, *values)
        ):
            for inside, given in zip(targets, values, strict=True):
                yield from _assigned(inside, given)
        case _:
            yield from _unpacked(BindingKind.ASSIGN, target, value)


def _unpacked(
    kind: BindingKind, target: Node | None, value: Expression | None
) -> Iterator[Binding]:
    """The bindings of the names in ``target``. A path of None: not a position inside ``value``."""
    stack: list[tuple[Node | None, Path | None]] = [(target, ())]
    while stack:
        node, path = stack.pop()
        match node:
            case NameExpr():
                source = None if path is None else value
                yield Binding(unmangle(node.name), kind, node, source, path or ())
            case nodes.StarExpr(expr=inside) | patterns.StarredPattern(capture=inside):
                stack.append((inside, path))
            case nodes.TupleExpr() | nodes.ListExpr():
                stack.extend(_places(node.items, path))
            case patterns.SequencePattern():
                stack.extend(_places(node.patterns, path))
            case patterns.AsPattern():
                stack += [(node.name, path), (node.pattern, path)]
            case patterns.OrPattern():
                stack.extend((pattern, path) for pattern in node.patterns)
            case patterns.MappingPattern():
                stack.extend((inside, None) for inside in (node.rest, *node.values))
            case patterns.ClassPattern():
                stack.extend((inside, None) for inside in (*node.positionals, *node.keyword_values))
            case _:
                pass  # an attribute, an item, a value to compare with


def _places(items: Sequence[Node], path: Path | None) -> Iterator[tuple[Node, Path | None]]:
    starred = next((i for i, item in enumerate(items) if isinstance(item, _STARRED)), len(items))
    for index, item in enumerate(items):
        place = index if index < starred else STAR if index == starred else index - len(items)
        yield item, None if path is None else (*path, place)
