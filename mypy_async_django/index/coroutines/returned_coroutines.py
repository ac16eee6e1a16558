"""Sync functions that return a coroutine, as far as their code shows it."""

from collections.abc import Iterator
from typing import NamedTuple

from mypy.nodes import (
    CallExpr,
    ConditionalExpr,
    Expression,
    FuncDef,
    FuncItem,
    MypyFile,
    ReturnStmt,
)
from mypy.types import CallableType

from mypy_async_django.bridge.types import is_coroutine_type, is_object, known
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.body import Body


class ResultFrom(NamedTuple):
    """A function whose result another returns, by its full name if it has one.

    ``is_coroutine`` says that it is a coroutine function.
    """

    function: str
    is_coroutine: bool


def coroutine_from(body: Body) -> tuple[ResultFrom, ...]:
    """The functions whose results a sync function returns, if those may all be coroutines.

    Nothing for a function that is declared to return something, or may return something else.
    """
    if not may_return_coroutine(body.function) or body.flow.has_implicit_return:
        return ()
    values = [value for node in body.every(ReturnStmt) for value in _values(node.expr)]
    found = [_result_from(body, value) for value in values]
    return tuple(sorted({each for each in found if each})) if all(found) else ()


def may_return_coroutine(function: FuncItem | MypyFile) -> bool:
    """Whether a sync function may return a coroutine that its signature does not tell of."""
    if not isinstance(function, FuncDef) or function.is_coroutine or function.is_generator:
        return False
    signature = function.type
    declared = known(signature.ret_type) if isinstance(signature, CallableType) else None
    is_declared = declared is not None and not is_object(declared)
    return not is_declared and not function.abstract_status


def _values(value: Expression | None) -> Iterator[Expression | None]:
    match value:
        case ConditionalExpr(if_expr=one, else_expr=other):
            yield from _values(one)
            yield from _values(other)
        case _:
            yield value


def _result_from(body: Body, value: Expression | None) -> ResultFrom | None:
    if not isinstance(value, CallExpr):
        return None
    named = named_function(body, value.callee)
    is_coroutine = is_coroutine_type(body.type_of(value)) or (
        named is not None and named.is_awaited
    )
    if named is None or body.is_nested(named.function):
        return ResultFrom("", is_coroutine=True) if is_coroutine else None
    return ResultFrom(named.function.fullname, is_coroutine)
