"""Queries and model instances, by what was loaded of them."""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import reduce
from typing import Final, NamedTuple

from mypy.nodes import Expression, TypeInfo

from mypy_async_django.bridge.models import RelationKind, relation

Step = tuple[str, tuple[str, ...]]
"""A queryset method whose result is a queryset, with the lookups that it is given.

A method of the project's own goes by its full name: what it does is told by its summary.
"""


class Query(NamedTuple):
    """A queryset of which every step is known, by the lookups of what it loads.

    ``root`` is the expression of the manager it starts from; where another function makes the
    query, ``maker`` names that instead; a query of Django's own has neither. ``all_selected`` is the bare
    ``select_related()``. ``only`` is None where all columns are loaded but the ``deferred`` ones.
    ``parent`` is the model whose related manager it starts from: its rows know that parent.
    ``behind`` is what a prefetch of that relation loaded of its rows, None if that is unknown.
    ``queryset`` is the project's own class that it is known to be of, ``later`` are the steps from
    a method of such a class on, where its summary is not at hand.
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
    behind: frozenset[str] | None = frozenset()
    queryset: TypeInfo | None = None
    later: tuple[Step, ...] = ()

    @property
    def origin(self) -> tuple[object, ...]:
        """Distinguishes queries that begin at different expressions."""
        return (self.model, self.root, self.maker, self.parent, self.later)


class Row(NamedTuple):
    """A model instance: a query's row, or the instance that ``path`` leads to from such a row.

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
            model = _target(model, name)
        return model

    def has_loaded(self, name: str) -> bool:
        """Whether following a relation to one row needs no query, or may need none."""
        if self._is_behind_given:
            return True
        if self.given is not None:
            match _kind(self.query.model, name):
                case RelationKind.REVERSE_ONE_TO_ONE:
                    return not self.given & {"pk", "id"}
                case RelationKind.GENERIC:
                    return True  # by which fields it is given, is not to be seen
                case _:
                    pass
            return name in self.given or f"{name}_id" not in self.given
        path = "__".join((*self.path, name))
        query = self.query
        if any(_covers(loaded, path) for loaded in query.selected | query.prefetched):
            return True
        if self.path and _is_way_back(self, name):
            return True
        is_parent = query.parent is not None and _target(query.model, name) is query.parent
        if is_parent and not self.path:
            return True
        return query.all_selected and not self._meets_null((*self.path, name))

    @property
    def _is_behind_given(self) -> bool:
        """Whether the instance was given to the one it is reached from, with what it has loaded."""
        if not self.path or self.given is not None:
            return bool(self.path)
        parent = self.query.parent
        return parent is not None and _target(self.query.model, self.path[0]) is parent

    def has_prefetched(self, name: str) -> bool:
        """Whether a relation to many rows was prefetched."""
        path = "__".join((*self.path, name))
        return any(_covers(loaded, path) for loaded in self.query.prefetched)

    def has_column(self, name: str) -> bool:
        """Whether the row's query loaded a column."""
        if self.path or self.given is not None:
            return True
        names = {name, key := name.removesuffix("_id")}
        if self.query.parent and _target(self.query.model, key) is self.query.parent:
            return True
        if any(_covers(loaded, key) for loaded in self.query.prefetched):
            return True  # to look for the other side took the key
        if self.query.only is not None:
            return name in {"id", "pk"} or bool(names & self.query.only)
        return not names & self.query.deferred

    def _meets_null(self, path: tuple[str, ...]) -> bool:
        model: TypeInfo | None = self.query.model
        for name in path:
            found = relation(model, name) if model is not None else None
            if found is None or found.nullable:
                return True
            model = found.target
        return False


def _is_way_back(row: Row, name: str) -> bool:
    """Whether a one-to-one leads back to the row that this one was reached from."""
    model, before = row.model, row._replace(path=row.path[:-1]).model
    return (
        model is not None
        and before is not None
        and _kind(model, name) in _ONE_TO_ONE
        and _kind(before, row.path[-1]) in _ONE_TO_ONE
        and _target(model, name) is before
    )


_ONE_TO_ONE: Final = (RelationKind.ONE_TO_ONE, RelationKind.REVERSE_ONE_TO_ONE)


def _target(model: TypeInfo | None, name: str) -> TypeInfo | None:
    found = relation(model, name) if model is not None else None
    return found.target if found is not None else None


def _kind(model: TypeInfo, name: str) -> RelationKind | None:
    found = relation(model, name)
    return found.kind if found is not None else None


def _covers(loaded: str, path: str) -> bool:
    return loaded == path or loaded.startswith(f"{path}__")


class Kind(Enum):
    """How many rows a function's result holds."""

    ROW = "row"
    ROWS = "rows"
    QUERYSET = "queryset"


class Derived(NamedTuple):
    """What a function returns of a queryset that it receives for a parameter, after some steps."""

    parameter: str
    kind: Kind
    steps: tuple[Step, ...]


class Result(NamedTuple):
    """The result of a function, or of its coroutine."""

    kind: Kind
    row: Row


def built(query: Query, steps: Iterable[Step]) -> Query:
    """The query after further methods have been called on it."""
    for method, lookups in steps:
        query = _extended(query, method, frozenset(lookups))
    return query


def merged(queries: Sequence[Query]) -> Query | None:
    """The query that has loaded all that any of several may have; None where their rows differ."""
    if not queries or len({(query.model, query.parent) for query in queries}) > 1:
        return None
    return reduce(joined, queries)


def joined(one: Query, other: Query) -> Query:
    """The first query, with what is loaded by it or the other."""
    only = None if one.only is None or other.only is None else one.only | other.only
    left_out = [query.deferred for query in (one, other) if query.only is None]
    named = (one.only or frozenset()) | (other.only or frozenset())
    is_seen = one.behind is not None and other.behind is not None
    return one._replace(
        selected=one.selected | other.selected,
        all_selected=one.all_selected or other.all_selected,
        prefetched=one.prefetched | other.prefetched,
        only=only,
        deferred=frozenset.intersection(*left_out) - named if left_out else one.deferred,
        queryset=one.queryset if one.queryset is other.queryset else None,
        behind=(one.behind or frozenset()) | (other.behind or frozenset()) if is_seen else None,
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
