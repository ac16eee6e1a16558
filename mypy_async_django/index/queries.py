"""Which query a queryset or a model instance came from, and what that query loads."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mypy.nodes import (
    ARG_NAMED,
    ARG_STAR2,
    AwaitExpr,
    CallExpr,
    Expression,
    IndexExpr,
    ListComprehension,
    MemberExpr,
    NameExpr,
    SliceExpr,
    StrExpr,
    TypeInfo,
)
from mypy.types import Instance

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    RELATED_MANAGERS,
    is_django_method,
    is_model,
    is_one_to_one,
    is_single_relation,
    may_be_null,
    model_class,
    related_model,
)
from mypy_async_django.bridge.types import class_object, class_of, is_a
from mypy_async_django.index.bindings import Binding, BindingKind
from mypy_async_django.index.body import Body
from mypy_async_django.index.offloading import Offloaded, offloaded_by

#: Queryset methods whose result has the same rows in the same state of loading.
_SAME_ROWS: Final = frozenset(
    [
        "aiterator",
        "alias",
        "all",
        "annotate",
        "complex_filter",
        "distinct",
        "exclude",
        "extra",
        "filter",
        "iterator",
        "order_by",
        "reverse",
        "select_for_update",
        "using",
    ]
)
_ONE_ROW: Final = frozenset(["earliest", "first", "get", "last", "latest"])
_OR_CREATE: Final = frozenset(["aget_or_create", "aupdate_or_create"])


@dataclass(frozen=True, slots=True)
class Query:
    """A queryset of which every step is known, by the lookups of what it loads.

    ``root`` is the expression of the manager it starts from. ``all_selected`` is the bare
    ``select_related()``. ``only`` is None where all columns are loaded but the ``deferred`` ones.
    ``parent`` is the model whose related manager it starts from: its rows know that parent.
    """

    model: TypeInfo
    root: Expression
    selected: frozenset[str] = frozenset()
    all_selected: bool = False
    prefetched: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    deferred: frozenset[str] = frozenset()
    parent: TypeInfo | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A model instance: a query's row, or what following ``path`` from such a row gives.

    For an instance made here ``given`` holds the names of the fields it was made with.
    """

    query: Query
    path: tuple[str, ...] = ()
    given: frozenset[str] | None = None

    def follow(self, name: str) -> "Row":
        """The row behind a relation of this one."""
        return replace(self, path=(*self.path, name))

    @property
    def model(self) -> TypeInfo | None:
        """The model of this instance."""
        model: TypeInfo | None = self.query.model
        for name in self.path:
            model = related_model(model, name) if model else None
        return model

    def has_loaded(self, name: str) -> bool:
        """Whether following a relation to one row needs no query."""
        if self.given is not None and not self.path:
            return name in self.given or f"{name}_id" not in self.given
        path = "__".join((*self.path, name))
        query = self.query
        if any(_covers(loaded, path) for loaded in query.selected | query.prefetched):
            return True
        if self.path and _is_way_back(self, name):
            return True
        if not self.path and query.parent is not None:
            return related_model(query.model, name) is query.parent
        return query.all_selected and not self._meets_null((*self.path, name))

    def has_prefetched(self, name: str) -> bool:
        """Whether a relation to many rows was prefetched."""
        path = "__".join((*self.path, name))
        return any(_covers(loaded, path) for loaded in self.query.prefetched)

    def has_column(self, name: str) -> bool:
        """Whether the row's query loaded a column."""
        if self.path or self.given is not None:
            return True
        names = {name, name.removesuffix("_id")}
        if self.query.only is not None:
            return name in {"id", "pk"} or bool(names & self.query.only)
        return not names & self.query.deferred

    def _meets_null(self, path: tuple[str, ...]) -> bool:
        model: TypeInfo | None = self.query.model
        for name in path:
            if model is None or may_be_null(model, name):
                return True
            model = related_model(model, name)
        return False


def _is_way_back(row: Row, name: str) -> bool:
    """Whether a one-to-one leads back to the row that this one was reached from."""
    model, before = row.model, replace(row, path=row.path[:-1]).model
    return (
        model is not None
        and before is not None
        and is_one_to_one(model, name)
        and is_one_to_one(before, row.path[-1])
        and related_model(model, name) is before
    )


def _covers(loaded: str, path: str) -> bool:
    return loaded == path or loaded.startswith(f"{path}__")


@lru_cache(maxsize=1)
def origins(body: Body) -> "Origins":
    """The origins of a body's values; every rule asks, the last answer is kept."""
    return Origins(body)


class Origins:
    """Follows local names back to the queries that their values came from."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._under_way: set[Expression] = set()

    def rows(self, expression: Expression) -> tuple[Row, ...]:
        """What a model instance may be, one row for each way it may have come; empty if unknown."""
        if expression in self._under_way:
            return ()
        self._under_way.add(expression)
        try:
            found = tuple(self._rows(expression))
        finally:
            self._under_way.discard(expression)
        return tuple(row for row in found if row) if all(found) else ()

    def query(self, expression: Expression) -> Query | None:
        """The query that a queryset expression builds; None where a step is unknown."""
        match expression:
            case NameExpr():
                values = self._body.values(expression)
                if len(values) == 1 and values[0] is not expression:
                    return self.query(values[0])
            case CallExpr(callee=MemberExpr() as method):
                return self._step(method, expression)
            case AwaitExpr(expr=CallExpr() as call):
                offloaded = offloaded_by(self._body, call)
                if offloaded and isinstance(offloaded.function, MemberExpr):
                    return self._step(offloaded.function, offloaded)
            case IndexExpr(index=SliceExpr()):
                return self.query(expression.base)
            case MemberExpr():
                return self._manager(expression)
        return None

    def related_row(self, queryset: Expression) -> tuple[MemberExpr, tuple[Row, ...]] | None:
        """For ``author.books.all()`` the expression of the manager, and what ``author`` may be."""
        match queryset:
            case CallExpr(callee=MemberExpr(name="all", expr=MemberExpr() as manager)):
                pass
            case MemberExpr() as manager:
                pass
            case _:
                return None
        info = class_of(self._body.type_of(manager))
        if info is None or not is_a(info, *RELATED_MANAGERS):
            return None
        return manager, self.rows(manager.expr)

    def _rows(self, expression: Expression) -> Iterator[Row | None]:
        match expression:
            case NameExpr():
                bindings = self._body.flow.reaching(expression)
                for binding in bindings:
                    yield from self._bound_rows(binding)
                if not bindings:
                    yield None
            case AwaitExpr():
                yield self._awaited(expression.expr)
            case IndexExpr(base=base) if not isinstance(expression.index, SliceExpr):
                yield _row(self._listed(base))
            case CallExpr() as call if info := class_object(self._body.type_of(call.callee)):
                yield _made(info, call)
            case MemberExpr() as read:
                for row in self.rows(read.expr) or (None,):
                    known = row is not None and row.model is not None
                    if known and is_single_relation(row.model, read.name):
                        yield row.follow(read.name)
                    else:
                        yield None
            case _:
                yield None

    def _bound_rows(self, binding: Binding) -> Iterator[Row | None]:
        value = binding.value
        match binding.kind, value:
            case _, None:
                yield None
            case ((BindingKind.ASSIGN | BindingKind.WALRUS), Expression()):
                if not binding.path:
                    yield from self.rows(value) or (None,)
                elif binding.path == (0,) and isinstance(value, AwaitExpr):
                    yield self._awaited(value.expr, _OR_CREATE)
                else:
                    yield None
            case ((BindingKind.ASYNC_FOR | BindingKind.ASYNC_COMPREHENSION), Expression()):
                yield None if binding.path else _row(self.query(value))
            case ((BindingKind.FOR | BindingKind.COMPREHENSION), Expression()):
                yield None if binding.path else _row(self._listed(value))
            case _:
                yield None

    def _awaited(self, expression: Expression, methods: frozenset[str] = frozenset()) -> Row | None:
        """The instance that awaiting a call gives."""
        if not isinstance(expression, CallExpr):
            return None
        offloaded = offloaded_by(self._body, expression)
        if offloaded is not None:
            return self._found_by(offloaded.function, offloaded, _ONE_ROW)
        twins = methods or frozenset(f"a{name}" for name in _ONE_ROW)
        return self._found_by(expression.callee, expression, twins)

    def _found_by(
        self, function: Expression, call: "CallExpr | Offloaded", methods: frozenset[str]
    ) -> Row | None:
        match function:
            case MemberExpr(name=name) if name in methods and self._is_django_query(function):
                return _row(self.query(function.expr))
            case MemberExpr(name="acreate" | "create") if self._is_django_query(function):
                info = self._model_of(function.expr)
                return _made(info, call) if info else None
            case NameExpr(name="aget_object_or_404" | "get_object_or_404") if call.args:
                source = call.args[0]
                model = class_object(self._body.type_of(source))
                return _row(Query(model, source) if model else self.query(source))
            case _:
                return None

    def _listed(self, expression: Expression) -> Query | None:
        """The query whose rows a list holds."""
        match expression:
            case NameExpr():
                values = self._body.values(expression)
                if len(values) == 1 and values[0] is not expression:
                    return self._listed(values[0])
            case ListComprehension(generator=generator):
                if len(generator.sequences) == 1 and _is_same_name(
                    generator.left_expr, generator.indices[0]
                ):
                    source = generator.sequences[0]
                    return (self.query if generator.is_async[0] else self._listed)(source)
            case AwaitExpr(expr=CallExpr() as call):
                offloaded = offloaded_by(self._body, call)
                if offloaded and offloaded.args and _is_list(offloaded.function):
                    return self.query(offloaded.args[0])
        return None

    def _manager(self, manager: MemberExpr) -> Query | None:
        type_ = self._body.type_of(manager)
        if not isinstance(type_, Instance) or not is_a(type_.type, MANAGER):
            return None
        model = model_class(type_)
        if model is None or not is_django_method(type_.type, "get_queryset"):
            return None
        if is_a(type_.type, *RELATED_MANAGERS):
            parent = class_of(self._body.type_of(manager.expr))
            return Query(model, manager, parent=parent)
        return Query(model, manager)

    def _step(self, method: MemberExpr, call: "CallExpr | Offloaded") -> Query | None:
        query = self.query(method.expr) if self._is_django_query(method) else None
        if query is None:
            return None
        if method.name in _SAME_ROWS:
            return query
        if method.name == "select_related" and _is_none(call.args):
            return replace(query, selected=frozenset(), all_selected=False)
        if call.args and all(name is None for name in call.arg_names):
            names = [_lookup(argument) for argument in call.args]
            lookups = frozenset(name for name in names if name is not None)
            if None in names:
                return None
        elif call.args:
            return None
        else:
            lookups = frozenset()
        return _with(query, method.name, lookups)

    def _is_django_query(self, method: MemberExpr) -> bool:
        info = class_of(self._body.type_of(method.expr))
        return (
            info is not None
            and is_a(info, QUERYSET, MANAGER)
            and is_django_method(info, method.name)
        )

    def _model_of(self, queryset: Expression) -> TypeInfo | None:
        type_ = self._body.type_of(queryset)
        return model_class(type_) if isinstance(type_, Instance) else None


def _with(query: Query, method: str, lookups: frozenset[str]) -> Query | None:
    match method:
        case "select_related":
            return replace(query, selected=query.selected | lookups, all_selected=not lookups)
        case "prefetch_related":
            return replace(query, prefetched=query.prefetched | lookups)
        case "only":
            return replace(query, only=frozenset(name.split("__")[0] for name in lookups))
        case "defer":
            return replace(query, deferred=query.deferred | lookups)
        case _:
            return None


def _lookup(argument: Expression) -> str | None:
    match argument:
        case StrExpr():
            return argument.value
        case CallExpr(callee=NameExpr(name="Prefetch"), args=[StrExpr() as name]):
            return name.value
        case CallExpr(callee=NameExpr(name="Prefetch"), args=[StrExpr() as name, _]):
            return name.value
        case _:
            return None


def _row(query: Query | None) -> Row | None:
    return Row(query) if query else None


def _made(model: TypeInfo, call: "CallExpr | Offloaded") -> Row | None:
    if not is_model(model) or ARG_STAR2 in call.arg_kinds:
        return None
    given = (
        name
        for name, kind in zip(call.arg_names, call.arg_kinds, strict=True)
        if kind == ARG_NAMED and name
    )
    made = call if isinstance(call, CallExpr) else call.node
    return Row(Query(model, made), given=frozenset(given))


def _is_none(args: list[Expression]) -> bool:
    return len(args) == 1 and isinstance(args[0], NameExpr) and args[0].name == "None"


def _is_same_name(left: Expression, right: Expression) -> bool:
    return isinstance(left, NameExpr) and isinstance(right, NameExpr) and left.node is right.node


def _is_list(function: Expression) -> bool:
    return isinstance(function, NameExpr) and function.fullname == "builtins.list"
