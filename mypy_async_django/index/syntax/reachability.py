"""Which steps of a control flow graph control can reach from which others."""

from collections import Counter
from collections.abc import Collection, Iterator, Set

from mypy.nodes import Node

from mypy_async_django.index.syntax.control_flow_graph import Graph


class Reachability:
    """The paths in a graph, for any number of questions.

    Steps of which each can only follow the one before make up a block. For each block the blocks
    above are kept as bits of one integer: a long function has few blocks, and a question is one bit.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._block: list[int] = []
        self._above: list[int] = []
        self._find_blocks()

    def follows(self, starts: Collection[int], end: int) -> bool:
        """Whether control can flow from one of some steps to another step, or back to itself."""
        block, above = self._block[end], self._above[self._block[end]]
        for start in starts:
            other = self._block[start]
            if above >> other & 1 or (other == block and start < end):
                return True
        return False

    def backwards(
        self, starts: Collection[int], ends: Collection[int], avoided: Set[Node]
    ) -> Iterator[int]:
        """The steps between some and others, from the last back, on ways that avoid nodes.

        The first of ``starts`` that is reached is among them, even where it is avoided.
        """
        passed, stack = set[int](), list(ends)
        while stack:
            for step in self._graph.predecessors(stack.pop()):
                if step in passed:
                    continue
                passed.add(step)
                if step in starts:
                    yield step
                if self._graph.node[step] not in avoided and self.follows(starts, step):
                    yield step
                    stack.append(step)

    def _find_blocks(self) -> None:
        before = _edges(self._graph)
        followers = Counter(step for steps in before for step in steps)
        firsts: list[int] = []
        for step, steps in enumerate(before):
            [previous] = steps if len(steps) == 1 else [step]
            if previous < step and followers[previous] == 1:
                self._block.append(self._block[previous])
            else:
                self._block.append(len(firsts))
                firsts.append(step)
        direct = [[self._block[step] for step in before[first]] for first in firsts]
        self._above = [0] * len(firsts)
        is_changed = True
        while is_changed:
            is_changed = False
            for block, blocks in enumerate(direct):
                above = 0
                for each in blocks:
                    above |= self._above[each] | 1 << each
                if above != self._above[block]:
                    self._above[block], is_changed = above, True


def _edges(graph: Graph) -> list[set[int]]:
    """The direct predecessors of each step, without exception edges that others imply."""
    before = [set(steps) for steps in graph.before]
    for step, raising in graph.raising.items():
        # Of steps in a row, each of which may raise, the last is enough.
        implied = {each for after in raising for each in graph.before[after] if each < after}
        before[step] |= set(raising) - implied
    return before
