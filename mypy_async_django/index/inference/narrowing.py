"""Type narrowing by tests before a use: ``isinstance(x, Book)``, ``x.is_authenticated``.

The analysis uses syntax only. A test holds for a name, or an attribute of a name, in the code that it
guards, until a statement that can rebind the name.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from mypy.nodes import (
    AssertStmt,
    Block,
    BreakStmt,
    CallExpr,
    ClassDef,
    ConditionalExpr,
    ContinueStmt,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IfStmt,
    LambdaExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OpExpr,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    TryStmt,
    UnaryExpr,
    WhileStmt,
)

from mypy_async_django.bridge.tree import children, expressions, walk
from mypy_async_django.index.syntax.bindings import BINDING, bindings_by


class Test(NamedTuple):
    """A value is (or is not) an instance of ``classes``, or its ``attribute`` is true (or false)."""

    holds: bool
    classes: Expression | None = None
    attribute: str = ""


Tests: TypeAlias = tuple[Test, ...]
_Known: TypeAlias = Mapping[str, Tests]
_Parts: TypeAlias = Iterator[tuple[Node, _Known]]

_NOTHING: Final[_Known] = {}
#: The prefix of attributes that are declared true in one class and false in another.
_TELLING: Final = "is_"
_LEAVING: Final = (ReturnStmt, RaiseStmt, ContinueStmt, BreakStmt)


def tests_before(body: FuncItem | MypyFile) -> dict[Expression, Tests]:
    """The tests that the values of names and attributes have passed, by expression."""
    if not any(map(_is_test, expressions(body))):
        return {}
    walk_ = _Walk(body)
    found: dict[Expression, Tests] = {}
    stack: list[tuple[Node, _Known]] = [(node, _NOTHING) for node in walk_.start]
    while stack:
        node, known = stack.pop()
        if known and isinstance(node, NameExpr | MemberExpr) and (tests := known.get(_path(node))):
            found[node] = tests
        inside = _INSIDE.get(type(node))
        if inside is None:
            stack.extend([(child, known) for child in children(node)])
        else:
            stack.extend(inside(walk_, node, known))
    return found


class _Walk:
    """Walk over a body; each method returns the children of a node with the tests that hold there."""

    def __init__(self, body: FuncItem | MypyFile) -> None:
        self.start: list[Node] = [body.body] if isinstance(body, FuncItem) else [*body.defs]

    @cached_property
    def _bound(self) -> list[tuple[int, str]]:
        """All bindings of names and attributes in the body, with their lines."""
        return [
            (inner.line, path)
            for node in self.start
            for inner in walk(node)
            if type(inner) in BINDING
            for path in _bound_by(inner)
        ]

    def _unbound(self, node: Node, known: _Known) -> _Known:
        """The tests that still hold after a statement: those of names it does not bind."""
        if not known:
            return known
        last = node.line if node.end_line is None else node.end_line
        bound = {path for line, path in self._bound if node.line <= line <= last}
        return {
            path: tests
            for path, tests in known.items()
            if not any(path == name or path.startswith(f"{name}.") for name in bound)
        }

    def nothing(self, node: Node, known: _Known) -> _Parts:
        return iter(())

    def block(self, node: Block, known: _Known) -> _Parts:
        for statement in node.body:
            yield statement, known
            known = {**self._unbound(statement, known), **self._after(statement, known)}

    def branches(self, node: IfStmt, known: _Known) -> _Parts:
        [condition], [body] = node.expr, node.body
        yield condition, known
        yield body, _passed(condition, known, holds=True)
        if node.else_body is not None:
            yield node.else_body, _passed(condition, known, holds=False)

    def conditional(self, node: ConditionalExpr, known: _Known) -> _Parts:
        yield node.cond, known
        yield node.if_expr, _passed(node.cond, known, holds=True)
        yield node.else_expr, _passed(node.cond, known, holds=False)

    def operation(self, node: OpExpr, known: _Known) -> _Parts:
        yield node.left, known
        if node.op in {"and", "or"}:
            known = _passed(node.left, known, holds=node.op == "and")
        yield node.right, known

    def loop(self, node: WhileStmt, known: _Known) -> _Parts:
        known = self._unbound(node, known)
        yield node.expr, known
        yield node.body, _passed(node.expr, known, holds=True)
        if node.else_body is not None:
            yield node.else_body, known

    def anew(self, node: Node, known: _Known) -> _Parts:
        """The children of a node that can run repeatedly or be interrupted, as loops and ``try``."""
        known = self._unbound(node, known)
        for child in children(node):
            yield child, known

    def comprehension(self, node: Any, known: _Known) -> _Parts:
        for sequence, index, conditions in zip(
            node.sequences, node.indices, node.condlists, strict=True
        ):
            yield sequence, known
            names = {name.name for name in walk(index) if isinstance(name, NameExpr)}
            known = {path: of for path, of in known.items() if path.partition(".")[0] not in names}
            for condition in conditions:
                yield condition, known
                known = _passed(condition, known, holds=True)
        values = [node.left_expr] if isinstance(node, GeneratorExpr) else [node.key, node.value]
        for value in values:
            yield value, known

    def _after(self, statement: Node, known: _Known) -> _Known:
        """The tests that hold after ``if not test: return``."""
        match statement:
            case AssertStmt(expr=condition):
                return _passed(condition, known, holds=True)
            case IfStmt(expr=[condition], body=[body], else_body=None) if _leaves(body):
                return self._unbound(statement, _passed(condition, known, holds=False))
            case _:
                return _NOTHING


def _is_test(expression: Expression) -> bool:
    """Whether an expression is an atomic test, not a combination by ``and``, ``or``, ``not``."""
    return isinstance(expression, CallExpr | MemberExpr) and any(_tests(expression, holds=True))


def _leaves(block: Block) -> bool:
    return bool(block.body) and isinstance(block.body[-1], _LEAVING)


def _passed(condition: Expression, known: _Known, *, holds: bool) -> _Known:
    """The tests that hold where a condition was true, or false."""
    for path, test in _tests(condition, holds=holds):
        known = {**known, path: (*known.get(path, ()), test)}
    return known


def _tests(condition: Expression, *, holds: bool) -> Iterator[tuple[str, Test]]:
    match condition:
        case UnaryExpr(op="not", expr=inner):
            yield from _tests(inner, holds=not holds)
        case OpExpr(op="and" | "or" as operator, left=left, right=right):
            if holds == (operator == "and"):
                yield from _tests(left, holds=holds)
                yield from _tests(right, holds=holds)
        case CallExpr(callee=RefExpr(fullname="builtins.isinstance"), args=[value, classes]):
            if path := _path(value):
                yield path, Test(holds, classes=classes)
        case MemberExpr(expr=value, name=name) if name.startswith(_TELLING):
            if path := _path(value):
                yield path, Test(holds, attribute=name)
        case _:
            pass


def _bound_by(node: Node) -> Iterator[str]:
    yield from (binding.name for binding in bindings_by(node))
    for target in getattr(node, "lvalues", ()):
        yield _path(target)


def _path(expression: Expression) -> str:
    """``a.b`` for a name's attribute; empty for anything else."""
    names = []
    while isinstance(expression, MemberExpr):
        names.append(expression.name)
        expression = expression.expr
    return ".".join([expression.name, *reversed(names)]) if isinstance(expression, NameExpr) else ""


_INSIDE: Final[dict[type[Node], Callable[[_Walk, Any, _Known], _Parts]]] = {
    FuncDef: _Walk.nothing,
    LambdaExpr: _Walk.nothing,
    ClassDef: _Walk.nothing,
    NameExpr: _Walk.nothing,
    Block: _Walk.block,
    IfStmt: _Walk.branches,
    ConditionalExpr: _Walk.conditional,
    OpExpr: _Walk.operation,
    WhileStmt: _Walk.loop,
    ForStmt: _Walk.anew,
    TryStmt: _Walk.anew,
    GeneratorExpr: _Walk.comprehension,
    DictionaryComprehension: _Walk.comprehension,
}
