"""Lookups that load what a row lacks, and attributes to read in a thread."""

from collections.abc import Sequence
from typing import Final

from mypy.nodes import AssignmentStmt, CallExpr, Expression, MemberExpr, NameExpr, Node, TypeInfo

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    RelationKind,
    is_column,
    is_django_method,
    is_single_relation,
    is_to_many,
    relation,
)
from mypy_async_django.bridge.types import class_object, classes, is_a
from mypy_async_django.catalogue.row import Api
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.matches.parameter_reads import Lacking
from mypy_async_django.index.matches.rendered import RenderedQueryset, RenderedRow, RenderedUser
from mypy_async_django.index.queries import Query, Row
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import Read
from mypy_async_django.index.values.relations import Unloaded
from mypy_async_django.suggestion.uses import all_rows
from mypy_async_django.suggestion.wording import (
    arguments_of,
    call_in_thread,
    in_place,
    operand,
    replacing,
)
from mypy_async_django.templates.usage import ITEM


def for_read(body: Body, read: Read, api: Api) -> Note:
    """The note for a property that must not be read on the event loop."""
    twin = body.catalogue.twin(api)
    receiver = operand(body, read.receiver)
    if twin is not None:
        return in_place(body, read.node, f"await {receiver}.{twin}()")
    return in_place(body, read.node, _read_in_thread(body, read))


def _read_in_thread(body: Body, read: Read) -> str:
    receiver = body.source.text(read.receiver)
    if isinstance(read.node, CallExpr):
        return f"await sync_to_async({body.source.text(read.node.callee)}){arguments_of(body, read.node)}"
    return f'await sync_to_async(getattr)({receiver}, "{read.name}")'


def for_unloaded(body: Body, found: Unloaded) -> str | Note:
    """The note for a relation or column that the instance's query should have loaded."""
    row = found.rows[0] if found.rows else None
    read = found.read
    if row is None or _has_no_query(row) or found.is_forgotten:
        return in_place(body, read.node, _read_in_thread(body, read))
    if not row.has_column(read.name) and relation(row.query.model, read.name) is None:
        receiver = operand(body, read.receiver)
        load = f'await {receiver}.arefresh_from_db(fields=["{read.name}"])'
        return f"Load the column in {_query(row, body)} or use {quoted(load)}"
    return _for_row(body, row, _followed(body, read))


def _has_no_query(row: Row) -> bool:
    """Whether there is no query in the project that could load more of a row."""
    return row.given is not None or (row.query.root is None and not row.query.maker)


def _followed(body: Body, read: Read) -> list[str]:
    """The relations that the expression around a read follows from it: ``author.publisher``."""
    names = [read.name]
    node: Node = read.node
    while isinstance(parent := body.parent(node), MemberExpr):
        infos = classes(body.type_of(parent.expr))
        if not infos or not all(is_single_relation(info, parent.name) for info in infos):
            break
        names.append(parent.name)
        node = parent
    return names


def for_lacking(body: Body, found: Lacking) -> str | Note:
    """The note for what a function reads on an instance that has not loaded it."""
    if not _has_no_query(found.row):
        return _for_row(body, found.row, [found.name])
    is_named = isinstance(found.given, NameExpr | MemberExpr)
    row = body.source.text(found.given) if is_named else "..."
    model = found.row.model
    if found.row.path or (model is not None and is_to_many(model, found.name)):
        lookup = "__".join((*found.row.path, found.name))
        return f"Load it with \"await aprefetch_related_objects([{row}], '{lookup}')\""
    return f"Load it in a thread with \"await sync_to_async(getattr)({row}, '{found.name}')\""


def for_rendered_row(body: Body, found: RenderedRow) -> str | Note:
    """The note for a row of which a template reads what is not loaded."""
    model = found.row.model
    if found.operation is not None or model is None or found.row.given is not None:
        return rendered_in_thread(body, found.call)
    if is_column(model, found.name):
        return rendered_in_thread(body, found.call)
    return _for_row(body, found.row, _relations(found))


def _relations(found: RenderedRow) -> list[str]:
    """The relation to load, with those to one row that the template follows from it."""
    names = [found.name]
    row, path = found.row, found.use.path
    if not found.way and found.name in path:
        for name in path[path.index(found.name) + 1 :]:
            row = row.follow(names[-1])
            if row.model is None or not is_single_relation(row.model, name):
                break
            names.append(name)
    return names


def for_rendered_queryset(body: Body, found: RenderedQueryset) -> Note:
    """The note for a queryset that a template evaluates: a list has not the methods of one."""
    is_asked = found.use is not None and found.use.path and found.use.path[0] != ITEM
    if is_asked or found.item.path:
        return rendered_in_thread(body, found.call)
    return in_place(body, found.item.value, all_rows(body, found.item.value))


def for_rendered_user(body: Body, found: RenderedUser) -> str | Note:
    """The note for a template that loads the user or the session of a request."""
    if not found.is_replaceable:
        return rendered_in_thread(body, found.call)
    request = body.source.text(found.request)
    return f"Add to the context: \"'{found.name}': await {request}.auser()\""


def rendered_in_thread(body: Body, call: CallExpr) -> Note:
    """The note to render in a thread."""
    return in_place(body, call, call_in_thread(body, call, sensitive=True))


def _for_row(body: Body, row: Row, names: Sequence[str]) -> str | Note:
    """The note for a row whose query should have loaded a relation, or what is behind it."""
    lookup, method = _loading(row, (*row.path, *names))
    if method is None:
        return f'Load the column "{lookup}" in {_query(row, body)}'
    column = lookup.partition("__")[0]
    followed = relation(row.query.model, column)
    if followed is not None and followed.kind in _WITH_COLUMN and _leaves_out(row.query, lookup):
        return (
            f'Let {_query(row, body)} load the column "{column}", '
            f"and add \"{method}('{lookup}')\" to it"
        )
    root = None if row.query.maker else row.query.root
    extended = _extended(body, root) if root is not None else None
    if extended is None:
        return f"Add \"{method}('{lookup}')\" to {_query(row, body)}"
    code = body.source.text(extended)
    if class_object(body.type_of(extended)) is not None:
        code = f"{code}.objects"
    note = replacing(body, extended, f'{code}.{method}("{lookup}")', text="Use {} in the query")
    is_shared = isinstance(
        body.parent(extended), AssignmentStmt
    )  # a manager, not only for this query
    return note._replace(edit=None) if is_shared and extended is root else note


_WITH_COLUMN: Final = frozenset({RelationKind.KEY, RelationKind.ONE_TO_ONE})


def _leaves_out(query: Query, lookup: str) -> bool:
    """Whether a query may leave out columns that following a relation takes."""
    name, _, behind = lookup.partition("__")
    return not Row(query).has_column(name) or (query.only is not None and bool(behind))


def _loading(row: Row, path: Sequence[str]) -> tuple[str, str | None]:
    """The lookup for a path from a query's row, and the method that takes it; None for a column.

    ``select_related`` follows neither relations to many rows nor those to rows of any model, and
    nothing can be told of what is behind the latter.
    """
    model: TypeInfo | None = row.query.model
    method: str | None = "select_related"
    for position, name in enumerate(path):
        found = relation(model, name) if model is not None else None
        if found is None:
            return "__".join(path), None if model is not None else method
        if "select_related" not in found.loaded_by:
            method = "prefetch_related"
        if found.kind is RelationKind.GENERIC:
            return "__".join(path[: position + 1]), method
        model = found.target
    return "__".join(path), method


def _extended(body: Body, root: Expression) -> Expression | None:
    """The part of a query's chain on which to call a further method of Django's; None if unknown.

    That is the manager, or what the last of the project's own methods returns: such a method need
    not exist on what Django's methods return. ``select_related(None)`` undoes what stands before it.
    """
    found = node = root
    while isinstance(method := body.parent(node), MemberExpr):
        call = body.parent(method)
        if not isinstance(call, CallExpr) or call.callee is not method:
            break
        infos = classes(body.type_of(node))
        is_own = not all(is_django_method(info, method.name) for info in infos)
        node = call
        if is_own or body.source.text(call).endswith("_related(None)"):
            found = call
    infos = classes(body.type_of(found))
    is_query = found is root or (infos and all(is_a(info, QUERYSET, MANAGER) for info in infos))
    return found if is_query else None


def _query(row: Row, body: Body) -> str:
    """The query of a row, in words."""
    root, maker = row.query.root, row.query.maker
    if maker or root is None:
        return f"the query in {maker}"
    return f"the query of {quoted(body.source.text(root))}"
