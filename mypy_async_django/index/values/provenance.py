"""Where querysets and model instances come from, as consumers ask for it."""

from mypy.nodes import CallExpr, Expression, MemberExpr, TypeInfo, Var

from mypy_async_django.bridge.models import MANAGER, QUERYSET, RELATED_MANAGERS, is_model
from mypy_async_django.bridge.types import class_of, is_a, member
from mypy_async_django.index.paths import ITEM, Path
from mypy_async_django.index.queries import Derived, Kind, Query, Result, Row, merged
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.values.sources import Argument, InMemory, Returned, sources


def rows_of(body: Body, expression: Expression) -> tuple[Row, ...]:
    """What a model instance may be, one row for each source; empty if one of them is unknown."""
    return sources(body, expression).rows


def query_of(body: Body, expression: Expression) -> Query | None:
    """The query of a queryset; of several it has loaded what any of them has. None if unknown."""
    found = merged(sources(body, expression).queries)
    return found if found is not None and found.behind is not None else None


def result_of(body: Body, value: Expression) -> Result | None:
    """The result of a function that returns this value; None if that is unknown."""
    found = query_of(body, value)
    if found is not None:
        return Result(Kind.QUERYSET, Row(found))
    row = _one(rows_of(body, value))
    if row is not None:
        return Result(Kind.ROW, row)
    whole = sources(body, value)
    row = (
        _one(sources(body, value, (ITEM,)).rows)
        if whole.is_container and whole.is_complete
        else None
    )
    return Result(Kind.ROWS, row) if row is not None else None


def row_at(body: Body, value: Expression, path: Path) -> Row | None:
    """The row at a path into a value; None if it is not one, or not known."""
    return _one(sources(body, value, path).rows)


def _one(found: tuple[Row, ...]) -> Row | None:
    """A row, where there is one or all of them are in the same state."""
    states = {row._replace(query=row.query._replace(root=None, maker="")) for row in found}
    return found[0] if len(states) == 1 else None


def built_on(body: Body, value: Expression) -> Returned | None:
    """The project's function, or attribute, that gave a value, and what is called on it."""
    found = sources(body, value)
    match found.items:
        case (Returned() as returned,) if found.is_complete:
            return returned
        case _:
            return None


def derived_from(body: Body, value: Expression) -> Derived | None:
    """The parameter that a queryset, a row of one or a list of rows is made from, by some steps."""
    for path, kind in (((), None), ((ITEM,), Kind.ROWS)):
        found = sources(body, value, path)
        match found.items:
            case (Argument(parameter=parameter, path=inside, steps=[_, *_] as steps),):
                if found.is_complete and inside in {(), (ITEM,)}:
                    is_row = inside == (ITEM,)
                    known = kind or (Kind.ROW if is_row else Kind.QUERYSET)
                    return Derived(parameter, known, tuple(steps))
            case _:
                pass
        if not found.is_container or not found.is_complete:
            return None
    return None


def may_be_in_memory(body: Body, queryset: Expression) -> bool:
    """Whether a function that gave a queryset may have iterated it."""
    return any(isinstance(source, InMemory) for source in sources(body, queryset).items)


def related_row(body: Body, queryset: Expression) -> tuple[MemberExpr, tuple[Row, ...]] | None:
    """For ``author.books.all()`` the expression of the manager, and what ``author`` may be."""
    match queryset:
        case CallExpr(callee=MemberExpr(name="all", expr=MemberExpr() as manager)):
            pass
        case MemberExpr() as manager:
            pass
        case _:
            return None
    info = class_of(body.type_of(manager))
    if info is None or not (
        is_a(info, *RELATED_MANAGERS) or _is_declared_relation(body, manager, info)
    ):
        return None
    return manager, rows_of(body, manager.expr)


def _is_declared_relation(body: Body, manager: MemberExpr, info: TypeInfo) -> bool:
    """Whether a model says of a relation itself that it is a queryset: ``books: QuerySet[Book]``."""
    owner = class_of(body.type_of(manager.expr))
    if owner is None or not is_model(owner) or not is_a(info, QUERYSET, MANAGER):
        return False
    found = member(owner, manager.name)
    return found is not None and isinstance(found[1].node, Var)
