"""Whether two expressions may have the same object as their value."""

from mypy.nodes import Expression, NameExpr

from mypy_async_django.index.paths import ANY, ITEM, Attribute, Path
from mypy_async_django.index.queries import Query, Row
from mypy_async_django.index.syntax.body import Body, once_each
from mypy_async_django.index.values.sources import kept_attributes, sources


def is_same(body: Body, one: Expression, other: Expression) -> bool:
    """Whether two expressions may have the same object: it may come from the same source."""
    if is_same_name(body, one, other):
        return True
    return not _identities(body, one).isdisjoint(_identities(body, other))


def is_same_name(body: Body, one: Expression, other: Expression) -> bool:
    """Whether two expressions are local names that may be bound to the same object."""
    return (
        isinstance(one, NameExpr)
        and isinstance(other, NameExpr)
        and bool(body.definition_sites(one) & body.definition_sites(other))
    )


def may_share(body: Body, one: Expression, other: Expression) -> bool:
    """Whether two values may be the same object, or contain the same.

    Rows of the same query count as the same object, as do items of one list.
    """
    return is_same_name(body, one, other) or not _reached(body, one).isdisjoint(
        _reached(body, other)
    )


@once_each
def _reached(body: Body, expression: Expression) -> frozenset[object]:
    kept = (Attribute(name) for name in kept_attributes(body, expression))
    paths: tuple[Path, ...] = ((), (ITEM,), (ANY,), *((each,) for each in kept))
    return frozenset().union(*(_identities(body, expression, path) for path in paths))


def _identities(body: Body, expression: Expression, path: Path = ()) -> frozenset[object]:
    """What the sources of a value have in common with those of the same object."""
    found = sources(body, expression, path)
    return frozenset(
        (each.query.origin, each.path) if isinstance(each, Row) else each
        for each in (*found.items, *found.unknown)
        if not isinstance(each, Query)  # each of its methods makes another
    )
