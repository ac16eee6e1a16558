"""Random, wrong and excessive programs: nothing that the plugin does with them fails.

``PROGRAMS=10000`` tries as many; 40 are tried otherwise, the same ones each time.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mypy import api
from programs import FAILED, HEAD, Writer, of_all_types

PROGRAMS: Final = int(os.environ.get("PROGRAMS", "40"))
AT_A_TIME: Final = 4
OPTIONS: Final = ((), ("--check-untyped-defs",))
DEEP: Final = 2000
LONG: Final = 500
# mypy's parser goes as deep as 200, Python's half as deep.
NESTED: Final = 190
BLOCKS: Final = 500
EXPRESSIONS: Final = {
    "sum": " + ".join(["f()"] * DEEP),
    "and": " and ".join(["f()"] * LONG),
    "comparison": " < ".join(["f()"] * LONG),
    "list": f"[{', '.join(['f()'] * LONG)}]",
    "text": "f'" + "{f()}" * LONG + "'",
    "calls": "f()" + ".copy(1)" * LONG,
    "attributes": "Box()" + ".read" * LONG,
    "items": "f()" + "[0]" * LONG,
    "inside": "f(" * NESTED + ")" * NESTED,
    "lambdas": "f() or (lambda: " * (NESTED // 3) + "f()" + ")()" * (NESTED // 3),
}
STATEMENTS: Final = {
    "branches": "if f():\n    f()\n" + "".join(f"elif f() == {n}:\n    f()\n" for n in range(BLOCKS)),
    "nested": "".join(f"{' ' * n}if f():\n" for n in range(NESTED)) + " " * NESTED + "f()",
    "loops": "".join(f"{' ' * n}for x in f():\n" for n in range(19)) + " " * 19 + "f()",
    "assignments": "a = b = f()\n" * BLOCKS,
    "functions": "".join(f"{' ' * n}async def f{n}():\n" for n in range(NESTED)) + " " * NESTED + "f()",
    "finally": "".join(f"{' ' * n}try:\n" for n in range(8)) + " " * 8 + "f()\n"
    + "".join(f"{' ' * n}finally:\n{' ' * n} f()\n" for n in reversed(range(8))),
}  # fmt: skip
HEADS: Final = ("async def checked(a: Box) -> Any", "async def unchecked(a)", "def summarised(a)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs are."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "mypy.ini").write_text("[mypy]\nplugins = mypy_async_django\n")
    return folder


def hypothesis(programs: int) -> settings:
    """Settings to try about this many programs, the same ones each time."""
    return settings(
        max_examples=max(programs // AT_A_TIME, 1),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # simpler programs take minutes to find
        suppress_health_check=list(HealthCheck),
    )


@given(data=st.data())
@hypothesis(PROGRAMS)
def test_random_programs(folder: Path, data: st.DataObject) -> None:
    """All of Python's syntax, with names that stand for something and with others."""
    programs = {
        f"program{n}.py": Writer(data.draw, wrong=n % 2 > 0).program() for n in range(AT_A_TIME)
    }
    goes_through(folder, programs, data.draw(st.sampled_from(OPTIONS)))


@given(data=st.data())
@hypothesis(PROGRAMS)
def test_incomplete_programs(folder: Path, data: st.DataObject) -> None:
    """As somebody types: the end is missing; each by itself, as mypy stops where it cannot read."""
    text = Writer(data.draw, wrong=True).program()
    end = data.draw(st.integers(len(text) // 2, len(text)))
    goes_through(folder, {"program.py": text[:end]}, is_complete=False)


@pytest.mark.parametrize("options", OPTIONS, ids=len)
def test_values_of_all_types(folder: Path, options: Sequence[str]) -> None:
    """Types that hold themselves, that are wrong, that nothing is of."""
    goes_through(folder, {"program.py": of_all_types()}, options)


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_deep_expression(folder: Path, expression: str) -> None:
    """Thousands of operands, in code that mypy checks and in code that it does not."""
    in_all_functions(folder, f"y = {expression}\nprint(y)")


@pytest.mark.parametrize("statements", STATEMENTS.values(), ids=STATEMENTS)
def test_deep_statements(folder: Path, statements: str) -> None:
    """As deep as can be; branches are nested in mypy's tree, so that there can be more."""
    in_all_functions(folder, statements)


def in_all_functions(folder: Path, body: str) -> None:
    """Check a body in coroutines with and without annotations, and behind a call."""
    inside = "\n".join(f"    {line}" for line in body.splitlines())
    caller = "async def caller() -> None:\n    summarised(1)"
    program = "\n\n".join([HEAD, *(f"{head}:\n{inside}" for head in HEADS), caller])
    out = goes_through(folder, {"program.py": program})
    first, second, third, *_ = (
        n
        for n, line in enumerate(program.splitlines(), 1)
        if line.startswith(HEADS) or "caller" in line
    )
    lines = {
        int(line.split(":")[1]) for line in out.splitlines() if "[async-blocking-call]" in line
    }
    assert any(first < line < second for line in lines), out
    assert any(second < line < third for line in lines), out


def goes_through(
    folder: Path,
    programs: Mapping[str, str],
    options: Sequence[str] = (),
    *,
    is_complete: bool = True,
) -> str:
    """Check programs, and say what mypy said; an exception ends it with a traceback."""
    for name, text in programs.items():
        (folder / name).write_text(text)
    cache = f"--cache-dir=cache{len(options)}"
    with chdir(folder):
        out, err, status = api.run(["--show-traceback", cache, *options, *programs])
    said = "\n\n".join([*programs.values(), out, err])
    assert status < 2 or (not is_complete and "[syntax]" in out), said
    assert "INTERNAL ERROR" not in out + err, said
    assert not FAILED.search(out), said
    return out
