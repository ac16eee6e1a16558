"""Guards: tests of an object before a call on it, such as ``if not jobs.empty(): jobs.get()``."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.literals import literal_hash
from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    Expression,
    IntExpr,
    MemberExpr,
    Node,
    OpExpr,
    UnaryExpr,
)

from mypy_async_django.bridge.tree import is_none
from mypy_async_django.catalogue.row import Api
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.path_conditions import conditions_before

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
        for condition, holds in conditions_before(body, call)
        for answer in _answers(condition, holds=holds)
    )


def depends_on_loop(body: Body, node: Node) -> bool:
    """Whether a test decides about a node for which the project asks if an event loop is running."""
    return any(_asks_for_loop(body, condition) for condition, _ in conditions_before(body, node))


def _asks_for_loop(body: Body, condition: Expression) -> bool:
    match condition:
        case UnaryExpr(op="not", expr=inner):
            return _asks_for_loop(body, inner)
        case CallExpr(callee=callee) if body.effects is not None:
            named = named_function(body, callee)
            return named is not None and body.effects.asks_for_loop(named.function)
        case _:
            return False


class _Answer(NamedTuple):
    """What an object has said; ``text`` is the question, with a ``!`` before it for a no."""

    owner: Expression
    text: str


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
