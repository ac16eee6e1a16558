"""Reads of a model instance that may need a query: relations to one row, deferred columns."""

from collections.abc import Iterator
from dataclasses import dataclass

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    Expression,
    MemberExpr,
    NameExpr,
    Node,
    RefExpr,
)

from mypy_async_django.bridge.models import is_column, is_model, is_single_relation
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import class_of
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import Read, reads
from mypy_async_django.index.queries import Row, origins


@dataclass(frozen=True, slots=True)
class Unloaded:
    """A read that runs a query; ``rows`` is what is known of the instance, empty if nothing."""

    read: Read
    rows: tuple[Row, ...]


def unloaded(body: Body) -> Iterator[Unloaded]:
    """Reads of relations and columns that the query which found the instance did not load.

    Instances of unknown origin count only where the project wants relations taken strictly. What
    an earlier read of the same attribute has loaded, or died of, is not read a second time.
    """
    seen: list[Read] = []
    for read in reads(body):
        info = class_of(body.type_of(read.receiver))
        if info is None or not is_model(info):
            continue
        rows = origins(body).rows(read.receiver)
        if is_single_relation(info, read.name):
            loaded = _has_relation(body, rows, read)
        elif is_column(info, read.name) or read.name.endswith("_id"):
            loaded = not rows or any(row.has_column(read.name) for row in rows)
            loaded = loaded or _is_refreshed(body, read)
        else:
            continue
        if not loaded and not _may_be_set(body, read) and not _is_again(body, read, seen):
            seen.append(read)
            yield Unloaded(read, rows)


def _has_relation(body: Body, rows: tuple[Row, ...], read: Read) -> bool:
    if not rows:
        return not body.strict_relations
    if any(_follows_unloaded(row) for row in rows):
        return True
    forgotten = any(row.path == () for row in rows) and _is_refreshed(body, read)
    return not forgotten and any(row.has_loaded(read.name) for row in rows)


def _follows_unloaded(row: Row) -> bool:
    """Whether the instance itself comes of a mistake that is reported: ``a.b`` in ``a.b.c``."""
    if not row.path:
        return False
    return not Row(row.query, row.path[:-1], row.given).has_loaded(row.path[-1])


def _is_again(body: Body, read: Read, seen: list[Read]) -> bool:
    return any(
        other.name == read.name
        and _is_same(body, other.receiver, read.receiver)
        and body.flow.reaches(other.node, read.node)
        for other in seen
    )


def _is_refreshed(body: Body, read: Read) -> bool:
    """Whether ``await book.arefresh_from_db()`` comes before: it loads columns, forgets keys."""
    return any(
        isinstance(node, CallExpr)
        and isinstance(node.callee, MemberExpr)
        and node.callee.name == "arefresh_from_db"
        and _is_same(body, node.callee.expr, read.receiver)
        and body.flow.reaches(node, read.node)
        for node in body.nodes
    )


def _may_be_set(body: Body, read: Read) -> bool:
    """Whether the attribute may have been loaded or assigned before, by this body or for it.

    So it may by an assignment, by ``setattr``, and by an awaited call that is given the instance,
    or the list that it is in.
    """
    holders = [read.receiver, *_lists_with(body, read.receiver)]
    return any(
        body.flow.reaches(node, read.node)
        for node in body.nodes
        if any(
            _is_same(body, given, holder) for given in _given(node, read.name) for holder in holders
        )
    )


def _given(node: Node, attribute: str) -> Iterator[Expression]:
    """The instances whose attribute a node may set."""
    match node:
        case AssignmentStmt():
            for target in node.lvalues:
                if isinstance(target, MemberExpr) and target.name == attribute:
                    yield target.expr
        case CallExpr(callee=RefExpr(fullname="builtins.setattr"), args=[instance, *_]):
            yield instance
        case AwaitExpr(expr=CallExpr() as call):
            inner = call.callee.args if isinstance(call.callee, CallExpr) else []
            for argument in (*call.args, *inner):
                yield from _names_handed_on(argument)


def _names_handed_on(argument: Expression) -> Iterator[NameExpr]:
    """The names in an argument whose objects, not only whose attributes, are handed on."""
    looked_into = {node.expr for node in walk(argument) if isinstance(node, MemberExpr)}
    for node in walk(argument):
        if isinstance(node, NameExpr) and node not in looked_into:
            yield node


def _lists_with(body: Body, instance: Expression) -> Iterator[Expression]:
    """The lists that a loop takes an instance from."""
    if isinstance(instance, NameExpr):
        for binding in body.flow.reaching(instance):
            if isinstance(binding.value, NameExpr):
                yield binding.value


def _is_same(body: Body, one: Expression, other: Expression) -> bool:
    """Whether two names may stand for the same object."""
    if not isinstance(one, NameExpr) or not isinstance(other, NameExpr) or one.name != other.name:
        return False
    return bool(body.flow.reaching(one) & body.flow.reaching(other))
