"""Read-modify-write of a cache key: the value is read, changed and written back in one function."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from mypy.literals import literal_hash
from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    DictExpr,
    Expression,
    IndexExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    SetExpr,
)

from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.shared import CACHES, CHANGING_METHODS
from mypy_async_django.index.state.races import dependences, is_locked
from mypy_async_django.index.syntax.bindings import Binding
from mypy_async_django.index.syntax.body import Body


class CacheUpdate(NamedTuple):
    """The call ``write`` of ``aset`` stores a value that was computed from what ``read`` returned."""

    key: Expression
    read: CallExpr
    write: CallExpr


def cache_updates(body: Body) -> Iterator[CacheUpdate]:
    """The lost updates of cache keys in an async function, one for each write."""
    writes = [call for call in body.every(CallExpr) if _is_of_cache(body, call, "aset")]
    for write in writes:
        if len(write.args) < 2 or not body.is_awaited(write):
            continue
        key, value = write.args[:2]
        for read, carriers in dependences(body, value, partial(_reads, body, write)):
            if (
                isinstance(read, CallExpr)
                and _is_changed(body, value, carriers)
                and body.flow.reaches(read, write, avoiding={read})
                and not is_locked(body, read, write)
            ):
                yield CacheUpdate(key, read, write)
                break


def _is_of_cache(body: Body, call: CallExpr, name: str) -> bool:
    callee = call.callee
    return (
        isinstance(callee, MemberExpr)
        and callee.name == name
        and all_are(body.type_of(callee.expr), *CACHES)
    )


def _reads(body: Body, write: CallExpr, node: Node) -> bool:
    """Whether a node is ``await cache.aget(key)`` for the cache and the key of a write."""
    match node, write.callee:
        case CallExpr(callee=MemberExpr(expr=cache), args=[key, *_]), MemberExpr(expr=written):
            return (
                _is_of_cache(body, node, "aget")
                and body.is_awaited(node)
                and literal_hash(key) == literal_hash(write.args[0])
                and literal_hash(cache) == literal_hash(written)
            )
        case _:
            return False


def _is_changed(body: Body, value: Expression, carriers: frozenset[Binding]) -> bool:
    """Whether the written value is not the one that was read, but one made from it."""
    return (
        _computes(value)
        or any(
            isinstance(carrier.node, OperatorAssignmentStmt)
            or (carrier.value is not None and _computes(carrier.value))
            for carrier in carriers
        )
        or any(_changes(node, {carrier.name for carrier in carriers}) for node in body.nodes)
    )


def _computes(value: Expression) -> bool:
    """Whether an expression makes a new value of what it contains: ``count + 1``, ``[*items, x]``."""
    return not isinstance(value, AwaitExpr) and any(
        (isinstance(node, ListExpr | SetExpr | DictExpr) and bool(node.items))
        or (isinstance(node, OpExpr) and node.op not in {"and", "or"})
        for node in walk(value)
    )


def _changes(node: Node, names: set[str]) -> bool:
    """Whether a node changes the object behind a name in place."""
    match node:
        case AssignmentStmt(lvalues=[IndexExpr(base=NameExpr(name=name))]):
            return name in names
        case OperatorAssignmentStmt(lvalue=IndexExpr(base=NameExpr(name=name))):
            return name in names
        case CallExpr(callee=MemberExpr(expr=NameExpr(name=name), name=method)):
            return name in names and method in CHANGING_METHODS
        case _:
            return False
