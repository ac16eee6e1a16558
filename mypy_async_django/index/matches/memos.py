"""Memos: variables and attributes that keep a result, so that it is worked out the first time only."""

from collections.abc import Iterator
from typing import Final

from mypy.literals import literal_hash
from mypy.nodes import (
    GDEF,
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    Expression,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
    StrExpr,
    UnaryExpr,
)

from mypy_async_django.bridge.tree import is_none
from mypy_async_django.bridge.types import class_of, is_a
from mypy_async_django.index.abstract import UNKNOWN, Value
from mypy_async_django.index.matches.abstraction import abstraction
from mypy_async_django.index.resolution.call_targets import Called, keeps_result
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import called_name
from mypy_async_django.index.syntax.path_conditions import conditions_before

_CONTEXT: Final = ("_contextvars.ContextVar", "contextvars.ContextVar")
_FILLING: Final = frozenset({"add", "append", "extend", "set", "setdefault", "update"})


def memo_of(body: Body, node: Node) -> Value | None:
    """What keeps the result of a node, so that it runs the first time only; None for nothing.

    The object whose attribute keeps it, or ``UNKNOWN`` for a variable of the process.
    """
    for condition, holds in conditions_before(body, node):
        for tested in _missing(body, condition, holds=holds):
            if _is_context(body, tested):
                return UNKNOWN
            if not _is_kept(tested) or not _is_filled(body, tested, node):
                continue
            if isinstance(tested, MemberExpr) and tested.node is None:
                return abstraction(body).value(tested.expr)
            return UNKNOWN
    return None


def memo_of_callee(body: Body, called: Called) -> Value | None:
    """What keeps the result of a function that caches it: the object of a cached property.

    Only where it has no other arguments: each of them has a result of its own.
    """
    if not keeps_result(body, called):
        return None
    match called.node:
        case MemberExpr(expr=receiver):
            return abstraction(body).value(receiver)
        case CallExpr(args=[]):
            return UNKNOWN
        case _:
            return None


def _missing(body: Body, condition: Expression, *, holds: bool) -> Iterator[Expression]:
    """What has been found to be None, empty or missing where a condition holds, or does not."""
    match condition:
        case UnaryExpr(op="not", expr=inner):
            yield from _missing(body, inner, holds=not holds)
        case ComparisonExpr(operators=[operator], operands=[left, right]):
            if is_none(right) and holds == (operator in {"is", "=="}):
                yield from _origins(body, left)
            elif operator in {"in", "not in"} and holds == (operator == "not in"):
                yield right
        case CallExpr(args=[owner, StrExpr(value=name)]) if (
            not holds and called_name(body, condition) == "builtins.hasattr"
        ):
            yield MemberExpr(owner, name)
        case NameExpr() | MemberExpr() | CallExpr() | IndexExpr() if not holds:
            yield from _origins(body, condition)
        case _:
            pass


def _origins(body: Body, value: Expression) -> Iterator[Expression]:
    """A variable itself, or what a local name was read from: ``value = _current.get()``."""
    yield value
    if isinstance(value, NameExpr):
        yield from (each for each in body.reaching_values(value) if each is not value)


def _is_context(body: Body, value: Expression) -> bool:
    """Whether a value was asked of a context variable: ``_current.get()``."""
    match value:
        case CallExpr(callee=MemberExpr(expr=variable, name="get")):
            info = class_of(body.type_of(variable))
            return info is not None and is_a(info, *_CONTEXT)
        case _:
            return False


def _is_kept(tested: Expression) -> bool:
    """Whether a variable outlives the call: one of a module, an attribute, or an item of one."""
    match tested:
        case NameExpr(kind=kind):
            return kind == GDEF
        case MemberExpr():
            return True
        case IndexExpr(base=base, index=StrExpr()):
            return _is_kept(base)
        case _:
            return False


def _is_filled(body: Body, tested: Expression, node: Node) -> bool:
    """Whether a variable is assigned, or filled, with or after the value of a node."""
    wanted = _key(tested)
    return any(
        _key(target) == wanted
        and (statement in body.ancestors(node) or body.flow.reaches(node, statement))
        for target, statement in _fillings(body)
    )


def _key(target: Expression) -> object:
    if isinstance(target, MemberExpr):
        return "member", _key(target.expr), target.name
    return (
        target.fullname
        if isinstance(target, NameExpr) and target.fullname
        else literal_hash(target)
    )


@once
def _fillings(body: Body) -> list[tuple[Expression, Node]]:
    """The variables that a body assigns, or puts something into."""
    found: list[tuple[Expression, Node]] = []
    for statement in body.every(AssignmentStmt):
        for target in statement.lvalues:
            found.append((target, statement))
            if isinstance(target, IndexExpr):
                found.append((target.base, statement))
    for call in body.every(CallExpr):
        callee = call.callee
        if isinstance(callee, MemberExpr) and callee.name in _FILLING:
            found.append((callee.expr, call))
    return found
