"""Reads of a model instance that may need a query: relations to one row, deferred columns."""

from collections.abc import Iterator
from dataclasses import dataclass

from mypy.nodes import AssignmentStmt, AwaitExpr, CallExpr, MemberExpr, NameExpr, Node

from mypy_async_django.bridge.models import is_column, is_model, is_single_relation
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import class_of
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import reads
from mypy_async_django.index.queries import Row, origins


@dataclass(frozen=True, slots=True)
class Unloaded:
    """A read that runs a query; ``rows`` is what is known of the instance, empty if nothing."""

    read: MemberExpr
    rows: tuple[Row, ...]


def unloaded(body: Body) -> Iterator[Unloaded]:
    """Reads of relations and columns that the query which found the instance did not load.

    Instances of unknown origin count only where the project wants relations taken strictly. What
    an earlier read of the same attribute has loaded, or died of, is not read a second time.
    """
    seen: list[MemberExpr] = []
    for read in reads(body):
        info = class_of(body.type_of(read.expr))
        if info is None or not is_model(info):
            continue
        rows = origins(body).rows(read.expr)
        if is_single_relation(info, read.name):
            loaded = _has_relation(body, rows, read.name)
        elif is_column(info, read.name) or read.name.endswith("_id"):
            loaded = not rows or any(row.has_column(read.name) for row in rows)
        else:
            continue
        if not loaded and not _may_be_set(body, read) and not _is_again(body, read, seen):
            seen.append(read)
            yield Unloaded(read, rows)


def _has_relation(body: Body, rows: tuple[Row, ...], name: str) -> bool:
    if not rows:
        return not body.strict_relations
    return any(row.has_loaded(name) or _follows_unloaded(row) for row in rows)


def _follows_unloaded(row: Row) -> bool:
    """Whether the instance itself comes of a mistake that is reported: ``a.b`` in ``a.b.c``."""
    if not row.path:
        return False
    return not Row(row.query, row.path[:-1], row.given).has_loaded(row.path[-1])


def _is_again(body: Body, read: MemberExpr, seen: list[MemberExpr]) -> bool:
    name = read.expr
    return isinstance(name, NameExpr) and any(
        isinstance(other.expr, NameExpr)
        and other.name == read.name
        and other.expr.name == name.name
        and body.flow.reaching(other.expr) == body.flow.reaching(name)
        and body.flow.reaches(other, read)
        for other in seen
    )


def _may_be_set(body: Body, read: MemberExpr) -> bool:
    """Whether the attribute may have been loaded or assigned before, by this body or for it."""
    name = read.expr
    if not isinstance(name, NameExpr):
        return False
    bindings = body.flow.reaching(name)
    for node in body.nodes:
        if node is read or not _may_set(node, name, read.name):
            continue
        other = _instance_in(node, name)
        if other is not None and body.flow.reaching(other) & bindings:
            if body.flow.reaches(node, read):
                return True
    return False


def _may_set(node: Node, instance: NameExpr, attribute: str) -> bool:
    """Assignment of the attribute, or an awaited call that is given the instance."""
    match node:
        case AssignmentStmt():
            return any(
                isinstance(target, MemberExpr) and target.name == attribute
                for target in node.lvalues
            )
        case AwaitExpr(expr=CallExpr()):
            return True
        case _:
            return False


def _instance_in(node: Node, instance: NameExpr) -> NameExpr | None:
    """The use of the same name in an assignment's target or in a call's arguments."""
    match node:
        case AssignmentStmt():
            roots: list[Node] = [t.expr for t in node.lvalues if isinstance(t, MemberExpr)]
        case AwaitExpr(expr=CallExpr() as call):
            roots = list(call.args)
            if isinstance(call.callee, CallExpr):
                roots += call.callee.args
        case _:
            return None
    for root in roots:
        for found in walk(root):
            if isinstance(found, NameExpr) and found.name == instance.name:
                if not isinstance(root, MemberExpr) or root.expr is not found:
                    return found
    return None
