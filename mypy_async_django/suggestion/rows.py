"""Ways to load what a row lacks, and attributes to read in a thread."""

from mypy.nodes import CallExpr, MemberExpr, NameExpr, Node

from mypy_async_django.bridge.models import is_column, is_single_relation, is_to_many
from mypy_async_django.bridge.types import classes
from mypy_async_django.catalogue.row import Api
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.matches.parameter_reads import Lacking
from mypy_async_django.index.matches.rendered import RenderedQueryset, RenderedRow, RenderedUser
from mypy_async_django.index.queries import Row
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import Read
from mypy_async_django.index.values.relations import Unloaded
from mypy_async_django.suggestion.uses import all_rows
from mypy_async_django.suggestion.wording import arguments_of, in_place, in_thread, replacing
from mypy_async_django.templates.usage import ITEM


def for_read(body: Body, read: Read, api: Api) -> Note:
    """The note for a property that must not be read on the event loop."""
    twin = body.catalogue.twin(api)
    receiver = body.source.text(read.receiver)
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
    if row is None or row.given is not None or found.is_forgotten:
        return in_place(body, read.node, _read_in_thread(body, read))
    if not row.has_column(read.name):
        receiver = body.source.text(read.receiver)
        load = f'await {receiver}.arefresh_from_db(fields=["{read.name}"])'
        return f"Load the column in {_query(row, body)} or use {quoted(load)}"
    return _for_row(body, row, "__".join(_followed(body, read)))


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
    if found.row.given is None:
        return _for_row(body, found.row, found.name)
    is_named = isinstance(found.given, NameExpr | MemberExpr)
    row = body.source.text(found.given) if is_named else "..."
    return f"Load it in a thread with \"await sync_to_async(getattr)({row}, '{found.name}')\""


def for_rendered_row(body: Body, found: RenderedRow) -> str | Note:
    """The note for a row of which a template reads what is not loaded."""
    model = found.row.model
    if found.operation is not None or model is None or found.row.given is not None:
        return _rendered_in_thread(body, found.call)
    if is_column(model, found.name):
        return _rendered_in_thread(body, found.call)
    method = "prefetch_related" if is_to_many(model, found.name) else "select_related"
    return _for_row(body, found.row, "__".join(_relations(found)), method)


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
    if found.use is not None and found.use.path and found.use.path[0] != ITEM:
        return _rendered_in_thread(body, found.call)
    return in_place(body, found.value, all_rows(body, found.value))


def for_rendered_user(body: Body, found: RenderedUser) -> str | Note:
    """The note for a template that loads the user or the session of a request."""
    if not found.is_replaceable:
        return _rendered_in_thread(body, found.call)
    request = body.source.text(found.request)
    return f"Add to the context: \"'{found.name}': await {request}.auser()\""


def _rendered_in_thread(body: Body, call: CallExpr) -> Note:
    code = in_thread(body.source.text(call.callee), arguments_of(body, call)[1:-1], sensitive=True)
    return in_place(body, call, code)


def _for_row(body: Body, row: Row, name: str, method: str = "select_related") -> str | Note:
    """The note for a row whose query should have loaded a relation, by its lookup."""
    root = None if row.query.maker else row.query.root
    path = "__".join((*row.path, name))
    if root is None:
        return f"Add \"{method}('{path}')\" to {_query(row, body)}"
    text = body.source.text(root)
    manager = text if isinstance(root, MemberExpr) else f"{text}.objects"
    return replacing(body, root, f'{manager}.{method}("{path}")', text="Use {} in the query")


def _query(row: Row, body: Body) -> str:
    """The query of a row, in words."""
    root, maker = row.query.root, row.query.maker
    if maker or root is None:
        return f"the query in {maker}"
    return f"the query of {quoted(body.source.text(root))}"
