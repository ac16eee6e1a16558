"""Strongly connected components of a graph that is explored as it is asked for."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def components(start: N, following: Callable[[N], Iterable[N]]) -> Iterator[list[N]]:
    """The components of all that is reached from a node, each after those that follow it.

    ``following`` is asked once for each node. This is Tarjan's algorithm, without recursion.
    """
    numbers: dict[N, int] = {start: 0}
    lowest: dict[N, int] = {start: 0}
    open_nodes: dict[N, None] = {start: None}
    stack = [(start, iter(following(start)))]
    while stack:
        node, pending = stack[-1]
        for each in pending:
            if each not in numbers:
                numbers[each] = lowest[each] = len(numbers)
                open_nodes[each] = None
                stack.append((each, iter(following(each))))
                break
            if each in open_nodes:
                lowest[node] = min(lowest[node], numbers[each])
        else:
            stack.pop()
            if stack:
                above = stack[-1][0]
                lowest[above] = min(lowest[above], lowest[node])
            if lowest[node] == numbers[node]:
                component: list[N] = []
                while not component or component[-1] != node:
                    component.append(open_nodes.popitem()[0])
                yield component
