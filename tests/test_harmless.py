"""What mypy says otherwise is the same with the plugin; and no mistake of ours ends its run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mypy_async_django.registry import RULES

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "how_to_break_django"
OURS = tuple(f"[{rule.code.code}]" for rule in RULES)

TYPE_HEAVY = """\
import asyncio
import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Protocol, TypedDict, TypeVar, overload

import attrs

T = TypeVar("T")


class Movie(TypedDict, total=False):
    title: str
    year: int


@dataclasses.dataclass
class Point:
    x: int
    y: int


@attrs.define
class Place:
    name: str
    height: float


@functools.singledispatch
def show(value: object) -> str:
    return "object"


@show.register
def _(value: int) -> str:
    return "int"


class Cell:
    @overload
    def __get__(self, instance: None, owner: type) -> "Cell": ...
    @overload
    def __get__(self, instance: object, owner: type) -> int: ...
    def __get__(self, instance: object | None, owner: type) -> "Cell | int":
        return self if instance is None else 1


class Sheet:
    cell = Cell()


def add(a: int, b: int = 1, *, c: str = "") -> int:
    return a + b


async def work(movie: Movie, point: Point, place: Place, sheet: Sheet) -> None:
    reveal_type(movie.get("title"))
    reveal_type(movie.get("year", 0))
    reveal_type(movie.setdefault("year", 2))
    movie.update({"title": 3})
    reveal_type(movie.pop("title"))
    reveal_type(dataclasses.replace(point, x=2))
    dataclasses.replace(point, x="")
    reveal_type(functools.partial(add, 1))
    reveal_type(functools.partial(add, 1)(c=""))
    functools.partial(add, "")
    reveal_type(show(3))
    show.register(3)
    reveal_type(attrs.evolve(place, name="a"))
    attrs.evolve(place, name=1)
    reveal_type(sheet.cell)
    reveal_type(Sheet.cell)
    reveal_type(await asyncio.gather(asyncio.sleep(1, ""), asyncio.sleep(1, 2)))
    reveal_type(sorted(["a"], key=len))
    reveal_type({k: v for k, v in zip("ab", [1, 2])})


def unchecked(a, b):
    return a.nothing + b
"""


def mypy(folder: Path, config: str, *arguments: str) -> str:
    """What mypy says in a folder, with this configuration and a cache of its own."""
    (folder / "harmless.ini").write_text(config)
    command = [sys.executable, "-m", "mypy", "--config-file", "harmless.ini", "--cache-dir"]
    said = subprocess.run(
        [*command, os.devnull, "--no-error-summary", "--no-color-output", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout + said.stderr


def without_ours(said: str) -> list[str]:
    """The lines that are not ours: neither errors with a code of ours nor the notes below them."""
    kept: list[str] = []
    is_ours = False
    for line in said.splitlines():
        is_note = ": note: " in line
        is_ours = line.endswith(OURS) or (is_ours and is_note)
        if not is_ours:
            kept.append(line)
    return kept


def test_type_heavy_code(tmp_path: Path) -> None:
    """Types and errors of what mypy's own plugin refines stay as they are, to the letter."""
    (tmp_path / "heavy.py").write_text(TYPE_HEAVY)
    plain = mypy(tmp_path, "[mypy]\n", "heavy.py").splitlines()
    assert sum("Revealed type" in line for line in plain) == TYPE_HEAVY.count("reveal_type(")
    assert sum(": error:" in line for line in plain) >= 4
    assert mypy(tmp_path, "[mypy]\nplugins = mypy_async_django\n", "heavy.py").splitlines() == plain


def test_example(tmp_path: Path) -> None:
    """Of the example, mypy says otherwise what it says without us."""
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".mypy_cache"))
    config = (project / "mypy.ini").read_text()
    plain = config.replace(", mypy_async_django", "")
    assert plain != config
    ours = without_ours(mypy(project, config, "."))
    assert sorted(ours) == sorted(mypy(project, plain, ".").splitlines())


BROKEN = """\
import mypy_async_django.rules.async_blocking as rule


def findings(body):
    raise ZeroDivisionError("a mistake of ours")


rule.findings = findings

from mypy_async_django import plugin  # noqa: E402, F401
"""
CODE = """\
import asyncio
import time


async def nap() -> None:
    time.sleep(1)
    asyncio.create_task(nap())


x: int = ""
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder with code to check, and a plugin in which a rule raises."""
    (tmp_path / "broken_plugin.py").write_text(BROKEN)
    (tmp_path / "code_.py").write_text(CODE)
    return tmp_path


def test_exception_in_a_rule(broken: Path) -> None:
    """It becomes one error that names the rule and the function; all else is reported."""
    said = mypy(broken, "[mypy]\nplugins = ./broken_plugin.py\n", "code_.py")
    assert "INTERNAL ERROR" not in said
    assert (
        'code_.py:5: error: mypy_async_django failed in rule "async-blocking" on "nap": '
        "ZeroDivisionError('a mistake of ours')  [misc]"
    ) in said
    assert "[dangling-task]" in said
    assert "[assignment]" in said


def test_exception_with_show_traceback(broken: Path) -> None:
    """With --show-traceback it is raised again."""
    config = "[mypy]\nplugins = ./broken_plugin.py\n"
    assert "ZeroDivisionError" in mypy(broken, config, "--show-traceback", "code_.py")
