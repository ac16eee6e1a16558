"""What a function reaches through the functions that it calls."""

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from mypy.nodes import FuncItem, LambdaExpr, MypyFile, TypeInfo, Var

from mypy_async_django.catalogue.lookup import title
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.effects.summary import (
    DERIVED,
    ITEMS,
    LOADED,
    PARAMETER,
    SAME_AS,
    Names,
    StoredResult,
    Summary,
)
from mypy_async_django.index.queries import Derived, Kind, Query, Result, Row, Step, built
from mypy_async_django.index.resolution.callees import is_nested

Place = TypeVar("Place", str, tuple[str, str])


class Reachable(NamedTuple):
    """What is reached from a function: the ways to operations, and the functions that were asked."""

    ways: Mapping[Effect, tuple[str, ...]]
    asked: frozenset[str]


class CallGraph:
    """Follows summaries across modules; ``summary_named`` gives that of a function's full name.

    A function without a name of its own, nested in another or a lambda, is summarised by
    ``summary_of`` when asked for. ``api`` gives the catalogue's rows, ``is_project`` says whether a
    function, by its full name, is the user's. ``asked`` collects the functions whose summaries were
    asked for, by their full names: the answers depend on them. ``reachable`` keeps what is reached,
    as long as no summary changes.
    """

    def __init__(
        self,
        modules: Mapping[str, MypyFile],
        summary_named: Callable[[str], Summary],
        summary_of: Callable[[FuncItem], Summary],
        api: Callable[[str], Api | None],
        class_named: Callable[[str], TypeInfo | None],
        reachable: dict[str, Reachable],
        is_project: Callable[[str], bool],
    ) -> None:
        self._modules = modules
        self._summary_named = summary_named
        self._summary_of = summary_of
        self._api = api
        self._class_named = class_named
        self._reachable = reachable
        self._is_project = is_project
        self.asked: set[str] = set()

    def path(
        self, function: FuncItem | Var, effect: Effect, upward: Names = ()
    ) -> tuple[str, ...] | None:
        """The shortest way from a function to an operation of the effect.

        Full names of the functions on the way, the operation's name last; None where there is none.
        ``upward`` is the way on from the method of a mixin.
        """
        if not isinstance(function, Var) and is_nested(function):
            name = "lambda" if isinstance(function, LambdaExpr) else function.fullname
            reachable = self._reachable_from(name, self._summary_of(function))
        else:
            name = function.fullname
            if name not in self._reachable:
                self._reachable[name] = self._reachable_from(name, self._summary(name))
            reachable = self._reachable[name]
        self.asked |= reachable.asked
        if effect not in reachable.ways and upward:
            summary = self._summary(name)
            reachable = self._reachable_from(
                name, summary._replace(upward=(*summary.upward, upward))
            )
            self.asked |= reachable.asked
        return reachable.ways.get(effect)

    def _reachable_from(self, start: str, summary: Summary) -> Reachable:
        """All that is reached from a function, each summary read once."""
        asked, self.asked = self.asked, {start}
        summaries = {start: summary}
        came_from: dict[str, str | None] = {start: None}
        ways: dict[Effect, tuple[str, ...]] = {}
        for name in (queue := [start]):
            summary = summaries[name]
            for called in summary.calls:
                if called not in summaries:
                    summaries[called] = self._summary(called)
            if any(summaries[called].is_probe for called in summary.calls):
                continue  # it knows whether an event loop is running
            for effect, operations in summary.operations():
                if effect not in ways:
                    ways[effect] = (*_way(name, came_from), operations[0])
            for giver, operation in summary.queries:
                if Effect.RAISES not in ways and self._gives_query(giver):
                    ways[Effect.RAISES] = (*_way(name, came_from), operation)
            for called in summary.calls:
                if called not in came_from and not self._leads_nowhere(called):
                    came_from[called] = name
                    queue.append(called)
            for below, above in self._handed_upward(summary):
                came_from.setdefault(below, name)
                if (api := self._api(above)) is not None:
                    if not api.when and not api.unless:
                        ways.setdefault(api.effect, (*_way(below, came_from), title(api)))
                elif above not in came_from:
                    summaries[above] = self._summary(above)
                    came_from[above] = below
                    queue.append(above)
        reachable = Reachable(ways, frozenset(self.asked))
        self.asked = asked
        return reachable

    def _gives_query(self, giver: str) -> bool:
        """Whether a function gives, or a variable keeps, a queryset that is lazy still."""
        _, facts, _ = self._given(giver)
        is_derived = facts[:1] == (DERIVED,) and facts[2] == Kind.QUERYSET.value
        return is_derived or facts[:1] == (Kind.QUERYSET.value,)

    def _handed_upward(self, summary: Summary) -> Iterator[tuple[str, str]]:
        """The methods of mixins that hand a function's calls on, with those that get them."""
        for way in summary.upward:
            for below, above in pairwise(way):
                if not self._summary(below).is_cooperative:
                    break
                yield below, above

    def _leads_nowhere(self, function: str) -> bool:
        """Whether it is known that nothing is reached from a function."""
        reachable = self._reachable.get(function)
        if reachable is None or reachable.ways:
            return False
        self.asked |= reachable.asked
        return True

    def result(self, function: FuncItem | Var, place: int | None = None) -> Result | None:
        """What rows calling, and awaiting, a function gives; None if that is not known.

        Or what a variable keeps.

        Those at a place of the tuple that it gives, if there is a ``place``.
        """
        name, facts, steps = self._given(function.fullname, place)
        is_stored = len(facts) > 1 and facts[0] not in {PARAMETER, ITEMS, DERIVED}
        stored = StoredResult(*facts) if is_stored else None
        if steps and (stored is None or stored.kind != Kind.QUERYSET.value or stored.path):
            return None
        model = self._class_named(stored.model) if stored else None
        if stored is None or model is None:
            return None
        query = Query(
            model,
            root=None,
            maker=f"{self.short(name)} ({self.file(name)})",
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
        return Result(Kind(stored.kind), Row(built(query, further), stored.path, given))

    def hands_back(self, function: FuncItem) -> str | None:
        """The parameter that a function returns as it came in, on all ways out; or None."""
        facts = self._summary(function.fullname).result
        return facts[1] if facts[:1] == (PARAMETER,) else None

    def derives(self, function: FuncItem) -> Derived | None:
        """What a function returns of a queryset that it receives; None if that is not known."""
        return self._derived(function.fullname, set())

    def _derived(self, function: str, seen: set[str]) -> Derived | None:
        facts = self._summary(function).result
        if facts[:1] != (DERIVED,) or function in seen:
            return None
        steps = self._expanded(facts[3], {*seen, function})
        return None if steps is None else Derived(facts[1], Kind(facts[2]), steps)

    def _expanded(self, steps: tuple[Step, ...], seen: set[str]) -> tuple[Step, ...] | None:
        """Steps with those of the project's own methods in their place; None if one is unknown."""
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

    def gives_loaded(self, function: FuncItem | Var, place: int | None = None) -> bool:
        """Whether a function gives a queryset that it has iterated, or may have.

        One that stands at a place of the tuple that it gives, if there is a ``place``.
        """
        _, facts, steps = self._given(function.fullname, place)
        return facts == (LOADED,) and not steps

    def _given(
        self, function: str, place: int | None = None
    ) -> tuple[str, tuple[Any, ...], tuple[Step, ...]]:
        """The facts of what a function gives, with the function that makes it and what follows."""
        seen: set[str] = set()
        steps: tuple[Step, ...] = ()
        while function not in seen:
            seen.add(function)
            facts = self._summary(function).result
            if place is not None:
                items = facts[1:] if facts[:1] == (ITEMS,) else ()
                is_there = -len(items) <= place < len(items)
                facts, place = (items[place] if is_there else ()), None
            if facts[:1] != (SAME_AS,):
                return function, facts, steps
            function, steps = facts[1], (*facts[2:], *steps)
        return function, (), ()

    def is_awaited(self, function: FuncItem) -> bool:
        """Whether a decorator that mypy has not found makes a coroutine function of a sync one."""
        return self._summary(function.fullname).is_awaited

    def uses_as_value(self, function: FuncItem, parameter: str) -> bool:
        """Whether a function only uses what a parameter gets as a value.

        One of the project's may await it, or see that it is; others that take anything do not.
        """
        if not self._is_project(function.fullname):
            return True
        return parameter in self._summary(function.fullname).value_parameters

    def touched(self, function: FuncItem, parameter: str) -> frozenset[str] | None:
        """The attributes that a function reads, calls or sets on what a parameter receives.

        Those count too that functions use which it passes the value on to. None where it may do
        more with it, or nothing is known of one of the functions.
        """
        found: set[str] = set()
        queue = [(function.fullname, parameter)]
        for here in queue:
            summary = self._summary(here[0])
            touched = dict(summary.touches).get(here[1])
            if touched is None:
                return None
            found.update(touched)
            further = [(called, to) for name, called, to in summary.passes if name == here[1]]
            queue += [each for each in further if each not in queue]
        return frozenset(found)

    def needs(self, function: FuncItem, parameter: str) -> Iterator[tuple[Names, Names]]:
        """The attributes read on a parameter, and by which functions, the nearest first."""
        start = (function.fullname, parameter)
        came_from: dict[tuple[str, str], tuple[str, str] | None] = {start: None}
        queue = [start]
        for here in queue:
            summary = self._summary(here[0])
            for name, path in summary.needs:
                if name == here[1]:
                    yield tuple(path.split(".")), tuple(step[0] for step in _way(here, came_from))
            for name, called, to in summary.passes:
                if name == here[1] and (called, to) not in came_from:
                    came_from[called, to] = here
                    queue.append((called, to))

    def file(self, function: str) -> str:
        """The path of the file that a function stands in; empty for a function in a function."""
        tree = module_of(function, self._modules)
        return os.path.relpath(tree.path) if tree else ""

    def short(self, function: str) -> str:
        """A function's name within its module."""
        tree = module_of(function, self._modules)
        return function.removeprefix(f"{tree.fullname}.") if tree else function

    def _summary(self, function: str) -> Summary:
        self.asked.add(function)
        return self._summary_named(function)


def module_of(function: str, modules: Mapping[str, MypyFile]) -> MypyFile | None:
    """The module that a function, by its full name, is defined in."""
    module = function
    while "." in module:
        module = module.rpartition(".")[0]
        if (tree := modules.get(module)) is not None:
            return tree
    return None


def _way(end: Place, came_from: Mapping[Place, Place | None]) -> tuple[Place, ...]:
    way: list[Place] = []
    current: Place | None = end
    while current is not None:
        way.append(current)
        current = came_from[current]
    return tuple(reversed(way))
