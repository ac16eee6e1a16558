"""Updates of a model field to a value that was computed from what was read of the same row before."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    Expression,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
    StrExpr,
    TypeInfo,
)

from mypy_async_django.bridge.types import classes
from mypy_async_django.catalogue.queries import Access
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.state.accesses import Values, rows_accessed, value_text
from mypy_async_django.index.state.lost_updates import changes
from mypy_async_django.index.state.races import dependences, is_locked
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import calls

_KEYS: Final = ("pk", "id")


class StaleUpdate(NamedTuple):
    """The call ``update`` sets ``field`` to ``value``, computed from ``read`` of the same row."""

    field: str
    read: Expression
    value: Expression
    update: CallExpr


class _Target(NamedTuple):
    """The row of a model that an update changes, by its lookups."""

    model: TypeInfo
    lookups: Values


def stale_updates(body: Body) -> Iterator[StaleUpdate]:
    """The updates of a body that overwrite what was saved since the row was read."""
    for call in calls(body):
        for rows in rows_accessed(body, call):
            if rows.access is Access.UPDATE and rows.lookups:
                yield from _stale(body, call, _Target(rows.model, _by_key(rows.lookups)))


def _stale(body: Body, call: CallExpr, target: _Target) -> Iterator[StaleUpdate]:
    given = offloaded_by(body, call) or call
    for field, value in zip(given.arg_names, given.args, strict=True):
        if field is None:
            continue

        def is_read(node: Expression, field: str = field) -> bool:
            return _reads(body, node, field, target)

        for read, carriers in dependences(body, value, is_read):
            is_copied = read is value or any(binding.value is read for binding in carriers)
            is_changed = not is_copied or _is_changed(body, read, field, call)
            if is_changed and not is_locked(body, read, call):
                yield StaleUpdate(field, read, value, call)
                break


def _reads(body: Body, node: Expression, field: str, target: _Target) -> bool:
    """Whether an expression is the field as it was read: of the row, its dict, or alone."""
    match node:
        case MemberExpr(expr=NameExpr() as row, name=name) if name == field:
            if classes(body.type_of(row)) != (target.model,):
                return False
            by_row = {value_text(body, _member(row, key)) for key in _KEYS}
            return set(target.lookups.values()) <= by_row or _is_read_by(body, row, target)
        case IndexExpr(base=NameExpr() as row, index=StrExpr(value=name)) if name == field:
            return _is_read_by(body, row, target, ("values",))
        case NameExpr():
            return _is_read_by(body, node, target, ("values_list", field))
        case _:
            return False


def _member(row: NameExpr, name: str) -> MemberExpr:
    return MemberExpr(row, name)


def _is_read_by(body: Body, name: NameExpr, target: _Target, through: tuple[str, ...] = ()) -> bool:
    """Whether a local name holds what a query for the same row returned.

    ``through`` is a method that the query calls, with its first argument.
    """
    values = body.reaching_values(name)
    if len(values) != 1 or not isinstance(values[0], AwaitExpr):
        return False
    query = values[0].expr
    return (
        isinstance(query, CallExpr)
        and (not through or _goes_through(query, through))
        and any(
            rows.access is Access.READ
            and rows.model is target.model
            and _by_key(rows.lookups) == target.lookups
            for rows in rows_accessed(body, query)
        )
    )


def _goes_through(query: Node, through: tuple[str, ...]) -> bool:
    while isinstance(query, CallExpr) and isinstance(query.callee, MemberExpr):
        if query.callee.name == through[0]:
            names = [each.value for each in query.args[:1] if isinstance(each, StrExpr)]
            return tuple(names) == through[1:] or len(through) == 1
        query = query.callee.expr
    return False


def _is_changed(body: Body, read: Expression, field: str, update: CallExpr) -> bool:
    """Whether the attribute of the row was changed from its own value before it is written."""
    return (
        isinstance(read, MemberExpr)
        and isinstance(read.expr, NameExpr)
        and any(
            name == field and body.flow.reaches(change, update)
            for change, name in changes(body, read.expr)
        )
    )


def _by_key(lookups: Values) -> Values:
    return {("pk" if name in _KEYS else name): text for name, text in lookups.items()}
