"""Findings in mypy's daemon: each stays while other things change, and an ignore is never unused.

The programs are the examples on the rules' pages: one module with the finding, and the same with an
ignore on its line.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mypy_async_django.registry import RULES

TESTS = Path(__file__).parent.parent
CODES: Final = [rule.code.code for rule in RULES]
EXAMPLES: Final = {
    rule.code.code: rule.page.partition("```python\n")[2].partition("```")[0] for rule in RULES
}
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
    """A project with a module for each rule."""
    folder = tmp_path_factory.mktemp("daemon")
    configuration = (TESTS / "mypy.ini").read_text().replace("[mypy]\n", CONFIGURATION)
    (folder / "mypy.ini").write_text(configuration)
    (folder / "shared.py").write_text(SHARED)
    (folder / "nobody_s.py").write_text("first = 1\n")
    for code, example in EXAMPLES.items():
        (folder / f"{module(code)}.py").write_text(example + TAIL)
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
    said = []
    edit(folder / "nobody_s.py", "first = 1", "first = 2")
    said.append(daemon.check())
    edit(folder / "shared.py", "-> int", "-> float")
    said.append(daemon.check())
    for code in CODES:
        edit(folder / f"{module(code)}.py", "return number()", "return number() + 1")
    said.append(daemon.check())
    assert at_first == sorted(at_first)
    return said


@pytest.fixture(scope="module")
def with_ignores(folder: Path, daemon: Daemon, after_edits: list[list[str]]) -> list[list[str]]:
    """What it says, from check to check, when the findings are ignored where they stand."""
    for code in CODES:
        path = folder / f"{module(code)}.py"
        lines = path.read_text().splitlines()
        for line in lines_of(after_edits[-1], code):
            lines[line - 1] += f"  # type: ignore[{code}]"
        path.write_text("\n".join(lines) + UNUSED.format(code=code))
    said = [daemon.check()]
    edit(folder / "shared.py", "-> float", "-> int")
    said.append(daemon.check())
    edit(folder / "nobody_s.py", "first = 2", "first = 3")
    said.append(daemon.check())
    return said


@pytest.mark.parametrize("code", CODES)
def test_finding_survives_three_checks(
    at_first: list[str], after_edits: list[list[str]], code: str
) -> None:
    """It is there at first, and after each edit elsewhere, on the same line and once."""
    expected = [line for line in at_first if line.startswith(f"{module(code)}.py")]
    assert lines_of(at_first, code), "\n".join(at_first)
    for said in after_edits:
        assert [line for line in said if line.startswith(f"{module(code)}.py")] == expected


@pytest.mark.parametrize("code", CODES)
def test_ignore_is_right(with_ignores: list[list[str]], code: str) -> None:
    """In the daemon, the ignore on the finding is used and the other is not."""
    for said in with_ignores:
        own = [line for line in said if line.startswith(f"{module(code)}.py")]
        assert len(own) == 1, "\n".join(own)
        assert 'Unused "type: ignore" comment' in own[0]


def test_a_run_without_the_daemon_says_the_same(
    folder: Path, with_ignores: list[list[str]]
) -> None:
    """Also of the ignores; and again from the cache."""
    for _ in range(2):
        assert errors(mypy(folder, "mypy", "--no-error-summary", ".")) == with_ignores[-1]


def module(code: str) -> str:
    """The name of a rule's module."""
    return code.replace("-", "_")


def edit(path: Path, old: str, new: str) -> None:
    """Change a text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def lines_of(said: list[str], code: str) -> list[int]:
    """The lines of a rule's module on which it is reported."""
    found = (re.fullmatch(rf"{module(code)}\.py:(\d+): .*\[{code}\]", line) for line in said)
    return [int(match[1]) for match in found if match]


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
