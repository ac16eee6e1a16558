"""Transitive effects: calls that reach an operation through the project's sync functions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from mypy.nodes import (
    CallExpr,
    Expression,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    Node,
    RefExpr,
    Var,
    WithStmt,
)

from mypy_async_django.bridge.tree import walk
from mypy_async_django.catalogue.lookup import title
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.index.abstract import (
    UNKNOWN,
    Call,
    Created,
    Instance,
    Member,
    OneOf,
    ResultOf,
    Way,
)
from mypy_async_django.index.matches.abstraction import abstraction
from mypy_async_django.index.matches.actions import Dynamic, arguments_of, call_of, dynamic_uses
from mypy_async_django.index.matches.matches import api_of_function, matches
from mypy_async_django.index.matches.parameter_reads import coroutine_calls, request_loads
from mypy_async_django.index.resolution.call_targets import (
    Called,
    call_targets,
    keeps_result,
    run_at_once,
)
from mypy_async_django.index.resolution.cooperative_super import upward
from mypy_async_django.index.resolution.mocks import replaced_names
from mypy_async_django.index.resolution.offloading import is_called_early
from mypy_async_django.index.syntax.body import Body, Ways, once
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.operations import calls, function_named
from mypy_async_django.index.values.relations import may_be_set
from mypy_async_django.index.values.result_cache import is_consumed, takes_loaded, uses_loaded


class ReachedEffect(NamedTuple):
    """The expression that runs a function, and the call chain from there to the operation.

    ``path`` holds full names of functions, the operation's name last.
    """

    called: Called
    path: tuple[str, ...]
    is_memo: bool = False
    """Whether the result is cached on the way: it happens the first time only."""

    @property
    def node(self) -> Expression:
        """The expression that an error points at."""
        return self.called.node


def reached(body: Body, effect: Effect) -> Iterator[ReachedEffect]:
    """The operations of an effect that a body reaches through other functions, one for each node.

    Not through functions that the project trusts, nor where the catalogue speaks for the node. Nor
    what happens the first time only: that is what `reached_at_first` is for.
    """
    return (found for found in _reached(body, effect) if not found.is_memo)


def reached_at_first(body: Body, effect: Effect) -> Iterator[ReachedEffect]:
    """As `reached`, behind what caches the result; not where the body may have filled that before."""
    for found in _reached(body, effect):
        if found.is_memo and not _may_be_filled(body, found):
            yield found


def _reached(body: Body, effect: Effect) -> Sequence[ReachedEffect]:
    answers = _answers(body)
    if effect not in answers:
        answers[effect] = tuple(_each_reached(body, effect))
    return answers[effect]


@once
def _answers(body: Body) -> dict[Effect, Sequence[ReachedEffect]]:
    """What was found by `_reached`: several rules ask."""
    return {}


def _each_reached(body: Body, effect: Effect) -> Iterator[ReachedEffect]:
    if body.effects is None:
        return
    seen = {matched.node for matched in matches(body)}
    replaced = replaced_names(body)

    def way_of(called: Called, ways: Ways) -> Way | None:
        """The way to the effect; None where it counts already, or cannot happen."""
        way, node = ways.get(effect), called.node
        is_left_out = node in seen or way is None or _is_replaced(replaced, way)
        is_harmless = not is_left_out and isinstance(node, CallExpr) and _is_harmless(body, node)
        return None if is_left_out or is_harmless else way

    for called, ways in _ways_from_calls(body):
        way = way_of(called, ways)
        if way is None:
            continue
        if _uses_loaded(body, called):
            continue
        if keeps_result(body, called) and _may_be_kept(body, called.node):
            continue
        if not is_caught(body, called.node):
            seen.add(called.node)
            yield ReachedEffect(called, way.steps, way.is_memo)
    for called, ways in _ways_from_coroutines(body):
        way = way_of(called, ways)
        if way is not None and not is_caught(body, called.node):
            seen.add(called.node)
            yield ReachedEffect(called, way.steps, way.is_memo)
    for dynamic, ways in _ways_from_uses(body):
        node, way = dynamic.node, ways.get(effect)
        if way is None or node in seen or is_caught(body, node):
            continue
        if not _is_replaced(replaced, way):
            seen.add(node)
            decided = Var(dynamic.use.names[0])
            yield ReachedEffect(Called(node, decided, dynamic.implicit), way.steps, way.is_memo)
    for found in _handed_over(body, effect):
        if found.node not in seen and not is_caught(body, found.node):
            seen.add(found.node)
            yield found
    if effect is Effect.RAISES:
        for loading in request_loads(body):
            if loading.node not in seen and not is_caught(body, loading.node):
                seen.add(loading.node)
                yield ReachedEffect(Called(loading.node, loading.function), loading.way)


@once
def _ways_from_calls(body: Body) -> Sequence[tuple[Called, Ways]]:
    """What the body's nodes run that leads to operations, with the call chains there."""
    matched = {each.node for each in matches(body)}
    found: list[tuple[Called, Ways]] = []
    for called in call_targets(body):
        if called.node in matched or body.catalogue.is_opaque(called.function.fullname):
            continue
        if ways := _ways(body, called):
            found.append((called, ways))
    return found


#: Values whose class decides what an async function runs when it uses them.
_OBJECTS: Final = Created | Instance | Member | OneOf | ResultOf


@once
def _ways_from_coroutines(body: Body) -> Sequence[tuple[Called, Ways]]:
    """The same of async functions, for what they do with arguments: the rest they report themselves."""
    assert body.effects is not None
    found: list[tuple[Called, Ways]] = []
    for called, call in coroutine_calls(body):
        if not any(isinstance(each.value, _OBJECTS) for each in call.arguments):
            continue
        when = abstraction(body).condition(called.node)
        if ways := body.effects.ways(called.function, call=call, when=when):
            given = tuple(replace(each, value=UNKNOWN) for each in call.arguments)
            own = body.effects.ways(called.function, call=replace(call, arguments=given), when=when)
            found.append((called, {each: way for each, way in ways.items() if each not in own}))
    return found


@once
def _ways_from_uses(body: Body) -> Sequence[tuple[Dynamic, Ways]]:
    """The same of what the classes of values decide."""
    assert body.effects is not None
    return [(each, body.effects.dispatched(each.use)) for each in dynamic_uses(body)]


def _ways(body: Body, called: Called) -> Ways:
    """The call chains from what a node runs to operations, with what is passed there."""
    assert body.effects is not None
    if isinstance(called.function, LambdaExpr) or _is_inside(body, called):
        call = Call("", None, arguments_of(body, called), is_awaited=body.is_awaited(called.node))
    else:
        call = call_of(body, called)
    when = abstraction(body).condition(called.node)
    return body.effects.ways(called.function, upward(body, called), call, when)


def _may_be_filled(body: Body, found: ReachedEffect) -> bool:
    """Whether the cache on the way may be filled by then.

    One of the functions on the way was named before, the object used or handed on; or the code stands
    in, or after, a ``with`` statement, or a ``set`` of a context variable.
    """
    names = {step.rpartition(".")[2] for step in found.path[:-1]} | _SETTING
    inside = set(walk(found.node))
    owner = _owner(found.node)
    objects = body.definition_sites(owner) if owner is not None else frozenset()

    def fills(node: Node) -> bool:
        match node:
            case WithStmt():
                return True
            case FuncItem():
                return any(map(fills_inside, walk(node.body)))
            case NameExpr() if objects & body.definition_sites(node):
                return True
            case NameExpr(name=name) | MemberExpr(name=name):
                return name in names
            case _:
                return False

    def fills_inside(node: Node) -> bool:
        is_owner = owner is not None and isinstance(node, NameExpr) and node.node is owner.node
        return is_owner or fills(node)

    return any(
        node not in inside and fills(node) and body.flow.reaches(node, found.node)
        for node in body.nodes
    )


#: Methods that give a context variable its value.
_SETTING: Final = frozenset({"set"})


def _owner(node: Expression) -> NameExpr | None:
    """The local name of the object whose method or property is used."""
    match node:
        case CallExpr(callee=MemberExpr(expr=NameExpr() as owner)):
            return owner
        case MemberExpr(expr=NameExpr() as owner) | (NameExpr() as owner):
            return owner
        case _:
            return None


def _is_inside(body: Body, called: Called) -> bool:
    return isinstance(called.function, FuncDef) and body.is_nested(called.function)


def _is_replaced(replaced: frozenset[str], way: Way) -> bool:
    return any(name.rpartition(".")[2] in replaced for name in way.steps)


def _handed_over(body: Body, effect: Effect) -> Iterator[ReachedEffect]:
    """The methods of the catalogue that a call is given and runs: ``call_soon(books.count)``."""
    for call in calls(body):
        for argument in run_at_once(body, call):
            api, function = api_of_function(body, argument), function_named(body, argument)
            if api is None or not api.is_certain(effect) or not isinstance(function, FuncDef):
                continue
            if not isinstance(argument, MemberExpr) or not is_consumed(body, argument.expr):
                yield ReachedEffect(Called(call, function), (title(api),))


def _is_harmless(body: Body, call: CallExpr) -> bool:
    """Whether a mistake of another kind is reported of a call, or its queryset may be loaded."""
    return is_called_early(body, call) or takes_loaded(body, call)


def _uses_loaded(body: Body, called: Called) -> bool:
    """Whether a function inside the body uses a queryset that is in memory by then."""
    function = called.function
    if isinstance(function, Var) or not body.is_nested(function):
        return False
    return uses_loaded(body, function, called.node)


def _may_be_kept(body: Body, node: Expression) -> bool:
    """Whether the result may be there: the object was handed on, the function named before."""
    match node:
        case MemberExpr(expr=receiver, name=name):
            return may_be_set(body, receiver, name, node)
        case CallExpr(callee=RefExpr() as callee):
            return any(
                isinstance(other, RefExpr)
                and other is not callee
                and other.node is callee.node
                and body.flow.reaches(other, node)
                for other in body.nodes
            )
        case _:
            return False
