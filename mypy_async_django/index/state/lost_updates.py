"""Read-modify-write of a model field: the row is fetched, changed from its own value and saved."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Expression,
    ListExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    SetExpr,
    StrExpr,
    TupleExpr,
)

from mypy_async_django.bridge.models import is_column
from mypy_async_django.bridge.types import classes
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.state.races import dependences, is_locked
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.values.provenance import rows_of

_SAVES = frozenset({"asave", "save"})


class StaleSave(NamedTuple):
    """A save of ``field``, loaded by ``query`` and changed by ``change`` from its own value."""

    instance: NameExpr
    field: str
    query: Expression
    change: AssignmentStmt | OperatorAssignmentStmt
    save: CallExpr


def stale_saves(body: Body) -> Iterator[StaleSave]:
    """The saves of a body that write a stale value, one for each field."""
    for call in body.nodes:
        if not isinstance(call, CallExpr):
            continue
        instance = _saved(body, call)
        query = _query(body, instance) if instance is not None else None
        if instance is None or query is None:
            continue
        for change, field in changes(body, instance):
            if (
                _includes(call, field)
                and body.flow.reaches(change, call)
                and not is_locked(body, query, call)
            ):
                yield StaleSave(instance, field, query, change, call)


def _saved(body: Body, call: CallExpr) -> NameExpr | None:
    """The instance that ``await book.asave()`` or ``await sync_to_async(book.save)()`` saves."""
    offloaded = offloaded_by(body, call)
    function = offloaded.function if offloaded else call.callee
    match function:
        case MemberExpr(name=name, expr=NameExpr() as instance) if name in _SAVES:
            is_async = offloaded is not None or name == "asave"
            return instance if is_async and body.flow.is_local(instance) else None
        case _:
            return None


def _query(body: Body, instance: NameExpr) -> Expression | None:
    """The query that fetched an instance; None if it is unknown."""
    rows = rows_of(body, instance)
    if len(rows) != 1 or rows[0].given is not None or rows[0].path or rows[0].query.maker:
        return None
    root = rows[0].query.root
    return root if root is not None and body.parent(root) is not None else None


def changes(
    body: Body, instance: NameExpr
) -> Iterator[tuple[AssignmentStmt | OperatorAssignmentStmt, str]]:
    """The assignments to fields of an instance that compute the value from the same field."""
    bindings = body.flow.reaching(instance)
    for node, owner, field in _own_changes(body):
        if owner.name == instance.name and body.flow.reaching(owner) == bindings:
            yield node, field


@once
def _own_changes(
    body: Body,
) -> Sequence[tuple[AssignmentStmt | OperatorAssignmentStmt, NameExpr, str]]:
    """The assignments to a field of any instance that compute the value from the same field."""
    found: list[tuple[AssignmentStmt | OperatorAssignmentStmt, NameExpr, str]] = []
    for node in body.nodes:
        match node:
            case AssignmentStmt(lvalues=[MemberExpr(expr=NameExpr() as owner, name=field)]):
                value = node.rvalue
            case OperatorAssignmentStmt(lvalue=MemberExpr(expr=NameExpr() as owner, name=field)):
                value = node.lvalue
            case _:
                continue
        models = classes(body.type_of(owner))
        is_plain = bool(models) and all(is_column(model, field) for model in models)
        if is_plain and _comes_from(body, value, owner.name, field):
            found.append((node, owner, field))
    return found


def _comes_from(body: Body, value: Expression, owner: str, field: str) -> bool:
    def is_wanted(node: Expression) -> bool:
        match node:
            case MemberExpr(name=name, expr=NameExpr(name=of)):
                return name == field and of == owner
            case _:
                return False

    return any(True for _ in dependences(body, value, is_wanted))


def _includes(call: CallExpr, field: str) -> bool:
    """Whether a save certainly writes the field: all fields, or named in ``update_fields``."""
    for name, value in zip(call.arg_names, call.args, strict=True):
        if name == "update_fields":
            names = value.items if isinstance(value, ListExpr | TupleExpr | SetExpr) else []
            return any(isinstance(item, StrExpr) and item.value == field for item in names)
    return True
