"""Findings in mypy's daemon: each stays while other things change, and an ignore is never unused.

The programs are the examples on the rules' pages, and for each rule a function that ends with the
finding: mypy asks plugins nothing after it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from mypy_async_django.registry import RULES

TESTS = Path(__file__).parent.parent
CODES: Final = [rule.code.code for rule in RULES]
IMPORTS: Final = """\
import asyncio
import time
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from shop.models import Book

stats = {"books": 0}


async def get_book() -> Book:
    return await Book.objects.aget()


async def run() -> None: ...


def load() -> Book:
    return Book.objects.get()


def nap() -> None:
    time.sleep(1)


"""
# Functions of which the last thing, or all, is the finding.
LAST: Final = {
    "async-blocking": ("async def view() -> None:\n    time.sleep(1)",),
    "async-blocking-call": ("async def view() -> None:\n    nap()",),
    "async-blocking-file": ("async def view() -> str:\n    return Path('x').read_text()",),
    "async-race": (
        "async def view() -> None:\n    stats['books'] = stats['books'] + await asyncio.sleep(1, 1)",
    ),
    "async-transaction": (
        "async def view() -> None:\n    with transaction.atomic():\n        pass",
        "async def view() -> None:\n    transaction.on_commit(nap)",
    ),
    "async-unsafe": ("async def view() -> Book:\n    return Book.objects.get()",),
    "async-unsafe-call": ("async def view() -> None:\n    print(load())",),
    "async-unsafe-lazy": (
        "async def view(books: QuerySet[Book]) -> None:\n    if books:\n        pass",
        "async def view(books: QuerySet[Book]) -> None:\n    a, b = books",
        "async def view(books: QuerySet[Book]) -> list[Book]:\n    return list(books)",
        "async def view() -> None:\n    book = await Book.objects.aget()\n    book.author",
    ),
    "coroutine-as-callback": ("def view() -> None:\n    transaction.on_commit(run)",),
    "coroutine-as-value": (
        "async def view() -> None:\n    print(get_book())",
        "def view() -> None:\n    if get_book():\n        pass",
        "def view() -> str:\n    return f'{get_book()}'",
    ),
    "dangling-task": ("async def view() -> None:\n    asyncio.create_task(run())",),
    "unawaited-coroutine": (
        "async def view() -> None:\n    book = get_book()",
        "def view() -> None:\n    book = get_book()",
        "async def view():\n    book = get_book()",
    ),
}
PROGRAMS: Final = {
    **{
        code.replace("-", "_"): (code, rule.page.partition("```python\n")[2].partition("```")[0])
        for code, rule in zip(CODES, RULES, strict=True)
    },
    **{
        f"{code.replace('-', '_')}_last_{number}": (code, f"{IMPORTS}{function}\n")
        for code, functions in LAST.items()
        for number, function in enumerate(functions)
    },
}
"""The code that a module's finding has, and its text."""

# Each is a check more.
ALONE: Final = [name for name in PROGRAMS if name.endswith("_last_0")]
OPTIONAL: Final = ", ".join(rule.code.code for rule in RULES if not rule.code.default_enabled)

CONFIGURATION: Final = f"""\
[mypy]
enable_error_code = {OPTIONAL}
warn_unused_ignores = True
"""
# Stands at the end of each module: something of another module that the finding has no part in.
TAIL: Final = "\n\nfrom shared import number\n\n\ndef unrelated() -> object:\n    return number()\n"
UNUSED: Final = "\n\nused_nowhere = 1  # type: ignore[{code}]\n"
SHARED: Final = "def number() -> int:\n    return 1\n"


class Daemon:
    """mypy's daemon on a folder, as from a prompt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run("start", "--timeout", "300", "--", "--no-error-summary")

    def check(self) -> list[str]:
        """The errors of the whole folder."""
        return errors(self._run("check", "."))

    def stop(self) -> None:
        """End the process."""
        self._run("stop")

    def _run(self, *arguments: str) -> str:
        return mypy(self._folder, "mypy.dmypy", "--status-file", "daemon.json", *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a module for each program."""
    folder = tmp_path_factory.mktemp("daemon")
    configuration = (TESTS / "mypy.ini").read_text().replace("[mypy]\n", CONFIGURATION)
    (folder / "mypy.ini").write_text(configuration)
    (folder / "shared.py").write_text(SHARED)
    (folder / "alone.py").write_text("first = 1\n")
    for name, (_, text) in PROGRAMS.items():
        (folder / f"{name}.py").write_text(text + TAIL)
    return folder


@pytest.fixture(scope="module")
def daemon(folder: Path) -> Iterator[Daemon]:
    """The daemon; it ends with the tests."""
    daemon = Daemon(folder)
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def at_first(daemon: Daemon) -> list[str]:
    """What the daemon says before anything has changed."""
    return daemon.check()


@pytest.fixture(scope="module")
def after_edits(folder: Path, daemon: Daemon, at_first: list[str]) -> list[list[str]]:
    """What it says after each of three edits, none of which has to do with a finding."""
    assert at_first
    edit(folder / "alone.py", "first = 1", "first = 2")
    said = [daemon.check()]
    edit(folder / "shared.py", "-> int", "-> float")
    said.append(daemon.check())
    edit(folder / "shared.py", "-> float", "-> complex")
    said.append(daemon.check())
    return said


@pytest.fixture(scope="module")
def with_ignores(
    folder: Path, daemon: Daemon, at_first: list[str], after_edits: list[list[str]]
) -> list[list[str]]:
    """What it says, check by check, when each finding is ignored where it stands.

    A second ignore in each module is for nothing.
    """
    assert after_edits
    for name, (code, _) in PROGRAMS.items():
        path = folder / f"{name}.py"
        lines = path.read_text().splitlines()
        for line in lines_of(at_first, name):
            lines[line - 1] += f"  # type: ignore[{code}]"
        path.write_text("\n".join(lines) + UNUSED.format(code=code))
    said = [daemon.check()]
    edit(folder / "shared.py", "-> complex", "-> int")
    said.append(daemon.check())
    edit(folder / "alone.py", "first = 2", "first = 3")
    said.append(daemon.check())
    return said


@pytest.fixture(scope="module")
def own_edits(
    folder: Path, daemon: Daemon, with_ignores: list[list[str]]
) -> Mapping[str, list[str]]:
    """For some modules what the daemon says when that one alone has changed."""
    assert with_ignores
    said = {}
    for name in ALONE:
        edit(folder / f"{name}.py", "return number()", "return number() + 1")
        said[name] = daemon.check()
    return said


@pytest.mark.parametrize("name", PROGRAMS)
def test_finding_survives_three_checks(
    at_first: list[str], after_edits: list[list[str]], name: str
) -> None:
    """It is there at first, and after each edit elsewhere, on the same line and once."""
    expected = of_module(at_first, name)
    assert expected, "nothing is said at all"
    assert any(f"[{PROGRAMS[name][0]}]" in line for line in expected), expected
    for said in after_edits:
        assert of_module(said, name) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_ignore_is_never_called_unused(
    folder: Path, with_ignores: list[list[str]], name: str
) -> None:
    """The daemon says nothing of the ignored finding.

    It may or may not say that the other ignore is unused: mypy's daemon shows such errors of the
    module that it looked at last, whatever the plugins.
    """
    end = len(text_of(folder, name))
    for said in with_ignores:
        assert lines_of(said, name) <= {end}, of_module(said, name)


@pytest.mark.parametrize("name", ALONE)
def test_daemon_finds_a_useless_ignore(
    folder: Path, own_edits: Mapping[str, list[str]], name: str
) -> None:
    """That, and no other, is unused when just the module has changed, elsewhere than the finding."""
    assert of_module(own_edits[name], name) == [useless(folder, name)]


def test_a_run_without_the_daemon_finds_all_useless_ignores(
    folder: Path, own_edits: Mapping[str, list[str]]
) -> None:
    """Of each module the one at the end; and again from the cache."""
    assert own_edits
    expected = sorted(useless(folder, name) for name in PROGRAMS)
    for _ in range(2):
        assert errors(mypy(folder, "mypy", "--no-error-summary", ".")) == expected


def test_modules_whose_errors_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only call that mypy asks about is in a module on the PYTHONPATH, which it passes by."""
    installed, folder = tmp_path / "installed", tmp_path / "project"
    for path in (installed, folder):
        path.mkdir()
    for variable in ("MYPYPATH", "PYTHONPATH"):
        monkeypatch.setenv(variable, str(installed))
    (installed / "silent.py").write_text("size = len('')\n")
    (folder / "mypy.ini").write_text("[mypy]\nplugins = mypy_async_django\n")
    (folder / "near.py").write_text("import silent\nimport time\n\ndef one():\n    time.sleep(1)\n")
    (folder / "view.py").write_text("import near\n\nasync def view():\n    near.one()\n")
    daemon = Daemon(folder)
    try:
        assert "[async-blocking-call]" in daemon.check()[0]
        edit(folder / "near.py", "sleep(1)", "time()")
        assert daemon.check() == []
        edit(folder / "near.py", "time()", "sleep(2)")
        assert "[async-blocking-call]" in daemon.check()[0]
    finally:
        daemon.stop()


def useless(folder: Path, name: str) -> str:
    """What mypy says of a module's last line."""
    line = len(text_of(folder, name))
    return f'{name}.py:{line}: error: Unused "type: ignore" comment  [unused-ignore]'


def text_of(folder: Path, name: str) -> list[str]:
    """The lines of a module."""
    return (folder / f"{name}.py").read_text().splitlines()


def edit(path: Path, old: str, new: str) -> None:
    """Change a text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def of_module(said: list[str], name: str) -> list[str]:
    """What is said of one module."""
    return [line for line in said if line.startswith(f"{name}.py:")]


def lines_of(said: list[str], name: str) -> set[int]:
    """The lines of a module on which anything is reported."""
    return {int(line.split(":")[1]) for line in of_module(said, name)}


def errors(output: str) -> list[str]:
    """The errors among the lines of an output, in one order."""
    return sorted(line for line in output.splitlines() if ": error: " in line)


def mypy(folder: Path, program: str, *arguments: str) -> str:
    """What mypy prints."""
    paths = os.pathsep.join([str(TESTS / "testproject"), os.environ.get("MYPYPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=folder,
        env={**os.environ, "MYPYPATH": paths.rstrip(os.pathsep)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout
