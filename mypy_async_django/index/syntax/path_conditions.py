"""Path conditions: the tests that are passed on every path to a node."""

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile
from typing import NamedTuple, TypeAlias

from mypy.nodes import (
    AssertStmt,
    Block,
    BreakStmt,
    ConditionalExpr,
    Expression,
    ForStmt,
    FuncItem,
    GeneratorExpr,
    IfStmt,
    Node,
    OpExpr,
    Statement,
    WhileStmt,
)

from mypy_async_django.bridge.tree import statements
from mypy_async_django.index.syntax.body import Body, leaves, once

_Conditions: TypeAlias = tuple[tuple[Expression, bool], ...]


def conditions_before(body: Body, node: Node) -> _Conditions:
    """The conditions that are passed on every path to a node, with whether they hold, innermost first."""
    known = _known(body)
    pending: list[Node] = []
    current: Node | None = node
    while current is not None and current not in known:
        pending.append(current)
        current = body.parent(current)
    for inner in reversed(pending):
        around = body.parent(inner)
        outer = known[around] if around is not None else ()
        passed = tuple(_passed(body, around, inner)) if around is not None else ()
        known[inner] = (*passed, *outer) if passed else outer
    return known[node]


@once
def _known(body: Body) -> dict[Node, _Conditions]:
    """The conditions before each node that was asked for."""
    return {}


def _passed(body: Body, around: Node, inner: Node) -> Iterator[tuple[Expression, bool]]:
    """The conditions that are passed within a node on every path to one of its children."""
    match around:
        case IfStmt(expr=[condition], body=[block]):
            if inner is not condition:
                yield condition, inner is block
        case WhileStmt(expr=condition, body=block) if inner is block:
            yield condition, True
        case ConditionalExpr(cond=condition) if inner is not condition:
            yield condition, inner is around.if_expr
        case OpExpr(op="and" | "or" as operator, left=left) if inner is not left:
            yield left, operator == "and"
        case GeneratorExpr() if inner is around.left_expr:
            yield from ((each, True) for each in chain.from_iterable(around.condlists))
        case Block():
            for step in _earlier(body, around, inner):
                yield from step.passed
        case _:
            pass


def ifs_before(body: Body, block: Block, inner: Node) -> Iterator[IfStmt]:
    """The ``if`` statements of a block before one of its statements."""
    for step in _earlier(body, block, inner):
        if isinstance(step.statement, IfStmt):
            yield step.statement


class _Deciding(NamedTuple):
    """A statement that may decide whether control goes on, and what is passed where it does."""

    place: int
    statement: Statement
    passed: Sequence[tuple[Expression, bool]]


def _earlier(body: Body, block: Block, inner: Node) -> Iterator[_Deciding]:
    """The statements of a block, before one of them, that may decide whether control goes on."""
    blocks = _deciding(body)
    if block not in blocks:
        blocks[block] = (
            {statement: place for place, statement in enumerate(block.body)},
            [
                _Deciding(place, each, tuple(_passed_in([each])))
                for place, each in enumerate(block.body)
                if isinstance(each, AssertStmt | IfStmt | WhileStmt)
            ],
        )
    places, deciding = blocks[block]
    end = places.get(inner, len(places))
    return takewhile(lambda step: step.place < end, deciding)


@once
def _deciding(body: Body) -> dict[Block, tuple[dict[Node, int], list[_Deciding]]]:
    """By block, the place of each statement, and those that decide: found when asked for."""
    return {}


def _passed_in(block: Sequence[Statement]) -> Iterator[tuple[Expression, bool]]:
    """The conditions that are passed where control goes on after statements."""
    for statement in block:
        match statement:
            case AssertStmt(expr=condition):
                yield condition, True
            case IfStmt(expr=[condition], body=[then], else_body=otherwise):
                if any(map(leaves, then.body)):
                    yield condition, False
                    if otherwise is not None:
                        yield from _passed_in(otherwise.body)
                elif otherwise is not None and any(map(leaves, otherwise.body)):
                    yield condition, True
                    yield from _passed_in(then.body)
            case WhileStmt(expr=condition, body=loop) if not _is_broken(loop):
                yield condition, False
            case _:
                pass


def _is_broken(loop: Block) -> bool:
    """Whether a ``break`` may leave a loop."""
    stack: list[Node] = [loop]
    while stack:
        node = stack.pop()
        if isinstance(node, BreakStmt):
            return True
        if not isinstance(node, ForStmt | WhileStmt | FuncItem):
            stack += statements(node)
    return False
