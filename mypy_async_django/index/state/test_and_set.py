"""Test-and-set of shared state: a condition is tested, and later a write makes it come out differently.

``if key in running: return`` followed by ``running.add(key)``. With a pause between the two, several
coroutines pass the test before the first one writes. Without a pause the write works like a lock.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    Block,
    BreakStmt,
    BytesExpr,
    CallExpr,
    ComparisonExpr,
    ContinueStmt,
    DelStmt,
    Expression,
    ExpressionStmt,
    FloatExpr,
    IfStmt,
    IndexExpr,
    IntExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    UnaryExpr,
)
from mypy.nodes import MemberExpr as Member

from mypy_async_django.bridge.tree import is_none
from mypy_async_django.catalogue.shared import ADDING_METHODS, TAKING_METHODS
from mypy_async_django.index.state.idempotent_fills import is_idempotent_fill
from mypy_async_django.index.state.shared_variables import (
    SharedVariable,
    item_of,
    read_variable,
    shared_variable,
)
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.path_conditions import ifs_before

_LEAVING = (ReturnStmt, RaiseStmt, ContinueStmt, BreakStmt)
#: The arguments of ``pop`` with a default.
_WITH_DEFAULT: Final = 2
#: The value of an expression that is not a constant.
_UNKNOWN: Final = object()


class _Named(NamedTuple):
    """A constant or a member of an enum, whose value is not looked up: it equals itself only."""

    name: str


class _Moved(NamedTuple):
    """A number that is larger or smaller: than a limit in a test, than it was in a write."""

    is_larger: bool


class Claim(NamedTuple):
    """A write after which a test before it would come out differently.

    ``variable`` is what both are about, ``test`` the read in the condition, ``write`` the statement,
    and ``target`` the expression that it writes. ``is_shift`` says that it adds or subtracts: then
    it reads the variable anew.
    """

    variable: SharedVariable
    test: Expression
    write: Statement
    target: Expression
    is_shift: bool


class _Test(NamedTuple):
    """A condition on a variable that holds where a write is reached.

    ``read`` is the expression that reads the variable, ``constant`` what it is compared with;
    `_UNKNOWN` stands for a truth test, `_Moved` for the side of a limit, whose text is ``limit``.
    ``holds`` is the outcome.
    """

    variable: SharedVariable
    read: Expression
    constant: object
    holds: bool
    limit: str = ""


class _Write(NamedTuple):
    """A write of ``variable``; ``value`` is a constant, `_Moved` or `_UNKNOWN`."""

    variable: SharedVariable
    statement: Statement
    target: Expression
    value: object


@once
def claims(body: Body) -> tuple[Claim, ...]:
    """The claims of a body, in source order: one for each write and test."""
    return tuple(
        Claim(
            write.variable,
            test.read,
            write.statement,
            write.target,
            isinstance(write.value, _Moved),
        )
        for write in _writes(body)
        for test in _tests_before(body, write)
        if test.variable == write.variable
        and (_comes_out_differently(test, write) or _is_limit(body, test, write))
        and not _is_idempotent(body, write)
    )


def _is_idempotent(body: Body, write: _Write) -> bool:
    """Whether several coroutines may make a write without harm."""
    statement = write.statement
    return (
        isinstance(statement, AssignmentStmt)
        and write.value is _UNKNOWN
        and is_idempotent_fill(body, statement)
    )


def conditions_at(body: Body, statement: Statement) -> Iterator[tuple[Expression, bool]]:
    """The conditions that decide whether a statement is reached, each with the outcome it needs.

    Those of enclosing ``if`` statements, and of earlier ones whose block leaves.
    """
    inner: Node = statement
    for node in body.ancestors(statement):
        match node:
            case IfStmt() if inner not in node.expr:
                for condition, block in zip(node.expr, node.body, strict=True):
                    yield condition, block is inner
                    if block is inner:
                        break
            case Block():
                for earlier in ifs_before(body, node, inner):
                    if _leaves(earlier):
                        yield earlier.expr[0], False
            case _:
                pass
        inner = node


def _leaves(statement: IfStmt) -> bool:
    block = statement.body[0]
    return bool(block.body) and isinstance(block.body[-1], _LEAVING)


def _comes_out_differently(test: _Test, write: _Write) -> bool:
    """Whether a test of the variable after a write has another outcome than the one before it.

    A value that is not a constant counts as true and as not None: it is what the test asks for.
    """
    if isinstance(test.constant, _Moved) or isinstance(write.value, _Moved):
        directions = {test.constant, write.value}
        return directions == {_Moved(is_larger=True), _Moved(is_larger=False)}
    if test.constant is _UNKNOWN:
        is_true = True if write.value is _UNKNOWN else bool(write.value)
        return not isinstance(write.value, _Named) and is_true is not test.holds
    if write.value is _UNKNOWN:
        return test.constant is None and test.holds
    return (write.value == test.constant) is not test.holds


def _is_limit(body: Body, test: _Test, write: _Write) -> bool:
    """Whether a write stores what the variable was compared with: ``if new > best: best = new``."""
    statement = write.statement
    return (
        bool(test.limit)
        and isinstance(statement, AssignmentStmt)
        and body.source.text(statement.rvalue) == test.limit
    )


def _tests_before(body: Body, write: _Write) -> Iterator[_Test]:
    for condition, holds in conditions_at(body, write.statement):
        yield from _tests(body, condition, holds)


def _tests(body: Body, condition: Expression, holds: bool) -> Iterator[_Test]:
    """The tests of single variables that a condition with a known outcome implies."""
    match condition:
        case UnaryExpr(op="not", expr=inner):
            yield from _tests(body, inner, not holds)
        case OpExpr(op="and", left=left, right=right) if holds:
            yield from _tests(body, left, holds)
            yield from _tests(body, right, holds)
        case OpExpr(op="or", left=left, right=right) if not holds:
            yield from _tests(body, left, holds)
            yield from _tests(body, right, holds)
        case ComparisonExpr(operators=["in" | "not in" as operator], operands=[key, container]):
            owner = shared_variable(body, container)
            variable = item_of(owner, key) if owner else None
            if variable is not None:
                yield _Test(variable, container, _UNKNOWN, holds is (operator == "in"))
        case ComparisonExpr(
            operators=["is" | "is not" | "==" | "!=" as operator], operands=[one, other]
        ):
            constant = _constant(other)
            if constant is not _UNKNOWN:
                is_equal = holds is (operator in {"is", "=="})
                yield from _read(body, one, constant, is_equal)
        case ComparisonExpr(operators=["<" | "<=" | ">" | ">=" as operator], operands=[one, other]):
            is_larger = holds is operator.startswith(">")
            for value, limit, larger in ((one, other, is_larger), (other, one, not is_larger)):
                side, text = _Moved(is_larger=larger), body.source.text(limit)
                for test in _read(body, value, side, holds=True):
                    yield test._replace(limit=text)
                if (size := _size_of(body, value)) is not None:
                    yield _Test(size, value, side, holds=True)
        case _:
            yield from _read(body, condition, _UNKNOWN, holds)


def _read(body: Body, value: Expression, constant: object, holds: bool) -> Iterator[_Test]:
    """The test of a variable, read in the condition itself or into a local name before."""
    variable = read_variable(body, value)
    if variable is None and isinstance(value, NameExpr):
        values = body.reaching_values(value)
        value = values[0] if len(values) == 1 else value
        variable = read_variable(body, value)
    if variable is not None:
        yield _Test(variable, value, constant, holds)


def _writes(body: Body) -> Iterator[_Write]:
    for statement in body.nodes:
        match statement:
            case AssignmentStmt(lvalues=[target], rvalue=value):
                if variable := shared_variable(body, target):
                    shift = _shift(body, variable, value)
                    yield _Write(variable, statement, target, shift or _constant(value))
            case OperatorAssignmentStmt(lvalue=target, op="+" | "-" as operator):
                if variable := shared_variable(body, target):
                    yield _Write(variable, statement, target, _Moved(is_larger=operator == "+"))
            case ExpressionStmt(
                expr=CallExpr(callee=Member(expr=owner, name=name), args=[key])
            ) if name in ADDING_METHODS:
                container = shared_variable(body, owner)
                variable = item_of(container, key) if container else None
                if variable is not None:
                    yield _Write(variable, statement, owner, _UNKNOWN)
                if container is not None:
                    yield _Write(_size(container), statement, owner, _Moved(is_larger=True))
            case ExpressionStmt(
                expr=CallExpr(callee=Member(expr=owner, name=name), args=given)
            ) if (
                name in TAKING_METHODS
                and len(given) < _WITH_DEFAULT
                and (container := shared_variable(body, owner))
            ):
                yield _Write(_size(container), statement, owner, _Moved(is_larger=False))
            case DelStmt(expr=IndexExpr(base=owner, index=NameExpr() as key) as target):
                container = shared_variable(body, owner)
                variable = item_of(container, key) if container else None
                if variable is not None:
                    yield _Write(variable, statement, target, value=False)
            case _:
                pass


def _size_of(body: Body, value: Expression) -> SharedVariable | None:
    """The size of a shared collection that an expression asks for: ``len(queue)``."""
    match value:
        case CallExpr(callee=RefExpr(fullname="builtins.len"), args=[collection]):
            variable = shared_variable(body, collection)
            return _size(variable) if variable else None
        case _:
            return None


def _size(collection: SharedVariable) -> SharedVariable:
    return collection._replace(path=(*collection.path, "len()"))


def _shift(body: Body, variable: SharedVariable, value: Expression) -> _Moved | None:
    """What ``stock = stock - amount`` does to a variable."""
    match value:
        case OpExpr(op="+" | "-" as operator, left=left) if read_variable(body, left) == variable:
            return _Moved(is_larger=operator == "+")
        case _:
            return None


def _constant(value: Expression) -> object:
    match value:
        case _ if is_none(value):
            return None
        case NameExpr(name="True" | "False" as name):
            return name == "True"
        case IntExpr() | StrExpr() | BytesExpr() | FloatExpr():
            return value.value
        case NameExpr(name=name) | Member(name=name) if name.isupper():
            return _Named(name)
        case _:
            return _UNKNOWN
