"""What a function reaches through the functions that it calls."""

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count, pairwise
from typing import Any, Final, NamedTuple, TypeAlias

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MypyFile,
    SymbolNode,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.models import may_lead_to_rows
from mypy_async_django.bridge.types import result_type
from mypy_async_django.catalogue.callbacks import Misuse
from mypy_async_django.catalogue.lookup import title
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.effects.asked import Asked
from mypy_async_django.effects.components import components
from mypy_async_django.effects.evaluation import (
    Environment,
    Evaluator,
    Target,
    bound,
    with_receiver,
)
from mypy_async_django.effects.summary import (
    DERIVED,
    ITEMS,
    LOADED,
    MADE,
    PARAMETER,
    SAME_AS,
    Names,
    Part,
    StoredResult,
    Summary,
)
from mypy_async_django.index.abstract import (
    ALWAYS,
    AWAITED,
    Action,
    All,
    Call,
    Condition,
    Created,
    Dispatch,
    Either,
    Follow,
    Not,
    Of,
    Operation,
    Parameter,
    Passed,
    Test,
    Way,
    is_small,
    roots,
)
from mypy_async_django.index.coroutines.returned_coroutines import may_return_coroutine
from mypy_async_django.index.paths import ITEM, LONGEST, AccessStep, At, Attribute, Path, after
from mypy_async_django.index.queries import Derived, Kind, Query, Result, Row, Step, built
from mypy_async_django.index.resolution.callees import CONSTRUCTORS
from mypy_async_django.index.syntax.body import HandedBack, Ways

_NOTHING: Final = Environment()
_MOST: Final = 20_000
"""Functions with what they are given that one question looks at; beyond, only their names count."""

_Goal: TypeAlias = tuple[Effect, bool] | Names
"""An effect, and whether it may be behind a memo; or an access path from a row of the caller."""


class _Next(NamedTuple):
    """The next step of the shortest call chain to a goal.

    ``via`` are functions that hand the call on. At the end, ``node`` is None and ``operation`` the
    title of what happens.
    """

    length: int
    via: Names
    node: "Reached | None"
    operation: str = ""


class _Edge(NamedTuple):
    """A function that another one runs, handed on by ``via``; ``is_memo`` if the first time only."""

    node: "Reached"
    via: Names
    is_memo: bool


class Reached:
    """A function with what it is given: what it does, runs, and reaches through what it runs.

    ``asked`` is None until all that is known. Of a node that ``is_plain``, and of all that it runs,
    only the names count.
    """

    __slots__ = ("asked", "edges", "is_plain", "names", "next", "own", "target")

    def __init__(self, target: Target, *, is_plain: bool) -> None:
        self.target = target
        self.is_plain = is_plain
        self.edges: list[_Edge] | None = None
        self.own: dict[_Goal, _Next] = {}
        self.next: dict[_Goal, _Next] = {}
        self.names: frozenset[str] = frozenset()
        self.asked: Asked | None = None

    def steps(self, goal: _Goal) -> Names:
        """The call chain to a goal; functions without a name of their own are left out."""
        found = [self.target.name]
        step = self.next[goal]
        while step.node is not None:
            found += [*step.via, step.node.target.name]
            step = step.node.next[goal]
        found += [*step.via, step.operation]
        return tuple(filter(None, dict.fromkeys(found)))

    def ways(self) -> Iterator[tuple[Effect, Way]]:
        """The shortest call chains to operations; behind a memo only where there is no other."""
        for goal in self.next:
            match goal:
                case (Effect() as effect, bool() as is_memo) if (
                    not is_memo or (effect, False) not in self.next
                ):
                    yield effect, Way(self.steps(goal), is_memo)
                case _:
                    pass

    def needs(self) -> Iterator[tuple[Names, Names]]:
        """The access paths from rows of the caller that are followed, with the call chains there."""
        for goal in self.next:
            if not isinstance(goal[0], Effect):
                yield goal, self.steps(goal)


class ReachableMemo:
    """What is known of the call graph, as long as no summary changes."""

    def __init__(self) -> None:
        self.nodes: dict[Hashable, Reached] = {}
        self.mentioned: dict[str, frozenset[str]] = {}

    def clear(self) -> None:
        """A summary has changed."""
        self.nodes.clear()
        self.mentioned.clear()


class _TooManyError(Exception):
    """More is reached than one question looks at."""


class CallGraph:
    """Follows summaries across modules; ``summary_named`` returns that of a function's full name.

    A function without a name of its own, nested in another or a lambda, is summarised by
    ``summary_of`` when asked for. ``api`` returns the catalogue's rows, ``is_followed`` says whether a
    function, by its full name, is the user's. ``asked`` collects the functions whose summaries were
    asked for: the answers depend on them. ``reachable`` keeps what is known of the graph.
    """

    def __init__(
        self,
        modules: Mapping[str, MypyFile],
        summary_named: Callable[[str], Summary],
        summary_of: Callable[[FuncItem, Part], Summary],
        api: Callable[[str], Api | None],
        class_named: Callable[[str], TypeInfo | None],
        reachable: ReachableMemo,
        is_followed: Callable[[str], bool],
    ) -> None:
        self._modules = modules
        self._summary_named = summary_named
        self._summary_of = summary_of
        self._api = api
        self._class_named = class_named
        self._reachable = reachable
        self._is_followed = is_followed
        self._evaluator = Evaluator(self._summary, class_named, api, self._defined)
        self._summaries: dict[str, Summary] = {}
        self._nested: dict[tuple[FuncItem, Part], Summary] = {}
        self.asked = Asked()

    def nested(self, function: FuncItem, part: Part = Part.DOES) -> Summary:
        """A part of the summary of a lambda, or of a function inside another."""
        key = function, part
        if key not in self._nested:
            self._nested[key] = Summary()  # what it may be asked for while it is worked out
            self._nested[key] = self._summary_of(function, part)
        return self._nested[key]

    def path(self, function: FuncItem | Var, effect: Effect) -> Way | None:
        """The shortest call chain from a function to an operation of the effect; None if there is none."""
        return self.ways(function).get(effect)

    def ways(
        self,
        function: FuncItem | Var,
        upward: Names = (),
        call: Call | None = None,
        when: Condition = ALWAYS,
    ) -> Ways:
        """The shortest call chains from a function to operations.

        ``call`` is how it is called, with what is passed, ``when`` the condition of that; its name
        is empty for a lambda, or a function inside another.
        ``upward`` is the ``super()`` chain that a mixin's method begins.
        """
        if isinstance(function, FuncItem) and call is not None and not call.function:
            name = "lambda" if isinstance(function, LambdaExpr) else function.fullname
            summary = self.nested(function)
            values = bound(summary.parameters, self._evaluator.arguments(call.arguments, _NOTHING))
            given = Environment(tuple(values.items()), _awaited(call))
            return self._ways([Target(name, summary, given, is_nested=True)])
        call = call or Call(function.fullname)
        target = self._called(call, when, _NOTHING)
        ways = self._ways([target])
        if upward:
            summary = target.summary
            summary = summary._replace(upward=(*summary.upward, upward))
            above = self._ways([target._replace(summary=summary, is_nested=True)])
            ways = {**above, **ways}
        return ways

    def dispatched(self, use: Dispatch) -> Ways:
        """The shortest call chains to operations, for a use that a value's class decides."""
        return self._ways(
            each
            for each in self._dispatched(use, _NOTHING)
            if isinstance(each, Operation) or not each.summary.is_coroutine
        )

    def _ways(self, starts: Iterable[Target | Operation]) -> Ways:
        found: dict[Effect, list[Way]] = defaultdict(list)
        for start in starts:
            if isinstance(start, Operation):
                found[start.effect].append(Way((start.title,)))
                continue
            for effect, way in self._reached_from(start).ways():
                found[effect].append(way)
        return {
            effect: min(ways, key=lambda way: (way.is_memo, len(way.steps)))
            for effect, ways in found.items()
        }

    def needs(self, use: Call | Dispatch, when: Condition = ALWAYS) -> Mapping[Names, Names]:
        """The access paths from rows in a call's arguments that are followed, and by which functions.

        Each path starts with the row's key.
        """
        starts: Iterable[Target | Operation]
        if isinstance(use, Call):
            starts = [self._called(use, when, _NOTHING)]
        else:
            starts = self._dispatched(use, _NOTHING)
        found: dict[Names, Names] = {}
        for start in starts:
            if isinstance(start, Target):
                for path, way in self._reached_from(start).needs():
                    found.setdefault(path, way)
        return found

    def _reached_from(self, start: Target) -> Reached:
        """All that is reached from a function; what others have asked for is known."""
        node = self._node(start, is_plain=False)
        try:
            self._solve(node)
        except _TooManyError:
            node = self._node(start, is_plain=True)
            self._solve(node)
        assert node.asked is not None
        self.asked.parts.add(node.asked)
        return node

    def _node(self, target: Target, *, is_plain: bool) -> Reached:
        if is_plain:
            target = target._replace(environment=_NOTHING)
        name = (target.name, id(target.summary)) if target.is_nested else target.name
        key = name, target.environment, is_plain
        node = self._reachable.nodes.get(key)
        if node is None:
            node = self._reachable.nodes[key] = Reached(target, is_plain=is_plain)
        return node

    def _solve(self, start: Reached) -> None:
        if start.asked is not None:
            return
        looked_at = count()

        def following(node: Reached) -> Iterable[Reached]:
            if not node.is_plain and next(looked_at) > _MOST:
                raise _TooManyError
            return [edge.node for edge in self._edges(node) if edge.node.asked is None]

        for component in components(start, following):
            self._finish(component)

    def _finish(self, component: Sequence[Reached]) -> None:
        """Work out what functions reach that run each other, when all else that they run is known."""
        asked = Asked()
        for node in component:
            asked.names |= node.names
            asked.parts.update(
                edge.node.asked for edge in self._edges(node) if edge.node.asked is not None
            )
        callers: dict[Reached, list[tuple[Reached, int, _Edge]]] = defaultdict(list)
        # The shortest first; of several, that of the first action.
        found: list[tuple[int, int, int, Reached, _Goal, _Next]] = []
        number = count()

        def add(node: Reached, goal: _Goal, place: int, step: _Next) -> None:
            if goal not in node.next:
                heappush(found, (step.length, place, next(number), node, goal, step))

        for node in component:
            for goal, step in node.own.items():
                add(node, goal, -1, step)
            for place, edge in enumerate(self._edges(node)):
                if edge.node.asked is None:
                    callers[edge.node].append((node, place, edge))
                else:
                    for goal, step in edge.node.next.items():
                        if (further := _further(edge, goal, step)) is not None:
                            add(node, goal, place, further)
        while found:
            *_, node, goal, step = heappop(found)
            if goal not in node.next:
                node.next[goal] = step
                for caller, place, edge in callers[node]:
                    if (further := _further(edge, goal, step)) is not None:
                        add(caller, goal, place, further)
        for node in component:
            node.asked = asked

    def _edges(self, node: Reached) -> Sequence[_Edge]:
        """What a function runs, with what it is given; what it does itself is noted."""
        if node.edges is None:
            asked, self.asked = self.asked, Asked()
            self.asked.names.add(node.target.name)
            node.edges = []
            try:
                self._expand(node, node.edges)
                node.names = frozenset(self.asked.names)
            finally:
                self.asked = asked
        return node.edges

    def _expand(self, node: Reached, edges: list[_Edge]) -> None:
        summary, environment = node.target.summary, node.target.environment
        if any(self._summary(called).is_probe for called in summary.called()):
            return  # it knows whether an event loop is running

        def found(goal: _Goal, via: Names = (), operation: str = "") -> None:
            node.own.setdefault(goal, _Next(len(via), via, None, operation))

        for giver, operation in summary.queries:
            if self._gives_query(giver):
                found((Effect.RAISES, False), (), operation)
                found((Effect.RAISES, True), (), operation)
        for action in summary.actions:
            holds = self._evaluator.holds(action.when, environment)
            if holds is False or (summary.is_installed and holds is None):
                continue
            if isinstance(action.does, Follow):
                for need in self._evaluator.follow(action.does, environment):
                    found(need.path)
                continue
            is_memo = self._is_memo(action, environment)
            for each in self._run(action, environment):
                if isinstance(each, Operation):
                    found((each.effect, True), (), each.title)
                    if not is_memo:
                        found((each.effect, False), (), each.title)
                else:
                    edges.append(_Edge(self._node(each, is_plain=node.is_plain), (), is_memo))
        via: Names = ()
        for is_first, below, above in self._handed_upward(summary):
            via = (below,) if is_first else (*via, below)
            if (api := self._api(above)) is None:
                target = Target(above, self._summary(above), _NOTHING)
                edges.append(_Edge(self._node(target, is_plain=node.is_plain), via, False))
            elif not api.when and not api.unless:
                found((api.effect, True), via, title(api))
                found((api.effect, False), via, title(api))

    def _is_memo(self, action: Action, environment: Environment) -> bool:
        """Whether an action happens the first time only; an object made just now has no memo yet."""
        if action.memo is None:
            return False
        return not isinstance(self._evaluator.value(action.memo, environment), Created)

    def _run(self, action: Action, environment: Environment) -> Iterable[Target | Operation]:
        """What an action runs, with the arguments put in."""
        match action.does:
            case Operation() as operation:
                return [operation]
            case Call() as call:
                return [self._called(call, action.when, environment)]
            case Follow():
                return ()
            case use:
                found = self._dispatched(use, environment)
                return (
                    self._narrowed(each) if isinstance(each, Target) else each for each in found
                )

    def _dispatched(self, use: Dispatch, environment: Environment) -> Iterable[Target | Operation]:
        value = self._evaluator.value(use.value, environment)
        arguments = self._evaluator.arguments(use.arguments, environment)
        for each in self._evaluator.use(replace(use, value=value), arguments):
            if isinstance(each, Operation) or each.is_nested or self._is_followed(each.name):
                yield each

    def _called(self, call: Call, when: Condition, environment: Environment) -> Target:
        """The function that a call runs, for the class of its receiver, with what it is given."""
        receiver, name = call.receiver, call.function
        if receiver is not None:
            receiver = self._evaluator.value(receiver, environment)
            name = self._evaluator.exact(name, receiver) if call.is_virtual else name
        arguments = self._evaluator.arguments(call.arguments, environment)
        if isinstance(receiver, Created) and not call.arguments:
            arguments = receiver.arguments if name.endswith(CONSTRUCTORS) else arguments
        target = self._evaluator.target(name, receiver, arguments)
        passed = {value.path: name for name, value in _own(target.summary.parameters, call)}
        moved = (
            (test.moved(passed[test.value.path[:1]]), holds)
            for test, holds in (*environment.assumed, *_tests(when))
            if test.value.path[:1] in passed
        )
        # Each once: a recursion passes the same test again and again.
        assumed = dict.fromkeys((*moved, *_awaited(call)))
        return self._narrowed(
            target._replace(environment=target.environment._replace(assumed=tuple(assumed)))
        )

    def _narrowed(self, target: Target) -> Target:
        """A function with the part of what it is given that it looks at; nothing that keeps growing."""
        if target.is_nested or target.environment == _NOTHING:
            return target
        mentioned = self._mentions(target.name)
        environment = Environment(
            tuple(
                each
                for each in target.environment.values
                if each[0] in mentioned and is_small(each[1])
            ),
            tuple(
                each for each in target.environment.assumed if each[0].value.path[0] in mentioned
            ),
        )
        return target._replace(environment=environment)

    def _mentions(self, function: str) -> frozenset[str]:
        """The parameters that what a function does depends on, itself or through what it calls."""
        mentioned = self._reachable.mentioned
        if function not in mentioned:

            def following(name: str) -> Iterable[str]:
                return [each for each in self._known(name).called() if each not in mentioned]

            for component in components(function, following):
                mentioned.update(dict.fromkeys(component, frozenset()))
                # What a call's arguments are counts where the callee looks at any of them.
                is_changed = True
                while is_changed:
                    is_changed = False
                    for name in component:
                        found = self._mentioned_in(self._known(name))
                        is_changed |= found != mentioned[name]
                        mentioned[name] = found
        return mentioned[function]

    def _mentioned_in(self, summary: Summary) -> frozenset[str]:
        found: set[str] = set()
        for action in summary.actions:
            found.update(roots(action.when))
            if action.memo is not None:
                found.update(roots(action.memo))
            match action.does:
                case Dispatch(value=value, arguments=arguments):
                    found.update(roots(value), roots(arguments))
                case Follow(value=value):
                    found.update(roots(value))
                case Call(function=called, receiver=receiver, arguments=arguments):
                    found.update(roots(receiver))
                    if self._reachable.mentioned[called]:
                        found.update(roots(arguments))
                case _:
                    pass
        return frozenset(found)

    def _gives_query(self, giver: str) -> bool:
        """Whether a function returns, or a variable holds, a queryset that is not evaluated."""
        _, facts, _, rest = self._given(giver)
        is_derived = facts[:1] == (DERIVED,) and facts[2] == Kind.QUERYSET.value
        return not rest and (is_derived or facts[:1] == (Kind.QUERYSET.value,))

    def _handed_upward(self, summary: Summary) -> Iterator[tuple[bool, str, str]]:
        """The methods of mixins that hand a function's calls on, with those that get them.

        And whether a chain of them begins.
        """
        for way in summary.upward:
            for place, (below, above) in enumerate(pairwise(way)):
                if not self._summary(below).is_cooperative:
                    break
                yield place == 0, below, above

    def result(self, function: FuncItem | Var, path: Path = ()) -> tuple[Result, Path] | None:
        """The rows at a path into what a function or its coroutine returns, or a variable keeps.

        With what is left of the path behind them. None if they are not known.
        """
        name, facts, steps, rest = self._given(function, path)
        is_stored = len(facts) > 1 and facts[0] not in {PARAMETER, ITEMS, MADE, DERIVED}
        stored = StoredResult(*facts) if is_stored else None
        if steps and (stored is None or stored.kind != Kind.QUERYSET.value or stored.path):
            return None
        model = self._class_named(stored.model) if stored else None
        if stored is None or model is None:
            return None
        query = Query(
            model,
            root=None,
            maker=f"{self.short(name)} ({self.file(name)})" if "." in name else name,
            selected=frozenset(stored.selected),
            all_selected=stored.all_selected,
            prefetched=frozenset(stored.prefetched),
            only=None if stored.only is None else frozenset(stored.only),
            deferred=frozenset(stored.deferred),
            parent=self._class_named(stored.parent) if stored.parent else None,
        )
        given = None if stored.given is None else frozenset(stored.given)
        further = self._expanded((*stored.later, *steps), set())
        if further is None:
            return None
        return Result(Kind(stored.kind), Row(built(query, further), stored.path, given)), rest

    def hands_back(self, function: FuncItem, path: Path = ()) -> HandedBack | None:
        """What of a parameter is at a path into what a function returns; None if it is not known."""
        own = self._summary_behind(function).result
        if own[:1] == (SAME_AS,) and not own[3:] and isinstance(function, FuncDef):
            owner, _, attribute = own[1].rpartition(".")
            if any(base.fullname == owner for base in (function.info.mro if function.info else ())):
                itself = function.arg_names[0] or "self"
                return HandedBack(itself, (Attribute(attribute), *own[2], *path), is_untouched=True)
        name, facts, _, rest = self._given(function, path)
        if facts[:1] != (PARAMETER,) or name != function.fullname:
            return None
        return HandedBack(facts[1], (*facts[2], *rest), is_untouched=facts[3])

    def makes(self, function: FuncItem | Var) -> str | None:
        """The full name of the class of the container or object that a function returns.

        None where it returns something else, or nothing is known of what is inside.
        """
        _, facts, steps, rest = self._given(function)
        if steps or rest or facts[:1] not in {(ITEMS,), (MADE,)}:
            return None
        if facts[0] == MADE:
            return str(facts[1])
        inside = [step for step, _ in facts[1:]]
        if ITEM in inside:
            return "builtins.list"
        is_tuple = all(isinstance(step, At) and isinstance(step.key, int) for step in inside)
        return "builtins.tuple" if is_tuple else "builtins.dict"

    def derives(self, function: FuncItem) -> Derived | None:
        """What a function returns of a queryset that it receives; None if that is not known."""
        return self._derived(function.fullname, set())

    def _derived(self, function: str, seen: set[str]) -> Derived | None:
        facts = self._summary(function, Part.RESULT).result
        if facts[:1] != (DERIVED,) or function in seen:
            return None
        steps = self._expanded(facts[3], {*seen, function})
        return None if steps is None else Derived(facts[1], Kind(facts[2]), steps)

    def _expanded(self, steps: tuple[Step, ...], seen: set[str]) -> tuple[Step, ...] | None:
        """Steps, the project's own methods replaced by theirs; None if one is unknown."""
        found: list[Step] = []
        for step in steps:
            if "." not in step[0]:
                found.append(step)
                continue
            derived = self._derived(step[0], seen)
            if derived is None or derived.kind is not Kind.QUERYSET:
                return None
            found += derived.steps
        return tuple(found)

    def gives_loaded(self, function: FuncItem | Var, path: Path = ()) -> bool:
        """Whether a function gives a queryset at a path that it has iterated, or may have."""
        _, facts, steps, rest = self._given(function, path)
        return facts == (LOADED,) and not steps and not rest

    def _summary_behind(self, function: FuncItem | Var) -> Summary:
        if not may_lead_to_rows(result_type(function)):
            return Summary()  # its type says it all
        is_named = not isinstance(function, LambdaExpr) and "." in function.fullname
        if is_named or not isinstance(function, FuncItem):
            return self._summary(function.fullname, Part.RESULT)
        return self.nested(function, Part.RESULT)

    def _given(
        self, function: FuncItem | Var | str, path: Path = ()
    ) -> tuple[str, tuple[Any, ...], tuple[Step, ...], Path]:
        """The facts at a path into a function's result, and the function that makes it.

        With what follows: the steps from there, and what is left of the path.
        """
        name = function if isinstance(function, str) else function.fullname
        summary = (
            self._summary(name, Part.RESULT)
            if isinstance(function, str)
            else self._summary_behind(function)
        )
        seen: set[tuple[str, Path]] = set()
        steps: tuple[Step, ...] = ()
        while (name, path) not in seen and len(path) <= LONGEST:
            seen.add((name, path))
            facts = summary.result
            while path and facts[:1] in {(ITEMS,), (MADE,)}:
                facts, path = self._part(facts, path[0]), path[1:]
            if facts[:1] != (SAME_AS,):
                return name, facts, steps, path
            _, name, before, *further = facts
            path, steps = (*before, *path), (*further, *steps)
            summary = self._summary(name, Part.RESULT)
        return name, (), (), ()

    def _part(self, facts: tuple[Any, ...], step: AccessStep) -> tuple[Any, ...]:
        """The facts one step into a container or object."""
        if facts[0] == ITEMS:
            found = {part for each, part in facts[1:] if after((step,), (each,)) is not None}
            return found.pop() if len(found) == 1 else ()
        _, made, *parts = facts
        info = self._class_named(made)
        if isinstance(step, At) and isinstance(step.key, int) and info is not None:
            names = info.metadata.get("namedtuple", {}).get("fields", ())
            step = Attribute(names[step.key]) if -len(names) <= step.key < len(names) else step
        if not isinstance(step, Attribute):
            return ()
        given = tuple(
            Passed(
                (ARG_NAMED if isinstance(key, str) else ARG_POS).value,
                key if isinstance(key, str) else None,
                Of((str(key),)),
            )
            for key, _ in parts
        )
        kept = self._evaluator.step(Created(made, given), step.name)
        keys = {str(key): part for key, part in parts}
        return keys.get(kept.path[0], ()) if isinstance(kept, Of) and len(kept.path) == 1 else ()

    def is_awaited(self, function: FuncItem) -> bool:
        """Whether a decorator that mypy has not found makes a coroutine function of a sync one."""
        return self._summary(function.fullname, Part.AWAITED).is_awaited

    def asks_for_loop(self, function: FuncItem) -> bool:
        """Whether a function finds out whether an event loop is running."""
        return self._summary(function.fullname).is_probe

    def closes_connections(self, function: FuncItem, way: Way) -> bool:
        """Whether a function, or one on the way from it to a query, closes its connections."""
        is_inside = isinstance(function, LambdaExpr) or "." not in function.fullname
        if is_inside and self.nested(function).closes_connections:
            return True
        return any(self._summary(step).closes_connections for step in way.steps[:-1])

    def uses_as_value(self, function: FuncItem, parameter: str) -> bool:
        """Whether a function only uses what a parameter gets as a value.

        One of the project's may await it, or see that it is; others that take anything do not.
        """
        if not self._is_followed(function.fullname):
            return True
        summary = self._summary(function.fullname, Part.TAKES)
        return summary.is_installed or parameter in summary.value_parameters

    def misuse_of_callback(self, function: FuncItem, parameter: str) -> Misuse | None:
        """What a function does with the coroutine, if a parameter receives a coroutine function.

        Itself, or the functions that it passes the parameter on to. None where one may await it.
        """
        found: list[Misuse] = []
        queue = [(function.fullname, parameter)]
        for name, here in queue:
            callbacks = self._summary(name, Part.TAKES).callbacks
            callback = next((each for each in callbacks if each.name == here), None)
            if callback is None:
                return None
            found += callback.misuses
            queue += [each for each in callback.passed_to if each not in queue]
        return next((each for each in Misuse if each in found), None)

    def coroutine_from(self, function: FuncItem) -> frozenset[str]:
        """The functions that a sync function calls to return a coroutine, by full names.

        Empty where it, or one of them, may return something else.
        """
        if not may_return_coroutine(function):
            return frozenset()
        made: set[str] = set()
        queue = [function.fullname]
        for name in queue:
            results = self._summary(name, Part.AWAITED).coroutine_from
            if not results:
                return frozenset()
            queue += [
                each.function
                for each in results
                if not each.is_coroutine and each.function not in queue
            ]
            made |= {each.function for each in results}
        return frozenset(made)

    def touched(self, function: FuncItem, parameter: str) -> frozenset[str] | None:
        """The attributes that a function reads, calls or sets on what a parameter receives.

        Those count too that functions use which it passes the value on to. None where it may do
        more with it, or nothing is known of one of the functions.
        """
        found: set[str] = set()
        queue = [(function.fullname, parameter)]
        for here in queue:
            summary = self._summary(here[0], Part.TOUCHES)
            touched = dict(summary.touches).get(here[1])
            if touched is None:
                return None
            found.update(touched)
            further = [(called, to) for name, called, to in summary.passes if name == here[1]]
            queue += [each for each in further if each not in queue]
        return frozenset(found)

    def file(self, function: str) -> str:
        """The file that a function stands in, or its package if that is an installed one.

        Empty for a function in a function.
        """
        tree = module_of(function, self._modules)
        if tree is not None and self._summary(function, Part.RESULT).is_installed:
            return f"package {tree.fullname.partition('.')[0]}"
        return os.path.relpath(tree.path) if tree else ""

    def short(self, function: str) -> str:
        """A function's name within its module."""
        tree = module_of(function, self._modules)
        return function.removeprefix(f"{tree.fullname}.") if tree else function

    def _defined(self, name: str) -> SymbolNode | None:
        """What a full name stands for at the top level of its module."""
        module, _, short = name.rpartition(".")
        tree = self._modules.get(module)
        symbol = tree.names.get(short) if tree is not None else None
        return symbol.node if symbol is not None else None

    def _summary(self, function: str, part: Part = Part.DOES) -> Summary:
        name = part.of(function)
        self.asked.names.add(name)
        return self._known(name)

    def _known(self, name: str) -> Summary:
        if name not in self._summaries:
            self._summaries[name] = self._summary_named(name)
        return self._summaries[name]


def module_of(function: str, modules: Mapping[str, MypyFile]) -> MypyFile | None:
    """The module that a function, by its full name, is defined in."""
    module = function
    while "." in module:
        module = module.rpartition(".")[0]
        if (tree := modules.get(module)) is not None:
            return tree
    return None


def _further(edge: _Edge, goal: _Goal, step: _Next) -> _Next | None:
    """The step to a goal of a function, for one that runs it; None if a memo is on the way."""
    if edge.is_memo and goal[1:] == (False,):
        return None
    return _Next(step.length + len(edge.via) + 1, edge.via, edge.node)


def _own(parameters: Sequence[Parameter], call: Call) -> Iterator[tuple[str, Of]]:
    """The parameters of a callee that get parameters of the caller as they came in."""
    for name, value in bound(parameters, with_receiver(call.receiver, call.arguments)).items():
        if isinstance(value, Of) and len(value.path) == 1:
            yield name, value


def _awaited(call: Call | None) -> tuple[tuple[Test, bool], ...]:
    """What is assumed of a function whose result is awaited."""
    return ((AWAITED, True),) if call is not None and call.is_awaited else ()


def _tests(condition: Condition, *, holds: bool = True) -> Iterator[tuple[Test, bool]]:
    """The tests that have been passed where a condition holds."""
    match condition:
        case Test():
            yield condition, holds
        case Not(condition=inner):
            yield from _tests(inner, holds=not holds)
        case All(conditions=conditions) if holds:
            for each in conditions:
                yield from _tests(each)
        case Either(conditions=conditions) if not holds:
            for each in conditions:
                yield from _tests(each, holds=False)
        case _:
            pass
