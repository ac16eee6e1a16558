"""What a template does to the values that a body renders it with, and what runs a query of it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_NAMED,
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    SymbolNode,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.models import (
    QUERYSET,
    RAW_QUERYSET,
    is_column,
    is_single_relation,
    is_to_many,
)
from mypy_async_django.bridge.types import all_are, member
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.django import REQUEST
from mypy_async_django.catalogue.frameworks.installed import DECLARED_METHODS
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.catalogue.template_language import CONTEXT_OF_USERS
from mypy_async_django.index.abstract import Call, Instance, Passed
from mypy_async_django.index.paths import ITEM as ITEM_OF
from mypy_async_django.index.paths import At
from mypy_async_django.index.queries import Kind, Row
from mypy_async_django.index.resolution.callees import getter
from mypy_async_django.index.resolution.declared import declared_method, declaring_class
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse
from mypy_async_django.index.values.relations import may_be_set
from mypy_async_django.index.values.rendering import Item, Rendering, renderings
from mypy_async_django.index.values.requests import may_be_loaded
from mypy_async_django.index.values.result_cache import is_loaded
from mypy_async_django.index.values.sources import sources
from mypy_async_django.templates.usage import GIVEN, ITEM, OWN_TAG, ContextUse

#: Methods of a queryset or manager that a template may call, which stay lazy.
_LAZY: Final = frozenset({"all", "distinct", "none", "order_by", "reverse"})
#: Those that run a query, though all rows are in memory.
_QUERYING: Final = frozenset(
    {"aggregate", "count", "earliest", "exists", "first", "get", "iterator", "last", "latest"}
)
_ITERATED: Final = "QuerySet.__iter__"
#: The method that stands for all that render a form.
_RENDER: Final = "render"
_ON_PREFETCHED: Final = frozenset({"count", "exists"})


class RenderedQueryset(NamedTuple):
    """A queryset that a template evaluates; ``use`` is how, None if the template is not known."""

    call: CallExpr
    item: Item
    use: ContextUse | None


class RenderedRow(NamedTuple):
    """A row of which a template reads what is not loaded.

    ``name`` is the attribute that runs the query, of ``row``. ``way`` are the functions that read it,
    by full names, where the template calls one; ``operation`` is what these run.
    """

    call: CallExpr
    item: Item
    use: ContextUse
    row: Row
    name: str
    way: tuple[str, ...] = ()
    operation: str | None = None


class RenderedForm(NamedTuple):
    """A form that a template renders; ``way`` leads to the query, its title last."""

    call: CallExpr
    value: Expression
    use: ContextUse
    way: tuple[str, ...]


class RenderedTag(NamedTuple):
    """A tag of the project's in a template; ``way`` leads to the query, its title last.

    Or a context processor of the project's, without a ``use``.
    """

    call: CallExpr
    use: ContextUse | None
    way: tuple[str, ...]


class RenderedUser(NamedTuple):
    """A template that loads the user, or the session, of the request that it is rendered with.

    ``name`` is ``user`` or ``session``. ``is_replaceable`` says that a value in the context under
    that name would be taken instead.
    """

    call: CallExpr
    request: Expression
    use: ContextUse
    name: str
    is_replaceable: bool


def rendered_querysets(body: Body) -> Iterator[RenderedQueryset]:
    """Querysets that a template evaluates while a call of the body renders it."""
    for rendering in renderings(body):
        for item in rendering.items:
            if not _is_lazy(body, rendering, item):
                continue
            uses = rendering.uses_of(item)
            if uses is None:
                yield RenderedQueryset(rendering.call, item, None)
            elif found := _loudest(use for use in uses if _evaluates(body, use)):
                yield RenderedQueryset(rendering.call, item, found)


def _evaluates(body: Body, use: ContextUse) -> bool:
    """Whether a use of a queryset runs its query, also by a function of a tag library."""
    *path, last = use.path or ("",)
    if not last.startswith(GIVEN):
        return evaluates(use.path, use.use)
    return not path and bool(_given_way(body, last, QUERYSET))


def _given_call(step: str, class_: str) -> Call:
    """The call of a function of a tag library with an instance of a class."""
    name, _, parameter = step.removeprefix(GIVEN).rpartition(":")
    value = Instance(class_, given=("",))
    return Call(name, None, (Passed(ARG_NAMED.value, parameter, value),))


def _given_way(body: Body, step: str, class_: str) -> tuple[str, ...]:
    """The way to a query from a function of a tag library that gets an instance of a class."""
    call = _given_call(step, class_)
    if body.effects is None or body.catalogue.trusts(call.function):
        return ()
    way = body.effects.ways(_function(call.function), call=call).get(Effect.RAISES)
    return way.steps if way is not None else ()


def _is_lazy(body: Body, rendering: Rendering, item: Item) -> bool:
    """Whether a value of a context is a queryset that is not in memory."""
    if item.path:
        return bool(sources(body, item.value, item.path).queries)
    return all_are(body.type_of(item.value), QUERYSET, RAW_QUERYSET) and not is_loaded(
        body, ImplicitUse(item.value, Use.ITERATE, rendering.call)
    )


def rendered_forms(body: Body) -> Iterator[RenderedForm]:
    """Forms that a template renders, with fields whose choices are rows."""
    for rendering in renderings(body):
        for item in rendering.items:
            form = declaring_class(body.type_of(item.value)) if not item.path else None
            method = declared_method(form, _RENDER) if form is not None else None
            way = body.effects.path(method, Effect.RAISES) if method and body.effects else None
            uses = [use for use in rendering.uses_of(item) or () if _renders(use)] if way else []
            if way and uses:
                yield RenderedForm(rendering.call, item.value, uses[0], way.steps)


def rendered_tags(body: Body) -> Iterator[RenderedTag]:
    """Tags of the project in a template, and its context processors, whose functions query."""
    for rendering in renderings(body):
        for name in sorted(body.templates.processors) if rendering.request is not None else ():
            if not name.startswith("django.") and (way := _way_of(body, name)) is not None:
                yield RenderedTag(rendering.call, None, way)
                break
        for use in rendering.uses or ():
            if use.name == OWN_TAG and (way := _way_of_tag(body, use)) is not None:
                yield RenderedTag(rendering.call, use, way)
                break


def _way_of_tag(body: Body, use: ContextUse) -> tuple[str, ...] | None:
    """The way from the function of a tag to a query, that of a queryset which it returns too."""
    name, *place = use.path
    if not place:
        return _way_of(body, name)
    path = (At(place[0]),)
    found = body.effects.result(_function(name), path) if body.effects is not None else None
    is_lazy = found is not None and found[0].kind is Kind.QUERYSET
    return (name, _ITERATED) if is_lazy and evaluates(tuple(place[1:]), use.use) else None


def _function(name: str) -> Var:
    function = Var(name.rpartition(".")[2])
    function._fullname = name
    return function


def _way_of(body: Body, name: str) -> tuple[str, ...] | None:
    """The way from a function, by its full name, to a query; None if there is none."""
    function = _function(name)
    way = body.effects.path(function, Effect.RAISES) if body.effects is not None else None
    return None if way is None or body.catalogue.trusts(name) else way.steps


def _renders(use: ContextUse) -> bool:
    """Whether a use of a form, or of a set of forms, renders its fields."""
    path = use.path[1:] if use.path[:1] == (ITEM,) else use.path
    return use.use is Use.FORMAT and (not path or path[0] in DECLARED_METHODS or path == (ITEM,))


def evaluates(path: tuple[str, ...], use: Use | None) -> bool:
    """Whether a use of a queryset runs its query."""
    while path and path[0] in _LAZY:
        if path[0] == "none":
            return False
        path = path[1:]
    if not path:
        return use is not None
    return path[0] == ITEM or path[0].isdigit() or path[0] in _QUERYING


def _loudest(uses: Iterator[ContextUse]) -> ContextUse | None:
    """The first use whose exception gets out, or else the first."""
    found = list(uses)
    return min(found, key=lambda use: use.is_swallowed, default=None)


def rendered_rows(body: Body) -> Iterator[RenderedRow]:
    """Rows, and items of lists of rows, of which a template reads what their query did not load."""
    for rendering in renderings(body):
        for item in rendering.items:
            found = [
                row
                for use in rendering.uses_of(item) or ()
                if (row := _read(body, rendering, item, use))
            ]
            if found:
                yield min(found, key=lambda row: row.use.is_swallowed)


def _read(body: Body, rendering: Rendering, item: Item, use: ContextUse) -> RenderedRow | None:
    path, rows = use.path, sources(body, item.value, item.path).rows
    if not rows and path[:1] == (ITEM,):
        path = path[1:]
        rows = sources(body, item.value, (*item.path, ITEM_OF)).rows
        if _is_lazy(body, rendering, item):
            return None  # the queryset itself is reported
    missing = [_missing(body, row, path, use.use) for row in rows]
    first = missing[0] if missing else None
    if first is None or not all(missing):
        return None
    row, name, way, operation = first
    if path and not item.path and may_be_set(body, item.value, path[0], rendering.call):
        return None
    return RenderedRow(rendering.call, item, use, row, name, way, operation)


_Missing = tuple[Row, str, tuple[str, ...], str | None]


def _missing(body: Body, row: Row, path: tuple[str, ...], use: Use | None) -> _Missing | None:
    """The first step of a path from a row that runs a query, with the functions that do."""
    for position, name in enumerate(path):
        model = row.model
        if model is None:
            return None
        if name.startswith(GIVEN):
            return _in_function(body, row, model, name)
        if is_column(model, name):
            return None if row.has_column(name) else (row, name, (), None)
        if is_to_many(model, name):
            is_queried = _queries(path[position + 1 :], use, is_prefetched=row.has_prefetched(name))
            return (row, name, (), None) if is_queried else None
        if not is_single_relation(model, name):
            return _in_method(body, row, model, name)
        if not row.has_loaded(name):
            return row, name, (), None
        row = row.follow(name)
    model = row.model
    return _in_method(body, row, model, "__str__") if model and use is Use.FORMAT else None


def _queries(path: tuple[str, ...], use: Use | None, *, is_prefetched: bool) -> bool:
    """Whether a use of a relation to many rows runs a query; ``path`` goes on from the manager."""
    if not path or (path[0] not in _LAZY and path[0] not in _QUERYING):
        return False  # the manager itself
    if not is_prefetched:
        return evaluates(path, use)
    return path[0] in _QUERYING - _ON_PREFETCHED


def _in_method(body: Body, row: Row, model: TypeInfo, name: str) -> _Missing | None:
    """What a method or property of the project's reads that a row did not load, or queries."""
    found = member(model, name)
    function = _called(found[1].node) if found else None
    is_djangos = found is None or found[0].fullname.startswith("django.")
    if function is None or is_djangos or body.effects is None:
        return None
    way = body.effects.path(function, Effect.RAISES)
    if way is not None and not body.catalogue.trusts(function.fullname):
        return row, name, way.steps[:-1], way.steps[-1]
    return _needed(body, row, Call(function.fullname, Instance(model.fullname, given=("",))))


def _in_function(body: Body, row: Row, model: TypeInfo, step: str) -> _Missing | None:
    """The same of a function of a tag library that gets the row; not if it queries in any case."""
    if _way_of(body, _given_call(step, model.fullname).function) is not None:
        return None
    if way := _given_way(body, step, model.fullname):
        return row, step, way[:-1], way[-1]
    return _needed(body, row, _given_call(step, model.fullname))


def _needed(body: Body, row: Row, call: Call) -> _Missing | None:
    """What a call follows of a row that its query did not load."""
    if body.effects is None:
        return None
    for (_, *path), functions in body.effects.needs(call).items():
        if (missing := _missing(body, row, tuple(path), None)) is not None:
            return missing[0], missing[1], functions, None
    return None


def _called(node: SymbolNode | None) -> FuncDef | None:
    """The function that a template runs where it reads an attribute: it calls what can be called."""
    if (property_ := getter(node)) is not None:
        return property_
    function = node.func if isinstance(node, Decorator) else node
    if not isinstance(function, FuncDef) or function.is_coroutine or function.is_generator:
        return None
    needed = [kind for kind in function.arg_kinds[1:] if kind.is_required()]
    return None if needed or function.abstract_status else function


def rendered_users(body: Body, *, for_callers: bool = False) -> Iterator[RenderedUser]:
    """Templates that load the user or the session of a request before anything else has loaded them.

    With ``for_callers`` those of a request that the body was given.
    """
    for rendering in renderings(body):
        request = rendering.request
        if request is None or rendering.uses is None or not all_are(body.type_of(request), REQUEST):
            continue
        found = [
            RenderedUser(rendering.call, request, use, *loaded)
            for use in rendering.uses
            if (loaded := _loaded(body, rendering, use)) is not None
            and not may_be_loaded(body, request, loaded[0], rendering.call, for_callers=for_callers)
        ]
        if found:
            found.sort(key=lambda user: (user.use.is_swallowed, user.is_replaceable))
            yield found[0]


def _loaded(body: Body, rendering: Rendering, use: ContextUse) -> tuple[str, bool] | None:
    """What a use of a context processor's value loads, and whether the context may replace it."""
    processor = CONTEXT_OF_USERS.get(use.name)
    is_given = any(item.name in {use.name, None} for item in rendering.items)
    if processor not in body.templates.processors or is_given or not rendering.is_complete:
        return None
    match use.name, use.path:
        case "user", path if path or use.use is not None:
            return "user", True
        case "perms", (_, _, *_):
            return "user", False
        case "perms", (_,) if use.use is not None:
            return "user", False
        case "request", ("user", *path) if path or use.use is not None:
            return "user", False
        case "request", ("session", _, *_):
            return "session", False
        case _:
            return None
