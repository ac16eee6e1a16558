"""What is kept of a function: the facts that its callers need, the same text for the same facts."""

import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy import build
from mypy.config_parser import parse_config_file
from mypy.modulefinder import BuildSource
from mypy.nodes import Block, FuncDef, MypyFile
from mypy.options import Options
from typing_extensions import override

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.effects import interface
from mypy_async_django.effects.call_graph import CallGraph
from mypy_async_django.effects.summary import Summaries, Summary, dumped, loaded

_NAMES = st.lists(st.text(min_size=1), max_size=3).map(tuple)
_SUMMARIES = st.dictionaries(
    st.text(min_size=1),
    st.builds(
        Summary,
        raises=_NAMES,
        blocks=_NAMES,
        nests=_NAMES,
        calls=_NAMES,
        needs=st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
        passes=st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=3).map(tuple),
        result=st.just(()) | st.tuples(st.text(), _NAMES, st.booleans(), st.none()),
        is_probe=st.booleans(),
    ),
    max_size=4,
)


@given(_SUMMARIES)
def test_what_is_loaded_is_what_was_dumped(summaries: Summaries) -> None:
    """No fact is lost on the way to mypy's cache and back."""
    assert loaded(dumped(summaries)) == summaries


@given(_SUMMARIES)
def test_the_order_of_functions_does_not_show(summaries: Summaries) -> None:
    """A module whose functions change places has the same interface."""
    turned = dict(reversed(list(summaries.items())))
    assert dumped(turned) == dumped(summaries)


def test_another_version_is_not_read() -> None:
    """What an older plugin left behind counts as nothing."""
    assert loaded('[0,{"one":[["QuerySet.count"]]}]') == {}


def test_empty_facts_take_no_room() -> None:
    """A function that only blocks is a few characters."""
    text = dumped({"wait": Summary(blocks=("time.sleep",))})
    assert text.endswith('{"wait":[[],["time.sleep"]]}]')


Keeps = Callable[[str], str]
"""What mypy would keep of a module's text; empty where it would keep nothing."""


@pytest.fixture(scope="module")
def kept() -> Iterator[Keeps]:
    """Builds a module in memory, always in the same folder."""
    with tempfile.TemporaryDirectory() as folder:
        # mypy loads plugins only for a configuration that comes from a file.
        configuration = Path(folder) / "mypy.ini"
        configuration.write_text("[mypy]\nplugins = mypy_async_django\n")

        def text_of(text: str) -> str:
            options = Options()
            parse_config_file(options, lambda: None, str(configuration))
            options.cache_dir = str(Path(folder) / "cache")
            options.show_traceback = True
            options.preserve_asts = True
            source = BuildSource("module.py", "module", textwrap.dedent(text))
            result = build.build([source], options)
            symbol = result.files["module"].names.get(interface.NAME)
            return "" if symbol is None else str(getattr(symbol.node, "type", ""))

        yield text_of


_BODY = """
import time

def nap(seconds: float) -> None:
    time.sleep(seconds)

class Clock:
    def wait(self) -> None:
        nap(1)
        time.time()
"""


def test_an_edit_that_leaves_the_facts_alone_leaves_the_text_alone(kept: Keeps) -> None:
    """No line numbers, no order of calls, nothing of code that does nothing of interest."""
    first = kept(_BODY)
    edited = _BODY.replace(
        "        nap(1)\n        time.time()", "        print(2)\n\n        nap(1)"
    )
    assert first == kept(edited) == kept("# A comment.\n" + _BODY)
    assert "nap" in first
    assert "Clock.wait" in first
    assert first != kept(_BODY.replace("nap(1)", "pass"))


def test_a_module_with_nothing_to_say_keeps_no_name(kept: Keeps) -> None:
    """Functions that neither do anything of interest nor call the project's own leave no trace."""
    plain = "def plain(number: int) -> str:\n    return str(number + len('x'))\n"
    coroutine = "import asyncio\n\nasync def page() -> None:\n    await asyncio.sleep(1)\n"
    assert kept(plain) == kept(coroutine) == kept("") == ""


def test_only_functions_with_facts_are_kept(kept: Keeps) -> None:
    """The others would cost room in every cache file."""
    text = kept(_BODY + "\ndef plain() -> int:\n    return 1\n\nasync def page() -> None: ...\n")
    assert "plain" not in text
    assert "page" not in text


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
        {"module": tree}, lambda _: summaries, lambda _: Summary(), nothing, nothing, {}, bool
    )


def _function(name: str) -> FuncDef:
    function = FuncDef(name, [], Block([]))
    function._fullname = f"module.{name}"
    return function


def _calling(*names: str) -> Summary:
    return Summary(calls=tuple(f"module.{name}" for name in names))


_SIZE = 10_000


def test_each_function_of_a_chain_is_read_once() -> None:
    """Ten thousand functions, each of which calls the next; the last one queries."""
    chain = {f"f{n}": _calling(f"f{n + 1}") for n in range(_SIZE)}
    counted = CountedSummaries({**chain, f"f{_SIZE}": Summary(raises=("QuerySet.count",))})
    path = _reach(counted).path(_function("f0"), Effect.RAISES)
    assert path is not None
    assert len(path) == _SIZE + 2
    assert path[-1] == "QuerySet.count"
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
    assert reach.modules == {"module"}


def test_circles_end() -> None:
    """Functions that call themselves and each other are visited once."""
    circles = {"a": _calling("a", "b"), "b": _calling("c", "a"), "c": _calling("b")}
    counted = CountedSummaries(circles)
    assert _reach(counted).path(_function("a"), Effect.BLOCKS) is None
    assert counted.reads == len(circles)
    blocking = {**circles, "c": Summary(blocks=("time.sleep",), calls=("module.b",))}
    path = _reach(blocking).path(_function("a"), Effect.BLOCKS)
    assert path == ("module.a", "module.b", "module.c", "time.sleep")


def test_the_shortest_way_is_given() -> None:
    """Whatever the order of the calls."""
    ways = {
        "a": _calling("b", "d"),
        "b": _calling("c"),
        "c": Summary(raises=("first",)),
        "d": Summary(raises=("second",)),
    }
    assert _reach(ways).path(_function("a"), Effect.RAISES) == ("module.a", "module.d", "second")


def test_who_asks_for_a_loop_ends_the_way() -> None:
    """And not for others who call what comes after it."""
    ways = {
        "a": _calling("knows", "probe2"),
        "knows": Summary(raises=("QuerySet.get",), calls=("module.is_in_loop", "module.deep")),
        "is_in_loop": Summary(is_probe=True),
        "deep": Summary(raises=("QuerySet.count",)),
        "probe2": _calling("deep"),
    }
    assert _reach(ways).path(_function("knows"), Effect.RAISES) is None
    path = _reach(ways).path(_function("a"), Effect.RAISES)
    assert path == ("module.a", "module.probe2", "module.deep", "QuerySet.count")


def test_results_that_are_handed_back_end_where_they_are_made() -> None:
    """Also where two functions hand back what the other gives."""
    ways = {
        "a": Summary(result=("same as", "module.b")),
        "b": Summary(result=("loaded",)),
        "x": Summary(result=("same as", "module.y")),
        "y": Summary(result=("same as", "module.x")),
    }
    assert _reach(ways).gives_loaded(_function("a"))
    assert not _reach(ways).gives_loaded(_function("x"))
    assert _reach(ways).result(_function("x")) is None


def test_what_was_needed_is_read_once_too() -> None:
    """Ten thousand functions that hand their parameter on to the next."""
    chain = {f"f{n}": Summary(passes=(("row", f"module.f{n + 1}", "row"),)) for n in range(_SIZE)}
    counted = CountedSummaries({**chain, f"f{_SIZE}": Summary(needs=(("row", "author.name"),))})
    [(path, way)] = _reach(counted).needs(_function("f0"), "row")
    assert path == ("author", "name")
    assert len(way) == _SIZE + 1
    assert counted.reads == _SIZE + 1
