"""Querysets whose rows are in memory already: using them costs no query."""

from collections.abc import Sequence
from typing import Final

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncItem,
    GeneratorExpr,
    IndexExpr,
    ListComprehension,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    SliceExpr,
)

from mypy_async_django.bridge.models import MANAGER, QUERYSET
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.django_contrib import ANSWERED_BY_LOADED_SESSIONS, SESSION
from mypy_async_django.catalogue.queries import query_method
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import (
    ImplicitUse,
    Read,
    called_name,
    calls,
    function_named,
    implicit_uses,
)
from mypy_async_django.index.values.escapes import has_escaped
from mypy_async_django.index.values.paginators import runs_no_query
from mypy_async_django.index.values.provenance import may_be_in_memory, related_row
from mypy_async_django.index.values.relations import may_be_set
from mypy_async_django.index.values.requests import is_session_loaded
from mypy_async_django.index.values.sources import Argument, sources

#: Uses that evaluate a queryset as a whole.
_EVALUATING: Final = frozenset({Use.CONTAINS, Use.ITERATE, Use.LENGTH, Use.TRUTH})


def is_loaded(body: Body, operation: CallExpr | ImplicitUse | Read) -> bool:
    """Whether an operation on a queryset finds its rows in memory, as far as the body shows it.

    So it is after an ``async for`` over the same queryset, perhaps after it was handed on, and for
    ``author.books.all()`` where the query that found the author prefetched the books. Where the
    author came from somewhere else, whoever found it may have prefetched them: that counts as loaded
    unless the project wants relations taken strictly.
    """
    match operation:
        case ImplicitUse(value=value) | Read(receiver=value) if runs_no_query(body, value):
            return True
        case CallExpr(callee=MemberExpr(expr=value)) if runs_no_query(body, value):
            return True
        case ImplicitUse(value=session) if all_are(body.type_of(session), SESSION):
            return is_session_loaded(body, session)
        case CallExpr(callee=MemberExpr(expr=session, name=name)) if all_are(
            body.type_of(session), SESSION
        ):
            is_answered = f"{SESSION}.{name}" in ANSWERED_BY_LOADED_SESSIONS
            return is_answered and is_session_loaded(body, session)
        case ImplicitUse(value=queryset):
            return is_consumed(body, queryset) or _is_prefetched(body, queryset, implicit=True)
        case CallExpr(callee=MemberExpr(expr=queryset, name=name)):
            if query_method(name).in_memory and is_consumed(body, queryset):
                return True
            return query_method(name).prefetched and _is_prefetched(body, queryset, implicit=False)
        case _:
            return False


def uses_loaded(body: Body, function: FuncItem, call: Node) -> bool:
    """Whether a function inside the body uses a queryset that is in memory when it is called."""
    return any(
        isinstance(node, NameExpr)
        and body.flow.is_local(node)
        and (has_escaped(body, node, call) or _is_iterated(body, node, call))
        for node in walk(function.body)
    )


def takes_loaded(body: Body, call: CallExpr) -> bool:
    """Whether a call is given a queryset that may have its rows in memory by then."""
    return any(
        all_are(body.type_of(given), QUERYSET) and is_consumed(body, given) for given in call.args
    )


def is_consumed(body: Body, queryset: Expression) -> bool:
    """Whether a queryset may have its rows in memory: iterated before, handed on, given so."""
    return any(_is_consumed(body, whole) for whole in _wholes(body, queryset))


def _wholes(body: Body, queryset: Expression) -> list[Expression]:
    """A queryset and those that it may be a slice of: a slice of rows in memory is a list."""
    found = [queryset]
    for value in found:  # grows; in a loop a name may be a slice of itself
        match value:
            case IndexExpr(index=SliceExpr()):
                further = [value.base]
            case NameExpr():
                further = [
                    each for each in body.reaching_values(value) if isinstance(each, IndexExpr)
                ]
            case _:
                further = []
        found += [each for each in further if each not in found]
    return found


def _is_consumed(body: Body, queryset: Expression) -> bool:
    match queryset:
        case IndexExpr(index=SliceExpr() as part):
            return part.stride is not None  # that makes a list
        case NameExpr() if (
            has_escaped(body, queryset, queryset)
            or _is_iterated(body, queryset, queryset)
            or _is_list(body, queryset)
            or _is_internally_used(body, queryset)
        ):
            return True
        case MemberExpr(expr=NameExpr() as owner) if all_are(body.type_of(queryset), QUERYSET):
            return (
                _is_iterated(body, queryset, queryset)
                or _is_at_work(body, owner, queryset)
                or _is_given_loaded(body, queryset)
            )
        case _:
            return _is_given_loaded(body, queryset) or is_empty(body, queryset)


def _is_internally_used(body: Body, queryset: NameExpr) -> bool:
    """Whether a special or private attribute of a queryset is used before: it may fill the cache."""
    return any(
        used.name.startswith("_")
        and _is_same(body, used.expr, queryset)
        and body.flow.reaches(used, queryset)
        for used in body.every(MemberExpr)
        if isinstance(used.expr, NameExpr)
    )


def _is_at_work(body: Body, owner: NameExpr, before: Node) -> bool:
    """Whether a method of an object runs before a node, in a thread or awaited."""
    return any(
        _is_same(body, other, owner) and body.flow.reaches(call, before)
        for call, other in _at_work(body)
    )


@once
def _at_work(body: Body) -> Sequence[tuple[CallExpr, NameExpr]]:
    """The calls that are awaited, with the objects whose methods they call, or hand to a thread."""
    return [
        (call, method.expr)
        for call in calls(body)
        for method in ([*call.args, call.callee] if body.is_awaited(call) else call.args)
        if isinstance(method, MemberExpr) and isinstance(method.expr, NameExpr)
        if function_named(body, method) is not None
    ]


def _is_same(body: Body, one: Expression, other: Expression) -> bool:
    """Whether two names, or the same attribute of them, refer to the same object."""
    match one, other:
        case NameExpr(), NameExpr():
            made = body.definition_sites(one)
            return bool(made & body.definition_sites(other)) if made else one.node is other.node
        case MemberExpr(), MemberExpr():
            return one.name == other.name and _is_same(body, one.expr, other.expr)
        case _:
            return False


def is_empty(body: Body, queryset: Expression) -> bool:
    """Whether a queryset is the result of ``none()``: it has no rows, and runs no query."""
    queue, seen = [queryset], {queryset}
    for value in queue:  # grows; in a loop a name may be made of itself
        match value:
            case CallExpr(callee=MemberExpr(expr=rows, name=name)):
                if not all_are(body.type_of(rows), QUERYSET, MANAGER):
                    return False
                further: tuple[Expression, ...] = () if name == "none" else (rows,)
            case IndexExpr(index=SliceExpr(), base=rows):
                further = (rows,)
            case NameExpr():
                further = body.reaching_values(value)
                if not further or value in further:
                    return False
            case _:
                return False
        queue += [each for each in further if each not in seen]
        seen.update(further)
    return True


def is_evaluated(body: Body, queryset: Expression, before: Node) -> bool:
    """Whether a sync function may evaluate a queryset before a node: its rows stay with it.

    Two that are combined may be one of them, where the other is empty.
    """
    if isinstance(queryset, OpExpr):
        return any(
            is_consumed(body, one) or is_evaluated(body, one, before)
            for one in (queryset.left, queryset.right)
        )
    if not isinstance(queryset, NameExpr):
        return False
    made = body.definition_sites(queryset)
    return any(
        use.use in _EVALUATING
        and isinstance(use.value, NameExpr)
        and body.definition_sites(use.value) & made
        and body.flow.reaches(use.value, before)
        for use in implicit_uses(body)
    )


def _is_given_loaded(body: Body, queryset: Expression) -> bool:
    return may_be_in_memory(body, queryset) or any(
        isinstance(value, AwaitExpr)
        and isinstance(value.expr, CallExpr)
        and all_are(body.type_of(value), QUERYSET)
        and _queries_in_thread(body, value.expr)
        for value in body.reaching_values(queryset)
    )


def _queries_in_thread(body: Body, call: CallExpr) -> bool:
    """Whether a thread runs a function that queries itself: what it returns may be evaluated."""
    offloaded = offloaded_by(body, call)
    function = function_named(body, offloaded.function) if offloaded is not None else None
    row = body.catalogue.api(function.fullname) if function is not None else None
    return row is not None and row.effect is Effect.RAISES


def _is_iterated(body: Body, queryset: NameExpr | MemberExpr, before: Node) -> bool:
    return any(
        body.flow.reaches(source, before) and _is_same(body, source, queryset)
        for source in _sources_of_async_loops(body)
    )


def _is_list(body: Body, name: NameExpr) -> bool:
    """Whether a name was bound anew to a list, against its declared type."""
    values = body.reaching_values(name)
    return bool(values) and all(isinstance(value, ListComprehension) for value in values)


@once
def _sources_of_async_loops(body: Body) -> Sequence[NameExpr | MemberExpr]:
    found: list[Expression] = []
    for node in body.nodes:
        if isinstance(node, ForStmt) and node.is_async:
            found.append(node.expr)
        elif isinstance(node, GeneratorExpr | DictionaryComprehension):
            found += [s for s, a in zip(node.sequences, node.is_async, strict=True) if a]
        elif isinstance(node, CallExpr) and called_name(body, node) == "builtins.aiter":
            found += node.args
    return [source for source in found if isinstance(source, NameExpr | MemberExpr)]


def _is_prefetched(body: Body, queryset: Expression, *, implicit: bool) -> bool:
    queue = [queryset]
    for value in queue:  # grows; in a loop a name may be a slice of itself
        match value:
            case IndexExpr(index=SliceExpr(), base=base):
                further: tuple[Expression, ...] = (base,)
            case NameExpr():
                further = body.reaching_values(value)
                if not further or value in further:
                    return False
            case _ if _is_prefetched_itself(body, value, implicit=implicit):
                further = ()
            case _:
                return False
        queue += [each for each in further if each not in queue]
    return True


def _is_passed(body: Body, instance: Expression) -> bool:
    found = sources(body, instance)
    return (
        body.effects is None
        and bool(found.items)
        and found.is_complete
        and all(isinstance(each, Argument) for each in found.items)
    )


def _is_prefetched_itself(body: Body, queryset: Expression, *, implicit: bool) -> bool:
    related = related_row(body, queryset)
    if related is None:
        return False
    manager, rows = related
    if may_be_set(body, manager.expr, manager.name, queryset):
        return True
    if not rows:
        # Of what a summarised function is passed, each caller knows what is loaded.
        return implicit and (not body.strict_relations or _is_passed(body, manager.expr))
    return any(row.has_prefetched(manager.name) for row in rows)
