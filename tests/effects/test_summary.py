"""What is kept of a function: the facts that its callers need, the same text for the same facts."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from mypy.nodes import Block, FuncDef, MypyFile
from typing_extensions import override

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.effects.call_graph import CallGraph, ReachableMemo
from mypy_async_django.effects.summary import Summaries, Summary, answer, part_named
from mypy_async_django.index.abstract import (
    Action,
    Call,
    Follow,
    Instance,
    Of,
    Operation,
    Parameter,
    Passed,
    Way,
)


def test_the_same_facts_are_the_same_answer() -> None:
    """In each process, whatever its hash seed; other facts are another answer."""
    found = answer(_doing(Effect.BLOCKS, "time.sleep"))
    assert found != answer(_doing(Effect.RAISES, "time.sleep"))
    assert {_answer_with(seed) for seed in ("1", "2")} == {found}


def _answer_with(seed: str) -> str:
    """The answer for the same facts in a process with a hash seed."""
    program = (
        "import mypy.build\n"
        "from mypy_async_django.catalogue.row import Effect\n"
        "from mypy_async_django.effects.summary import Summary, answer\n"
        "from mypy_async_django.index.abstract import Action, Operation\n"
        "print(answer(Summary((Action(Operation(Effect.BLOCKS, 'time.sleep')),))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class CountedSummaries(Mapping[str, Summary]):
    """Summaries that count how often one of them is read."""

    def __init__(self, summaries: Summaries) -> None:
        self.summaries = summaries
        self.reads = 0

    @override
    def __getitem__(self, name: str) -> Summary:
        """Count, and give the summary."""
        self.reads += 1
        return self.summaries[name]

    @override
    def __iter__(self) -> Iterator[str]:
        """Not asked for."""
        return iter(self.summaries)

    @override
    def __len__(self) -> int:
        """Not asked for."""
        return len(self.summaries)


def _reach(summaries: Summaries) -> CallGraph:
    tree = MypyFile([], [])
    tree._fullname = "module"

    def nothing(_: str) -> None:
        return None

    return CallGraph(
        {"module": tree},
        lambda name: summaries.get(part_named(name.removeprefix("module."))[0], Summary()),
        lambda *_: Summary(),
        nothing,
        nothing,
        ReachableMemo(),
        bool,
    )


def _function(name: str) -> FuncDef:
    function = FuncDef(name, [], Block([]))
    function._fullname = f"module.{name}"
    return function


def _calling(*names: str) -> Summary:
    return Summary(tuple(Action(Call(f"module.{name}")) for name in names))


def _doing(effect: Effect, operation: str, *names: str) -> Summary:
    calls = _calling(*names).actions
    return Summary((Action(Operation(effect, operation)), *calls))


_SIZE = 10_000


def test_each_function_of_a_chain_is_read_once() -> None:
    """Ten thousand functions, each of which calls the next; the last one queries."""
    chain = {f"f{n}": _calling(f"f{n + 1}") for n in range(_SIZE)}
    counted = CountedSummaries({**chain, f"f{_SIZE}": _doing(Effect.RAISES, "QuerySet.count")})
    path = _reach(counted).path(_function("f0"), Effect.RAISES)
    assert path is not None
    assert len(path.steps) == _SIZE + 2
    assert path.steps[-1] == "QuerySet.count"
    assert counted.reads == _SIZE + 1


def test_each_function_of_a_cone_is_read_once() -> None:
    """Every function calls ten of a hundred on the level below: ten to the power of the depth ways."""
    width, depth = 100, _SIZE // 100
    reachable = {
        f"f{level}_{place}": _calling(
            *(f"f{level + 1}_{(place * 7 + step) % width}" for step in range(10))
        )
        for level in range(depth)
        for place in range(width)
    }
    counted = CountedSummaries(reachable)
    reach = _reach(counted)
    assert reach.path(_function("f0_0"), Effect.RAISES) is None
    assert counted.reads <= _SIZE + width
    assert {name.partition(".")[0] for name in reach.asked} == {"module"}


def test_circles_end() -> None:
    """Functions that call themselves and each other are visited once."""
    circles = {"a": _calling("a", "b"), "b": _calling("c", "a"), "c": _calling("b")}
    counted = CountedSummaries(circles)
    assert _reach(counted).path(_function("a"), Effect.BLOCKS) is None
    assert counted.reads == len(circles)
    blocking = {**circles, "c": _doing(Effect.BLOCKS, "time.sleep", "b")}
    path = _reach(blocking).path(_function("a"), Effect.BLOCKS)
    assert path == Way(("module.a", "module.b", "module.c", "time.sleep"))


def test_the_shortest_way_is_given() -> None:
    """Whatever the order of the calls."""
    ways = {
        "a": _calling("b", "d"),
        "b": _calling("c"),
        "c": _doing(Effect.RAISES, "first"),
        "d": _doing(Effect.RAISES, "second"),
    }
    assert _reach(ways).path(_function("a"), Effect.RAISES) == Way(
        ("module.a", "module.d", "second")
    )


def test_who_asks_for_a_loop_ends_the_way() -> None:
    """And not for others who call what comes after it."""
    ways = {
        "a": _calling("knows", "probe2"),
        "knows": _doing(Effect.RAISES, "QuerySet.get", "is_in_loop", "deep"),
        "is_in_loop": Summary(is_probe=True),
        "deep": _doing(Effect.RAISES, "QuerySet.count"),
        "probe2": _calling("deep"),
    }
    assert _reach(ways).path(_function("knows"), Effect.RAISES) is None
    path = _reach(ways).path(_function("a"), Effect.RAISES)
    assert path == Way(("module.a", "module.probe2", "module.deep", "QuerySet.count"))


def test_results_that_are_handed_back_end_where_they_are_made() -> None:
    """Also where two functions hand back what the other gives."""
    ways = {
        "a": Summary(result=("same as", "module.b", ())),
        "b": Summary(result=("loaded",)),
        "x": Summary(result=("same as", "module.y", ())),
        "y": Summary(result=("same as", "module.x", ())),
    }
    assert _reach(ways).gives_loaded(_function("a"))
    assert not _reach(ways).gives_loaded(_function("x"))
    assert _reach(ways).result(_function("x")) is None


def test_what_was_needed_is_read_once_too() -> None:
    """Ten thousand functions that hand their parameter on to the next."""
    row, parameters = Of(("row",)), (Parameter("row", 0),)
    chain = {
        f"f{n}": Summary(
            (Action(Call(f"module.f{n + 1}", None, (Passed(0, None, row),))),), parameters
        )
        for n in range(_SIZE)
    }
    last = Summary((Action(Follow(Of(("row", "author")), "name")),), parameters)
    counted = CountedSummaries({**chain, f"f{_SIZE}": last})
    given = Instance("", may_be_none=True, given=("key",))
    needs = _reach(counted).needs(Call("module.f0", None, (Passed(0, None, given),)))
    [(path, way)] = needs.items()
    assert path == ("key", "author", "name")
    assert len(way) == _SIZE + 1
    assert counted.reads == _SIZE + 1
