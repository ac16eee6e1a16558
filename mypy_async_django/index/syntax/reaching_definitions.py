"""Control flow and reaching definitions of one body."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Set
from functools import cached_property
from typing import Final

from mypy import nodes
from mypy.nodes import NameExpr, Node

from mypy_async_django.index.syntax.bindings import Binding, BindingKind
from mypy_async_django.index.syntax.control_flow_graph import Graph, graph_of
from mypy_async_django.index.syntax.reachability import Reachability
from mypy_async_django.index.syntax.scopes import Scopes, Variable


class Flow:
    """Control flow, definitions and uses in ``body``: a function, a lambda or a module's top level.

    Nested functions and lambdas are excluded, but their decorators and defaults are part of the
    body, as are classes and comprehensions. The analysis uses syntax only: any expression in a `try`
    can raise, and any condition except a literal `while True` can be true or false.
    """

    def __init__(self, body: nodes.FuncItem | nodes.MypyFile) -> None:
        self._body = body
        self._known: dict[NameExpr, frozenset[Binding]] = {}

    def is_reachable(self, node: Node) -> bool:
        """Whether ``node`` (for a block, its first statement) can be evaluated when the body runs."""
        if isinstance(node, nodes.Block):
            return any(statement in self._graph.steps for statement in node.body[:1])
        return node in self._graph.steps

    def reaches(self, start: Node, end: Node, avoiding: Collection[Node] = ()) -> bool:
        """Whether control can flow from ``start`` to ``end`` without passing any of ``avoiding``.

        Arguments are evaluated before their call. Pass the body itself for its beginning. From a
        node to itself: whether the node is in a loop.
        """
        steps = self._graph.steps
        starts, ends = steps.get(start, ()), steps.get(end, ())
        if not any(self._reachability.follows(starts, step) for step in ends):
            return False
        between = self._reachability.backwards(starts, ends, set(avoiding))
        return not avoiding or any(step in starts for step in between)

    def between(self, start: Node, end: Node, avoiding: Set[Node]) -> set[Node | None]:
        """The nodes after ``start`` from which control can flow to ``end`` without ``avoiding``."""
        steps = self._graph.steps
        between = self._reachability.backwards(steps.get(start, ()), steps.get(end, ()), avoiding)
        return {self._graph.node[step] for step in between}

    @property
    def has_implicit_return(self) -> bool:
        """Whether control can reach the end of the body, so that a function returns None there."""
        return bool(self._graph.ends)

    def bindings(self) -> tuple[Binding, ...]:
        """The reachable bindings of local names, in source order."""
        return self._in_order

    @cached_property
    def _in_order(self) -> tuple[Binding, ...]:
        return tuple(sorted(self._bits, key=lambda binding: _position(binding.node)))

    def is_local(self, name: NameExpr) -> bool:
        """Whether ``name`` refers to a variable of this body, not of an enclosing function or module."""
        return name in self._scopes.variable_of

    def is_captured(self, binding: Binding) -> bool:
        """Whether a nested function, lambda or class reads or binds the variable."""
        variable = self._scopes.bindings.get(binding)
        return variable is not None and variable.is_captured

    def reaching(self, use: NameExpr) -> frozenset[Binding]:
        """The reaching definitions of ``use``; empty if the name is not local.

        In a nested function or lambda these are all bindings of the variable, as it can run at any time.
        """
        variable = self._scopes.variable_of.get(use)
        if variable is None:
            return frozenset()
        if _is_bound_once_before(variable, use):
            return frozenset(variable.bindings)
        if use not in self._known:
            reached = self._reached_by(use, variable) & self._rivals[variable]
            found: list[Binding] = []
            while reached:
                lowest = reached & -reached
                found.append(self._reachable[lowest.bit_length() - 1])
                reached ^= lowest
            self._known[use] = frozenset(found)
        return self._known[use]

    def uses(self, binding: Binding) -> tuple[NameExpr, ...]:
        """The reads that ``binding`` reaches, in source order."""
        variable = self._scopes.bindings.get(binding)
        if variable is None:
            return ()
        reads = (*variable.reads, *variable.captured_reads)
        seeing = [read for read in reads if binding in self.reaching(read)]
        return tuple(sorted(seeing, key=_position))

    def _reached_by(self, use: NameExpr, variable: Variable) -> int:
        if use in variable.captured_reads:
            return _ALL
        reached = 0
        for step in self._graph.steps.get(use, ()):
            reached |= self._reached[step]
        return reached

    @cached_property
    def _graph(self) -> Graph:
        return graph_of(self._body)

    @cached_property
    def _reachability(self) -> Reachability:
        return Reachability(self._graph)

    @cached_property
    def _scopes(self) -> Scopes:
        return Scopes(self._body)

    @cached_property
    def _bits(self) -> dict[Binding, int]:
        """One bit for each reachable binding, so that sets of bindings are integers."""
        return {binding: 1 << index for index, binding in enumerate(self._reachable)}

    @cached_property
    def _reachable(self) -> list[Binding]:
        return [each for each in self._scopes.bindings if each.node in self._graph.steps]

    @cached_property
    def _rivals(self) -> Mapping[Variable, int]:
        """By variable, the bits of all its bindings."""
        rivals: dict[Variable, int] = defaultdict(int)
        for binding, bit in self._bits.items():
            rivals[self._scopes.bindings[binding]] |= bit
        return rivals

    @cached_property
    def _reached(self) -> list[int]:
        """The reaching definitions at the start of each step, as bit sets."""
        effects = self._effects()
        undone = {step: self._undone(steps) for step, steps in self._graph.raising.items()}
        begin = [0] * len(self._graph.before)
        end = [effects.get(step, _NO_EFFECT)[1] for step in range(len(begin))]
        changed = True
        while changed:
            changed = False
            for step, before in enumerate(self._graph.before):
                reached = 0
                for previous in before:
                    reached |= end[previous]
                for previous in undone.get(step, ()):
                    reached |= begin[previous]
                if reached != begin[step]:
                    keep, add = effects.get(step, _NO_EFFECT)
                    begin[step] = reached
                    end[step] = reached & keep | add
                    changed = True
        return begin

    def _effects(self) -> dict[int, tuple[int, int]]:
        """For each step that binds names: the bindings it preserves and those it generates."""
        effects: dict[int, tuple[int, int]] = {}
        for binding, bit in self._bits.items():
            others = ~self._rivals[self._scopes.bindings[binding]]
            for step in self._graph.steps[binding.node]:
                keep, add = effects.get(step, _NO_EFFECT)
                effects[step] = (keep & others, add & others | bit)
        return effects

    def _undone(self, steps: list[int]) -> list[int]:
        """Those of ``steps`` that can raise before their binding takes effect."""
        evaluated = [(step, self._graph.node[step]) for step in steps]
        return [
            step
            for step, node in evaluated
            if not isinstance(node, _QUIET) and node not in self._targets
        ]

    @cached_property
    def _targets(self) -> frozenset[Node]:
        return frozenset(b.node for b in self._bits if isinstance(b.node, NameExpr))


def _is_bound_once_before(variable: Variable, use: NameExpr) -> bool:
    """Whether the variable has one binding, before the use: then no data flow is needed."""
    if len(variable.bindings) != 1 or variable.is_captured:
        return False
    [binding] = variable.bindings
    return binding.kind is BindingKind.ARGUMENT or _position(binding.node) < _position(use)


def _position(node: Node) -> tuple[int, int]:
    return node.line, node.column


_ALL: Final = -1
_NO_EFFECT: Final = (_ALL, 0)
# Binding a name cannot raise, nor can these nodes, which delete bindings.
_QUIET: Final = (nodes.AssignmentStmt, nodes.TupleExpr, nodes.ListExpr, nodes.StarExpr, nodes.Block)
