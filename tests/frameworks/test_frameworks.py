"""What the catalogue says of frameworks is what they do, and what mypy reports.

Needs the frameworks: ``python3 dev.py packages``.
"""

import re
import subprocess
import sys
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest
from frameworks.programs import PROGRAMS, SETUP

from mypy_async_django.registry import RULES

_INSTALLED: Final = [
    name for name, program in PROGRAMS.items() if find_spec(program.needs) and find_spec("adrf")
]
_CODES: Final = {rule.code.code for rule in RULES}
_CONFIGURATION: Final = """\
[mypy]
plugins = mypy_async_django
follow_untyped_imports = True
"""

pytestmark = pytest.mark.skipif(
    not _INSTALLED, reason="the frameworks are not installed; see dev.py packages"
)


def _run(folder: Path, text: str) -> str:
    """The last line that a program writes to standard error; empty if it succeeds."""
    path = folder / "program.py"
    path.write_text(SETUP + text)
    command = [sys.executable, "-W", "ignore", str(path)]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (answer.returncode == 0) == (not answer.stderr), answer.stderr
    lines = answer.stderr.splitlines()
    return lines[-1] if lines else ""


@pytest.mark.parametrize("name", _INSTALLED)
def test_mistake_fails_and_cures_work(name: str, tmp_path: Path) -> None:
    """Run with the framework itself."""
    program = PROGRAMS[name]
    assert program.error in _run(tmp_path, program.mistake)
    for cure in program.cures:
        assert _run(tmp_path, cure) == "", cure


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The codes of the project that mypy reports, by the name of a program."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "mypy.ini").write_text(_CONFIGURATION)
    for name in _INSTALLED:
        for index, text in enumerate([PROGRAMS[name].mistake, *PROGRAMS[name].cures]):
            (folder / f"{name}_{index}.py").write_text(SETUP + text)
    command = [sys.executable, "-m", "mypy", "--cache-dir=cache", "."]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode in {0, 1}, answer.stdout + answer.stderr
    found = defaultdict(list)
    for name, code in re.findall(r"^(\w+)\.py:\d+: error: .*\[([\w-]+)\]$", answer.stdout, re.M):
        if code in _CODES:
            found[name].append(code)
    return found


@pytest.mark.parametrize("name", _INSTALLED)
def test_mistake_is_reported_and_cures_are_not(name: str, codes: dict[str, list[str]]) -> None:
    """All programs are checked in one run of mypy."""
    program = PROGRAMS[name]
    assert codes[f"{name}_0"] == [program.code]
    assert [codes[f"{name}_{index + 1}"] for index in range(len(program.cures))] == [
        [] for _ in program.cures
    ]
