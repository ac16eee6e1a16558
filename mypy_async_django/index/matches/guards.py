"""Guards: tests of an object before a call on it, such as ``if not jobs.empty(): jobs.get()``."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.literals import literal_hash
from mypy.nodes import (
    AssertStmt,
    Block,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    Expression,
    IfStmt,
    IntExpr,
    MemberExpr,
    Node,
    OpExpr,
    UnaryExpr,
    WhileStmt,
)

from mypy_async_django.bridge.tree import children, is_none
from mypy_async_django.catalogue.row import Api
from mypy_async_django.index.syntax.body import Body

#: With a number that is not 0, these say that there is some, or do when they do not hold.
_AT_LEAST: Final = frozenset({"==", ">", ">="})
_LESS: Final = frozenset({"!=", "<", "<="})


def is_guarded(body: Body, call: CallExpr, api: Api) -> bool:
    """Whether on every path to a call its object has been tested, so that the call does not wait."""
    owner = literal_hash(call.callee.expr) if isinstance(call.callee, MemberExpr) else None
    if api.guarded_by is None or owner is None:
        return False
    wanted = api.guarded_by.split()
    return any(
        answer.text in wanted and literal_hash(answer.owner) == owner
        for condition, holds in _passed(body, call)
        for answer in _answers(condition, holds=holds)
    )


class _Answer(NamedTuple):
    """What an object has said; ``text`` is the question, with a ``!`` before it for a no."""

    owner: Expression
    text: str


def _passed(body: Body, call: CallExpr) -> Iterator[tuple[Expression, bool]]:
    """The conditions that are passed on each way to a call, with whether they hold."""
    inner: Node = call
    for node in body.ancestors(call):
        match node:
            case IfStmt(expr=[condition], body=[block]) | WhileStmt(expr=condition, body=block):
                if inner is block:
                    yield condition, True
            case ConditionalExpr(cond=condition) if inner is not condition:
                yield condition, inner is node.if_expr
            case OpExpr(op="and" | "or" as operator, left=left) if inner is not left:
                yield left, operator == "and"
            case _:
                pass
        inner = node
    for node in (*body.every(AssertStmt), *body.every(IfStmt), *body.every(WhileStmt)):
        match node:
            case AssertStmt(expr=condition) if _is_first(body, node, call):
                yield condition, True
            case IfStmt(expr=[condition], body=[block]) | WhileStmt(expr=condition, body=block):
                if _is_first(body, condition, call) and not _is_in_reach(body, block, call):
                    yield condition, False
            case _:
                pass


def _is_first(body: Body, node: Node, call: CallExpr) -> bool:
    """Whether each way to a call goes over a node."""
    return not body.flow.reaches(body.function, call, avoiding={node})


def _is_in_reach(body: Body, block: Block, call: CallExpr) -> bool:
    """Whether a block has a call, or goes on to it without asking its condition again."""
    statement = body.parent(block)
    asking = children(statement)[:1] if statement is not None else ()
    return block in body.ancestors(call) or any(
        body.flow.reaches(first, call, avoiding=asking) for first in block.body[:1]
    )


def _answers(condition: Expression, *, holds: bool) -> Iterator[_Answer]:
    """What objects have said where a condition holds, or does not."""
    match condition:
        case UnaryExpr(op="not", expr=inner):
            yield from _answers(inner, holds=not holds)
        case OpExpr(op="and" | "or" as operator, left=left, right=right):
            if holds == (operator == "and"):
                yield from _answers(left, holds=holds)
                yield from _answers(right, holds=holds)
        case ComparisonExpr(operators=[operator], operands=[asked, other]):
            if is_none(other) or (isinstance(other, IntExpr) and other.value == 0):
                is_yes = holds != (operator in {"is", "==", "<="})
                yield from _answers(asked, holds=is_yes)
            elif operator in (_AT_LEAST if holds else _LESS):
                yield from _answers(asked, holds=True)
        case CallExpr(callee=MemberExpr(expr=owner, name=name), args=[]):
            yield _Answer(owner, name if holds else f"!{name}")
        case MemberExpr(expr=owner, name=name):
            yield _Answer(owner, name if holds else f"!{name}")
        case _:
            pass
