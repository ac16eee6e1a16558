"""What mypy says of a program is the same with and without the plugin, but for our own errors.

``HARMLESS=all`` compares more packages.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from mypy_async_django.registry import RULES

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
EXAMPLE: Final = ROOT / "examples" / "how_to_break_django"
PROJECT: Final = ROOT / "tests" / "testproject"
OURS: Final = "mypy_async_django"
DJANGO: Final = "mypy_django_plugin.main"
# What is checked together.
PACKAGES: Final = (
    ("attr", "attrs", "click", "jinja2", "packaging", "pluggy", "referencing"),
    ("rich", "tomlkit", "jsonschema", "markdown_it"),
)
MORE: Final = (("hypothesis",), ("_pytest", "asgiref", "sqlparse"))
CODES: Final = tuple(f"[{rule.code.code}]" for rule in RULES)
_NAMES: Final = f"""
from mypy.plugin import Plugin
from {OURS} import codes, rules

def plugin(version):
    codes.announce(rules.names())
    return Plugin
"""
_PLACE: Final = re.compile(r"(\S+?:\d+:)(?:\d+:)? (error|note): ")


@pytest.mark.parametrize("options", [(), ("--check-untyped-defs", "--strict")], ids=len)
def test_type_heavy_program(tmp_path: Path, options: Sequence[str]) -> None:
    """All that goes through hooks of mypy's own plugin."""
    program = copied("program.txt", tmp_path)
    without, with_plugin = both(tmp_path, *options)
    assert_reveals_all(program, without)
    assert with_plugin == without


@pytest.mark.parametrize("plugins", [(DJANGO, OURS), (OURS, DJANGO)], ids=["after", "before"])
def test_django_program(tmp_path: Path, plugins: Sequence[str]) -> None:
    """All that goes through hooks of the plugin for Django, whichever comes first."""
    program = copied("django_program.txt", tmp_path)
    settings = "[mypy.plugins.django-stubs]\ndjango_settings_module = testproject.settings\n"
    without, with_plugin = both(tmp_path, plugins=plugins, settings=settings)
    assert_reveals_all(program, without)
    assert with_plugin == without


@pytest.mark.parametrize(
    "packages",
    [*PACKAGES, *(MORE if os.environ.get("HARMLESS") else ())],
    ids=lambda packages: packages[0],
)
def test_typed_packages(tmp_path: Path, packages: Sequence[str]) -> None:
    """Their sources are copied: what is installed is not the user's, we would not look at it."""
    for package in packages:
        found = importlib.util.find_spec(package)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin).parent
        shutil.copytree(origin, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    without, with_plugin = both(tmp_path, "--strict", "--show-column-numbers")
    assert without
    assert with_plugin == without


def test_example(tmp_path: Path) -> None:
    """What is written beside the example, without what we say, is what mypy says without us.

    A plugin that only names our codes is in our place: mypy dies of a comment with an unknown one.
    """
    (tmp_path / "names.py").write_text(_NAMES)
    plain = (EXAMPLE / "mypy.ini").read_text().replace(OURS, str(tmp_path / "names.py"))
    assert OURS not in plain
    (tmp_path / "mypy.ini").write_text(plain)
    said = mypy(EXAMPLE, "--config-file", tmp_path / "mypy.ini", "--cache-dir", os.devnull)
    expected = not_ours((EXAMPLE / "expected_output.txt").read_text().splitlines())
    assert sorted(said) == sorted(expected)


def copied(name: str, folder: Path) -> str:
    """Put a program into a folder; its text."""
    text = (HERE / name).read_text()
    (folder / "program.py").write_text(text)
    return text


def assert_reveals_all(program: str, said: Sequence[str]) -> None:
    """See that mypy has come by all that a program asks it for, and has found errors."""
    revealed = sum("Revealed type" in line for line in said)
    assert revealed == program.count("reveal_type(")
    assert sum(": error: " in line for line in said) >= 5


def both(
    folder: Path, *options: str, plugins: Sequence[str] = (OURS,), settings: str = ""
) -> tuple[list[str], list[str]]:
    """What mypy says without the plugin, and with it of all but its own."""
    said = []
    for used in ([name for name in plugins if name != OURS], plugins):
        (folder / "mypy.ini").write_text(
            f"[mypy]\nplugins = {', '.join(used)}\nwarn_unused_ignores = True\n{settings}"
        )
        said.append(mypy(folder, "--cache-dir", os.devnull, *options))
    return said[0], list(not_ours(said[1]))


#: The notes of ours that stand at another line than their error.
_ELSEWHERE: Final = re.compile(
    r".* note: (?:The (?:loop waits for|coroutine of) .* here|Other tasks may change .*"
    r"|.* is (?:changed|loaded|read|tested) here(?:, .*)?)"
)


def not_ours(lines: Sequence[str]) -> Iterator[str]:
    """The lines that are neither our errors nor their notes."""
    ours = None
    for line in lines:
        place = _PLACE.match(line)
        if place and place[2] == "error":
            ours = place[1] if line.endswith(CODES) else None
        if (place is None or place[1] != ours) and not _ELSEWHERE.fullmatch(line):
            yield line


def mypy(folder: Path, *arguments: str | Path) -> list[str]:
    """What mypy prints of a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *arguments, "."],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout.splitlines()
