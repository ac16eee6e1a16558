"""Code that others wrote: nothing that the plugin does with it fails.

Two packages are gone through by default, and most of what there is if asked for: with ``SOURCES=1``
the standard library with its tests, and all that is installed, which takes long;
``SOURCES=django,channels`` names some. Each is gone through as it is, and with all of its functions
made coroutines, so that every rule looks at them. ``pytest -s`` shows what came of it, and
``SOURCES_SHOWN=FILE`` adds that and the findings to a file.
"""

import os
import re
import shutil
import sysconfig
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from mypy import api
from mypy.nodes import MypyFile
from programs import FAILED
from typing_extensions import override

from mypy_async_django.bridge.tree import functions
from mypy_async_django.engine import Engine
from mypy_async_django.registry import RULES

LIBRARY: Final = Path(sysconfig.get_path("stdlib"))
INSTALLED: Final = Path(sysconfig.get_path("purelib"))
ASKED: Final = os.environ.get("SOURCES", "")
SHOWN: Final = os.environ.get("SOURCES_SHOWN")
NAMED: Final = ("stdlib", "django", "asgiref", "channels", "rest_framework", "installed")
AT_A_TIME: Final = 300
MOST_REFUSED: Final = 30
CODES: Final = tuple(f"[{rule.code.code}]" for rule in RULES)
_DEF: Final = re.compile(r"^([ \t]*)def ", re.MULTILINE)
_BLOCKED: Final = re.compile(r"^(walked/\S+?\.pyi?):", re.MULTILINE)


@dataclass(slots=True)
class Walk:
    """What came of going through files; ``failed`` are our own failures."""

    files: int = 0
    left_out: list[str] = field(default_factory=list)
    functions: int = 0
    coroutines: int = 0
    findings: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @override
    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.files} files, {self.functions} functions ({self.coroutines} coroutines),"
            f" {len(self.findings)} findings,"
            f" {len(self.failed)} failures, {self.seconds:.0f} s, left out {len(self.left_out)}"
        )


@pytest.mark.skipif(bool(ASKED), reason="asked for others")
@pytest.mark.parametrize(
    ("root", "part", "is_changed"),
    [
        (LIBRARY, "asyncio", False),
        (LIBRARY, "asyncio", True),
        (INSTALLED, "django/contrib/auth", False),
    ],
    ids=["asyncio", "asyncio as coroutines", "django.contrib.auth"],
)
def test_some_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path, part: str, is_changed: bool
) -> None:
    """A part of the standard library, and one of Django."""
    walk = walked(tmp_path, monkeypatch, list(files_of(root / part, root)), is_changed)
    assert walk.functions > 300
    assert not walk.failed


@pytest.mark.skipif(not ASKED, reason="takes long: set SOURCES")
@pytest.mark.parametrize("name", NAMED if ASKED == "1" else ASKED.split(","))
@pytest.mark.parametrize("is_changed", [False, True], ids=["as they are", "as coroutines"])
def test_all_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_changed: bool
) -> None:
    """Everything that goes by a name."""
    files = list(sources(name))
    if not files:
        pytest.skip(f"{name} is not installed")
    walk = walked(tmp_path, monkeypatch, files, is_changed)
    how = "as coroutines" if is_changed else "as they are"
    with Path(SHOWN or os.devnull).open("a") as shown:
        shown.writelines(f"{line}\n" for line in (*walk.findings, f"{name}, {how}: {walk}"))
    print(f"\n{name}, {how}: {walk}")  # noqa: T201
    assert walk.functions
    assert not walk.failed, "\n".join(walk.failed)


def sources(name: str) -> Iterator[tuple[Path, Path]]:
    """Files with the folder that their module's name starts at."""
    if name == "stdlib":
        found = files_of(LIBRARY, LIBRARY)
        yield from (each for each in found if INSTALLED not in each[0].parents)
    elif name == "installed":
        found = files_of(INSTALLED, INSTALLED)
        yield from (each for each in found if each[0].relative_to(INSTALLED).parts[0] not in NAMED)
    else:
        yield from files_of(INSTALLED / name, INSTALLED)


def files_of(folder: Path, root: Path) -> Iterator[tuple[Path, Path]]:
    """The files of a folder that Python can read and whose path makes a module's name."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if all(part.isidentifier() for part in parts):
            yield path, root


def walked(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: Sequence[tuple[Path, Path]],
    is_changed: bool,
) -> Walk:
    """Go through copies of files: what is installed is not the user's.

    They are in a package, as nothing else could be named as modules of the standard library are.
    """
    walk, start = Walk(), time.monotonic()
    count_functions(walk, monkeypatch)
    (folder / "mypy.ini").write_text("[mypy]\nplugins = mypy_async_django\n")
    for first in range(0, len(files), AT_A_TIME):
        shutil.rmtree(folder / "walked", ignore_errors=True)
        copies = [
            copied(folder, path, root, is_changed)
            for path, root in files[first : first + AT_A_TIME]
        ]
        take_through(folder, {copy for copy in copies if copy}, walk)
        walk.left_out += [str(files[first + n][0]) for n, copy in enumerate(copies) if not copy]
    walk.seconds = time.monotonic() - start
    return walk


def copied(folder: Path, path: Path, root: Path, is_changed: bool) -> str | None:
    """Copy a file, perhaps changed; nothing where Python cannot read it."""
    name = Path("walked") / path.relative_to(root)
    text = path.read_bytes().decode("utf-8", errors="replace")
    if wrong_line(text) is not None:
        return None
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(with_coroutines(text) if is_changed else text)
    return str(name)


def with_coroutines(text: str) -> str:
    """A module whose functions are coroutine functions, but for those that Python refuses."""
    lines = _DEF.sub(r"\1async def ", text).split("\n")
    for _ in range(MOST_REFUSED):
        wrong = wrong_line("\n".join(lines))
        if wrong is None:
            return "\n".join(lines)
        # Or one that ends above: the right one is next then.
        for n in reversed(range(min(wrong, len(lines)))):
            if lines[n].lstrip().startswith("async def "):
                lines[n] = lines[n].replace("async def ", "def ", 1)
                break
    return text


def wrong_line(text: str) -> int | None:
    """The number of the line where Python gives up; None where it takes the module."""
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(text, "", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error.lineno or 0
        except (ValueError, RecursionError):
            return 0
    return None


def take_through(folder: Path, names: set[str], walk: Walk) -> None:
    """Check files, again without those where mypy stops."""
    out = ""
    while names:
        with chdir(folder):
            options = ("--ignore-missing-imports", "--explicit-package-bases", "--no-error-summary")
            out, err, status = api.run([*options, *sorted(names)])
        if status < 2:
            break
        blocked = names & set(_BLOCKED.findall(out + err))
        if not blocked or "INTERNAL ERROR" in out + err:
            walk.failed.append(out[-2000:] + err[-4000:])
            return
        walk.left_out += blocked
        names = names - blocked
    lines = out.splitlines()
    walk.files += len(names)
    walk.findings += [line for line in lines if line.endswith(CODES) and ": error: " in line]
    walk.failed += [line for line in lines if FAILED.search(line)]


def count_functions(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the functions of the modules that are gone through."""
    module_checked = Engine.module_checked

    def counted(engine: Engine, tree: MypyFile) -> set[str]:
        if tree.fullname.startswith("walked."):
            kinds = [function.is_coroutine for _, function in functions(tree)]
            walk.functions += len(kinds)
            walk.coroutines += sum(kinds)
        return module_checked(engine, tree)

    monkeypatch.setattr(Engine, "module_checked", counted)
