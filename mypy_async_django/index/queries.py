"""Queries and model instances, by what was loaded of them."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from mypy.nodes import Expression, TypeInfo

from mypy_async_django.bridge.models import (
    is_one_to_one,
    is_reverse_one_to_one,
    may_be_null,
    related_model,
)

#: Queryset methods whose result has the same rows in the same state of loading.
SAME_ROWS: Final = frozenset(
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
#: Those that say what is loaded of each row.
EXTENDING: Final = frozenset(["defer", "only", "prefetch_related", "select_related"])

Step = tuple[str, tuple[str, ...]]
"""One of these methods with the lookups that it is given."""


class Query(NamedTuple):
    """A queryset of which every step is known, by the lookups of what it loads.

    ``root`` is the expression of the manager it starts from; where another function makes the
    query, ``maker`` names that instead. ``all_selected`` is the bare
    ``select_related()``. ``only`` is None where all columns are loaded but the ``deferred`` ones.
    ``parent`` is the model whose related manager it starts from: its rows know that parent.
    """

    model: TypeInfo
    root: Expression | None
    maker: str = ""
    selected: frozenset[str] = frozenset()
    all_selected: bool = False
    prefetched: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    deferred: frozenset[str] = frozenset()
    parent: TypeInfo | None = None


class Row(NamedTuple):
    """A model instance: a query's row, or what following ``path`` from such a row gives.

    For an instance made here ``given`` holds the names of the fields it was made with, and "pk"
    where it was stored.
    """

    query: Query
    path: tuple[str, ...] = ()
    given: frozenset[str] | None = None

    def follow(self, name: str) -> "Row":
        """The row behind a relation of this one."""
        return self._replace(path=(*self.path, name))

    @property
    def model(self) -> TypeInfo | None:
        """The model of this instance."""
        model: TypeInfo | None = self.query.model
        for name in self.path:
            model = related_model(model, name) if model else None
        return model

    def has_loaded(self, name: str) -> bool:
        """Whether following a relation to one row needs no query, or may need none."""
        if self._is_behind_given:
            return True
        if self.given is not None:
            if is_reverse_one_to_one(self.query.model, name):
                return not self.given & {"pk", "id"}
            return name in self.given or f"{name}_id" not in self.given
        path = "__".join((*self.path, name))
        query = self.query
        if any(_covers(loaded, path) for loaded in query.selected | query.prefetched):
            return True
        if self.path and _is_way_back(self, name):
            return True
        is_parent = query.parent is not None and related_model(query.model, name) is query.parent
        if is_parent and not self.path:
            return True
        return query.all_selected and not self._meets_null((*self.path, name))

    @property
    def _is_behind_given(self) -> bool:
        """Whether the instance was given to the one it is reached from, with what it has loaded."""
        if not self.path or self.given is not None:
            return bool(self.path)
        parent = self.query.parent
        return parent is not None and related_model(self.query.model, self.path[0]) is parent

    def has_prefetched(self, name: str) -> bool:
        """Whether a relation to many rows was prefetched."""
        path = "__".join((*self.path, name))
        return any(_covers(loaded, path) for loaded in self.query.prefetched)

    def has_column(self, name: str) -> bool:
        """Whether the row's query loaded a column."""
        if self.path or self.given is not None:
            return True
        names = {name, relation := name.removesuffix("_id")}
        if self.query.parent and related_model(self.query.model, relation) is self.query.parent:
            return True
        if any(_covers(loaded, relation) for loaded in self.query.prefetched):
            return True  # to look for the other side took the key
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
    model, before = row.model, row._replace(path=row.path[:-1]).model
    return (
        model is not None
        and before is not None
        and is_one_to_one(model, name)
        and is_one_to_one(before, row.path[-1])
        and related_model(model, name) is before
    )


def _covers(loaded: str, path: str) -> bool:
    return loaded == path or loaded.startswith(f"{path}__")


class Kind(Enum):
    """How many rows a function's result holds."""

    ROW = "row"
    ROWS = "rows"
    QUERYSET = "queryset"


class Result(NamedTuple):
    """What calling, and awaiting, a function gives."""

    kind: Kind
    row: Row


def built(query: Query, steps: Iterable[Step]) -> Query:
    """The query after further methods have been called on it."""
    for method, lookups in steps:
        query = _extended(query, method, frozenset(lookups))
    return query


def either(queries: Sequence[Query], steps: Iterable[Step]) -> Query | None:
    """The query that has loaded all that any of several may have, with any of the steps after it.

    None where their rows differ in kind.
    """
    found, *others = queries
    for query in others:
        if (query.model, query.parent) != (found.model, found.parent):
            return None
        found = _with_all(found, query)
    for method, lookups in steps:
        loading = _extended(found, method, frozenset(lookups))
        found = _with_all(found, loading)
    return found


def _with_all(one: Query, other: Query) -> Query:
    """The query with what is loaded by one or the other."""
    only = None if one.only is None or other.only is None else one.only | other.only
    left_out = [query.deferred for query in (one, other) if query.only is None]
    named = (one.only or frozenset()) | (other.only or frozenset())
    return one._replace(
        selected=one.selected | other.selected,
        all_selected=one.all_selected or other.all_selected,
        prefetched=one.prefetched | other.prefetched,
        only=only,
        deferred=frozenset.intersection(*left_out) - named if left_out else one.deferred,
    )


def _extended(query: Query, method: str, lookups: frozenset[str]) -> Query:
    match method:
        case "select_related":
            return query._replace(selected=query.selected | lookups, all_selected=not lookups)
        case "prefetch_related":
            return query._replace(prefetched=query.prefetched | lookups)
        case "only":
            return _only(query, frozenset(name.split("__")[0] for name in lookups))
        case "defer":
            return _deferred(query, lookups)
        case _:
            return query


def _only(query: Query, names: frozenset[str]) -> Query:
    """As Django does it: what was deferred stays so, and where nothing is left all is loaded."""
    return query._replace(only=names - query.deferred or None, deferred=frozenset())


def _deferred(query: Query, names: frozenset[str]) -> Query:
    if query.only is None:
        return query._replace(deferred=query.deferred | names)
    left = query.only - names
    return query._replace(only=left or None, deferred=frozenset() if left else names - query.only)
