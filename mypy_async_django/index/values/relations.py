"""Reads of a model instance that may need a query: relations to one row, deferred columns."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    Expression,
    FuncItem,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    UnaryExpr,
    Var,
)

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    is_column,
    is_model,
    is_single_relation,
)
from mypy_async_django.bridge.tree import is_none
from mypy_async_django.bridge.types import class_of, classes, is_a, member
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.index.queries import Row
from mypy_async_django.index.resolution.callees import getter
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.operations import (
    Read,
    attributes_in,
    implicit_uses,
    reads,
)
from mypy_async_django.index.syntax.path_conditions import conditions_before
from mypy_async_django.index.values.escapes import escapes
from mypy_async_django.index.values.identity import is_same, is_same_name, may_share
from mypy_async_django.index.values.inner_functions import received, run_here, uses
from mypy_async_django.index.values.provenance import rows_of
from mypy_async_django.index.values.sources import kept_attributes

_REFRESHING: Final = frozenset({"arefresh_from_db", "refresh_from_db"})
#: Attributes of a model instance that tell what it has loaded.
_STATE: Final = frozenset(
    {"__dict__", "_prefetched_objects_cache", "_state", "get_deferred_fields"}
)


class Unloaded(NamedTuple):
    """A read that runs a query; ``rows`` is what is known of the instance, empty if nothing.

    ``is_forgotten`` says that the query loaded the relation and a refresh made it forget that.
    """

    read: Read
    rows: tuple[Row, ...]
    is_forgotten: bool = False


def unloaded(body: Body) -> Iterator[Unloaded]:
    """Reads of relations and columns that the query which found the instance did not load.

    Instances of unknown origin count only where the project wants relations taken strictly. What
    an earlier read of the same attribute has loaded, or died of, is not read a second time.
    """
    seen: list[Read] = []
    for read in reads(body):
        info = class_of(body.type_of(read.receiver))
        if info is not None and not is_model(info):
            continue
        rows = rows_of(body, read.receiver)
        # "await books.afirst()" may be None, and "sync_to_async(list)(books)" has items of no type.
        info = info or (rows[0].model if rows else None)
        if info is None:
            continue
        if is_single_relation(info, read.name):
            loaded = _has_relation(body, rows, read)
        elif is_column(info, read.name) or read.name.endswith("_id"):
            loaded = not rows or any(row.has_column(read.name) for row in rows)
            loaded = loaded or _is_refreshed(body, read)
        else:
            continue
        if (
            not loaded
            and not is_caught(body, read.node)
            and not _is_key_null(body, read)
            and not may_be_set(body, read.receiver, read.name, read.node)
            and not _is_again(body, read, seen)
            and not is_caught(body, read.node)
        ):
            seen.append(read)
            yield Unloaded(read, rows, any(row.has_loaded(read.name) for row in rows))


def unloaded_inside(body: Body) -> Iterator[tuple[Body, Unloaded]]:
    """What functions inside the body read that it runs: relations that their rows' queries left out."""
    if body.is_coroutine:
        for inner in run_here(body):
            for found in unloaded(inner):
                model = found.rows[0].model if found.rows else None
                is_relation = model is not None and is_single_relation(model, found.read.name)
                if is_relation and found.rows[0].given is None and not found.is_forgotten:
                    yield inner, found


def _has_relation(body: Body, rows: tuple[Row, ...], read: Read) -> bool:
    if not rows:
        return not body.strict_relations
    if any(_follows_unloaded(row) for row in rows):
        return True
    forgotten = any(row.path == () for row in rows) and _is_refreshed(body, read, wholly=True)
    return not forgotten and any(row.has_loaded(read.name) for row in rows)


def _is_key_null(body: Body, read: Read) -> bool:
    """Whether the key of a relation was tested or set to be None: then there is nothing to load."""
    if any(
        is_none(assignment.rvalue) and body.flow.reaches(assignment, read.node)
        for assignment in body.every(AssignmentStmt)
        for target in attributes_in(assignment.lvalues)
        if _is_key_of(body, target, read)
    ):
        return True
    return any(
        _is_null(body, condition, read, holds=holds)
        for condition, holds in conditions_before(body, read.node)
    )


def _is_null(body: Body, condition: Expression, read: Read, *, holds: bool) -> bool:
    """Whether a condition that holds, or does not, says that the key of a relation is None."""
    match condition:
        case ComparisonExpr(operators=[operator], operands=[key, none]) if is_none(none):
            return holds is (operator in {"is", "=="}) and _is_key_of(body, key, read)
        case UnaryExpr(op="not", expr=inner):
            return _is_null(body, inner, read, holds=not holds)
        case OpExpr(op="and" | "or" as operator, left=left, right=right):
            return holds is (operator == "and") and any(
                _is_null(body, part, read, holds=holds) for part in (left, right)
            )
        case _:
            return not holds and _is_key_of(body, condition, read)


def _is_key_of(body: Body, key: Expression, read: Read) -> bool:
    return (
        isinstance(key, MemberExpr)
        and key.name == f"{read.name}_id"
        and is_same_name(body, key.expr, read.receiver)
    )


def _follows_unloaded(row: Row) -> bool:
    """Whether the instance itself comes of a mistake that is reported: ``a.b`` in ``a.b.c``."""
    if not row.path:
        return False
    return not Row(row.query, row.path[:-1], row.given).has_loaded(row.path[-1])


def _is_again(body: Body, read: Read, seen: list[Read]) -> bool:
    return any(
        other.name == read.name
        and is_same_name(body, other.receiver, read.receiver)
        and body.flow.reaches(other.node, read.node)
        for other in seen
    )


def _is_refreshed(body: Body, read: Read, *, wholly: bool = False) -> bool:
    """Whether ``book.arefresh_from_db``, or the sync one in a thread, comes before.

    It loads columns and, unless it is told what to load, forgets keys.
    """
    return any(
        isinstance(node, MemberExpr)
        and node.name in _REFRESHING
        and is_same(body, node.expr, read.receiver)
        and body.flow.reaches(node, read.node)
        and not (wholly and _is_told(body, node, "fields", "from_queryset"))
        for node in body.nodes
    )


def _is_told(body: Body, refresh: MemberExpr, *names: str) -> bool:
    """Whether a refresh, here or in a thread, is given one of some arguments."""
    return any(
        isinstance(node, CallExpr) and any(name in names for name in node.arg_names)
        for node in islice(body.ancestors(refresh), 2)
    )


def may_be_set(body: Body, instance: Expression, name: str, before: Node) -> bool:
    """Whether an attribute may have been loaded or assigned before, by this body or for it."""
    return _may_hold_more(body, instance, before, lambda target: target.name == name)


def may_be_changed(body: Body, instance: Expression, before: Node) -> bool:
    """Whether any relation may have been loaded or assigned before; columns do not count."""
    return _may_hold_more(body, instance, before, lambda target: not _is_of_column(body, target))


def may_have_loaded(body: Body, instance: Expression, before: Node) -> bool:
    """Whether a sync body may have loaded relations of an instance: it reads one, or calls a method.

    Django's own methods load none.
    """
    return not body.is_coroutine and any(
        body.flow.reaches(value, before) and may_share(body, value, instance)
        for value in _looked_into(body)
    )


def _looked_into(body: Body) -> Iterator[Expression]:
    """The instances that the body reads more of than a column, or puts into words."""
    for read in reads(body):
        info = class_of(body.type_of(read.receiver))
        own = member(info, read.name) if info else None
        is_djangos = own is not None and own[0].fullname.startswith("django.")
        is_lazy = info is not None and is_a(info, QUERYSET, MANAGER)
        if not is_djangos and not is_lazy and not (info and is_column(info, read.name)):
            yield read.receiver
    for use in implicit_uses(body):
        if use.use is Use.FORMAT:
            yield use.value


def _is_of_column(body: Body, target: MemberExpr) -> bool:
    infos = classes(body.type_of(target.expr))
    return bool(infos) and all(is_model(info) and is_column(info, target.name) for info in infos)


def _may_hold_more(
    body: Body, instance: Expression, before: Node, counts: Callable[[MemberExpr], bool]
) -> bool:
    """Whether an instance, or a row of a list, may hold more than its query loaded.

    So it is where it was handed on, where an assignment that ``counts`` gave it an attribute, and
    where the body asks it what it holds.
    """
    if isinstance(instance, MemberExpr) and _is_relation(body, instance):
        name = instance.name  # of ``a.b`` too what ``a`` may hold
        return _may_hold_more(body, instance.expr, before, lambda target: target.name == name)
    return _is_touched_around(body, instance, counts) or any(
        given is not instance
        and body.flow.reaches(node, before)
        and may_share(body, given, instance)
        for node, given in (
            *escapes(body),
            *(
                held
                for held in _holders_at_work(body)
                if held[0] is not before and not is_same(body, held[1], instance)
            ),
            *_each_touched(body, counts),
        )
    )


def _is_touched_around(
    body: Body, instance: Expression, counts: Callable[[MemberExpr], bool]
) -> bool:
    """Whether the function around may have loaded what a function inside it uses, before it runs."""
    around, function = body.around, body.function
    if around is None or not isinstance(function, FuncItem) or not isinstance(instance, NameExpr):
        return False
    meant: list[Expression] = [instance] if not body.flow.is_local(instance) else []
    for binding in body.flow.reaching(instance):
        meant += [handed.value for handed in received(body, binding) or ()]
        meant += [binding.value] if binding.value is not None else []
    runs = uses(around).get(function, ())
    calls = [call for call in runs if call is not None and not body.is_coroutine]
    return any(
        node is not function
        and node not in runs
        and (len(calls) < len(runs) or any(around.flow.reaches(node, call) for call in calls))
        and any(may_share(around, given, value) for value in meant)
        for node, given in (*escapes(around), *_each_touched(around, counts))
    )


@once
def _holders_at_work(body: Body) -> Sequence[tuple[Node, Expression]]:
    """The objects that may hold rows, where a method of theirs is used."""
    return [
        (used, used.expr)
        for used in body.every(MemberExpr)
        if isinstance(used.expr, NameExpr)
        and any(True for _ in kept_attributes(body, used.expr))
        and _is_method(body, used)
    ]


def _is_method(body: Body, used: MemberExpr) -> bool:
    info = class_of(body.type_of(used.expr))
    found = member(info, used.name) if info is not None else None
    property_ = getter(found[1].node) if found is not None else None
    if property_ is not None and body.effects is not None and body.effects.hands_back(property_):
        return False
    return found is None or not isinstance(found[1].node, Var)


def _is_relation(body: Body, read: MemberExpr) -> bool:
    """Whether an attribute is a model's, as far as the class is known."""
    owner = class_of(body.type_of(read.expr))
    return owner is None or is_model(owner)


def _each_touched(
    body: Body, counts: Callable[[MemberExpr], bool]
) -> Iterator[tuple[Node, Expression]]:
    """The instances whose attribute a node sets, or tests, or to which it adds rows of a query."""
    yield from _asked_or_refreshed(body)
    for node, target in _attributes_set(body):
        if counts(target):
            yield node, target.expr


@once
def _attributes_set(body: Body) -> Sequence[tuple[Node, MemberExpr]]:
    return [
        (node, target)
        for node in body.every(AssignmentStmt)
        for target in attributes_in(node.lvalues)
    ]


@once
def _asked_or_refreshed(body: Body) -> Sequence[tuple[Node, Expression]]:
    found = [(read.node, read.receiver) for read in reads(body) if read.name in _STATE]
    for call in body.every(CallExpr):
        match call:
            case CallExpr(callee=NameExpr(fullname="builtins.vars"), args=[instance]):
                found.append((call, instance))
            case _:
                pass
    found += (
        (node, node.expr)
        for node in body.every(MemberExpr)
        if node.name in _REFRESHING and _is_told(body, node, "from_queryset")
    )
    return found
