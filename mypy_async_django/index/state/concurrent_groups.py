"""Coroutines that run concurrently, and conflicts between their accesses."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    AssignmentStmt,
    AwaitExpr,
    Block,
    CallExpr,
    Expression,
    ExpressionStmt,
    ListExpr,
    NameExpr,
    Node,
    SetExpr,
    Statement,
    TupleExpr,
)

from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import definition, is_coroutine_type
from mypy_async_django.catalogue.offload import GATHER, SCHEDULERS, WAIT
from mypy_async_django.catalogue.queries import Access
from mypy_async_django.index.state.accesses import Accesses, accesses_of, called_coroutine
from mypy_async_django.index.state.shared_variables import SharedVariable
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, calls

#: Coroutines of one group that are compared.
_MOST: Final = 200


class ConcurrentGroup(NamedTuple):
    """Coroutines that ``node`` runs concurrently.

    ``unordered`` is the set display that contains them, except a set of tasks for ``asyncio.wait``:
    tasks are started already, and ``asyncio.wait`` returns sets itself.
    """

    node: Expression
    coroutines: tuple[CallExpr, ...]
    unordered: SetExpr | None = None


class Conflict(NamedTuple):
    """Two coroutines that access the same rows or variable, of which at least one writes.

    ``accesses`` is what each does to the rows of the model ``subject``; None where ``subject`` is a
    variable that the first coroutine writes and the second reads.
    """

    first: CallExpr
    second: CallExpr
    subject: str
    accesses: tuple[Access, Access] | None


def concurrent_groups(body: Body) -> Iterator[ConcurrentGroup]:
    """The groups of coroutines that a body runs concurrently."""
    for call in calls(body):
        name = called_name(body, call)
        if name in {GATHER, WAIT}:
            items, unordered = _items(call)
            found = list(_coroutines(body, items))
            if name == WAIT and all(is_started for _, is_started in found):
                unordered = None
            if len(found) > 1:
                yield ConcurrentGroup(call, tuple(coroutine for coroutine, _ in found), unordered)
    for node in body.nodes:
        if isinstance(node, Block):
            yield from _tasks(body, node)


def conflict(body: Body, group: ConcurrentGroup) -> Conflict | None:
    """The first conflicting pair of a group; None if there is none."""
    done = [(call, accesses_of(body, call)) for call in group.coroutines[:_MOST]]
    for one, other in combinations(done, 2):
        if _is_same(one[0], other[0]):
            continue
        for (first, its), (second, others) in ((one, other), (other, one)):
            for subject, accesses in _shared(its, others):
                return Conflict(first, second, subject, accesses)
    return None


def differ(body: Body, group: ConcurrentGroup) -> bool:
    """Whether a group contains two different calls."""
    return len({body.source.text(call) for call in group.coroutines}) > 1


def _shared(its: Accesses, others: Accesses) -> Iterator[tuple[str, tuple[Access, Access] | None]]:
    for rows in its.rows:
        for other in others.rows:
            if rows.meets(other):
                yield rows.model.name, (rows.access, other.access)
    for place in its.written & others.read:
        yield _name(place), None


def _name(place: SharedVariable) -> str:
    return place.root.name + "".join(place.path)


def _is_same(one: CallExpr, other: CallExpr) -> bool:
    """Whether both run the same function, as for each item of a collection."""
    function = called_coroutine(one)
    return function is not None and function is called_coroutine(other)


def _items(call: CallExpr) -> tuple[list[Expression], SetExpr | None]:
    """The arguments of gather or wait, and the set display around them."""
    items: list[Expression] = []
    unordered = None
    for kind, argument in zip(call.arg_kinds, call.args, strict=True):
        match argument:
            case SetExpr():
                unordered = argument
                items += argument.items
            case ListExpr(items=inside) | TupleExpr(items=inside):
                items += inside
            case _ if kind is ARG_POS:
                items.append(argument)
            case _ if kind is ARG_STAR:
                return [], None
            case _:
                pass
    return items, unordered


def _coroutines(body: Body, items: list[Expression]) -> Iterator[tuple[CallExpr, bool]]:
    """The coroutines among the items, each with whether the item is a task."""
    for item in items:
        values = body.reaching_values(item) if isinstance(item, NameExpr) else (item,)
        if len(values) == 1 and isinstance(values[0], CallExpr):
            scheduled = _scheduled(body, values[0])
            coroutine = scheduled or values[0]
            if is_coroutine_type(body.type_of(coroutine)):
                yield coroutine, scheduled is not None


def _scheduled(body: Body, call: CallExpr) -> CallExpr | None:
    """The coroutine that a call such as ``create_task`` schedules."""
    found = definition(body.type_of(call.callee))
    name = called_name(body, call) or (found.fullname if found else "")
    if name not in SCHEDULERS or name == GATHER or not call.args:
        return None
    first = call.args[0]
    return first if isinstance(first, CallExpr) else None


def _tasks(body: Body, block: Block) -> Iterator[ConcurrentGroup]:
    """Groups of tasks created one after the other without an await between."""
    calls: list[CallExpr] = []
    last: CallExpr | None = None
    for statement in block.body:
        call = _made_by(statement)
        coroutine = _scheduled(body, call) if call is not None else None
        if coroutine is not None and is_coroutine_type(body.type_of(coroutine)):
            calls.append(coroutine)
            last = call
        elif not isinstance(statement, AssignmentStmt | ExpressionStmt) or _awaits(statement):
            if last is not None and len(calls) > 1:
                yield ConcurrentGroup(last, tuple(calls))
            calls, last = [], None
    if last is not None and len(calls) > 1:
        yield ConcurrentGroup(last, tuple(calls))


def _made_by(statement: Statement) -> CallExpr | None:
    match statement:
        case ExpressionStmt(expr=CallExpr() as call) | AssignmentStmt(rvalue=CallExpr() as call):
            return call
        case _:
            return None


def _awaits(statement: Node) -> bool:
    return any(isinstance(node, AwaitExpr) for node in walk(statement))
