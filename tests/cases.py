"""Checks many YAML cases with one run of mypy; ``python3 dev.py quick`` runs this file.

A plain case is one without settings of its own. Each becomes a package of the same project: its
``main.py`` and its other modules lie in a folder of their own, and imports of these are rewritten.
Files in folders (``requests/api.pyi``) stand for installed packages: they keep their names. Cases
that have such files are checked in runs of their own, as few as there can be.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from pytest_mypy_plugins.collect import SafeLineLoader
from pytest_mypy_plugins.utils import (
    OutputMatcher,
    extract_output_matchers_from_comments,
    extract_output_matchers_from_out,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS: Final = Path(__file__).resolve().parent
PLAIN: Final = {"case", "main", "files", "out", "__line__"}
#: A line of mypy's output that belongs to a file: the file, the line, what is said.
SAID: Final = re.compile(r"(?P<file>[^:]+?)\.pyi?:(?P<line>\d+)(?P<rest>:.*)")


@dataclass(frozen=True, eq=False)
class Case:
    """One case of a YAML file.

    ``package`` is the name under which a run with others knows it, ``first_line`` the line of the
    YAML file before its program, ``files`` the text of each file by its path.
    """

    source: Path
    name: str
    package: str
    first_line: int
    files: dict[str, str]
    expected: tuple[OutputMatcher, ...]

    @property
    def modules(self) -> dict[str, str]:
        """The files that only this case has, by path."""
        return {path: text for path, text in self.files.items() if "/" not in path}

    @property
    def packages(self) -> dict[str, str]:
        """The files that stand for installed packages, by path."""
        return {path: text for path, text in self.files.items() if "/" in path}

    def write(self, root: Path) -> Path:
        """Write the case below a folder, and return the path of its main module."""
        own = "|".join(re.escape(Path(path).stem) for path in self.modules)
        for path, text in self.modules.items():
            text = re.sub(rf"(?m)^(\s*from )({own})(?=[ .])", rf"\1{self.package}.\2", text)
            text = re.sub(rf"(?m)^(\s*)(import (?:{own})\b)", rf"\1from {self.package} \2", text)
            _write(root / self.package / path, text)
        for path, text in self.packages.items():
            _write(root / path, text)
        return Path(self.package, "main.py")


@dataclass(frozen=True)
class Difference:
    """What mypy should have said at one place and did not, and what it said in its stead."""

    place: str
    expected: list[str]
    got: list[str]


def cases(source: Path) -> tuple[list[Case], int]:
    """The plain cases of a YAML file, and how many others it has."""
    plain = []
    raw: list[dict[str, Any]] = yaml.load(source.read_text(), SafeLineLoader) or []
    for case in raw:
        if not set(case) <= PLAIN:
            continue
        files = {"main.py": case["main"]}
        files |= {file["path"]: file.get("content", "") for file in case.get("files", ())}
        expected = [
            matcher
            for path, text in files.items()
            for matcher in extract_output_matchers_from_comments(path, text.split("\n"), False)
        ]
        expected += extract_output_matchers_from_out(case.get("out", ""), {}, False)
        plain.append(
            Case(
                source=source,
                name=case["case"],
                # Not a name that a module of tests may have.
                package=f"of_{source.stem}__{case['case']}_",
                first_line=case["__line__"],
                files=files,
                expected=tuple(expected),
            )
        )
    return plain, len(raw) - len(plain)


def groups(chosen: list[Case]) -> list[list[Case]]:
    """Sort cases into runs: those without packages, then those whose packages go together."""
    found: list[tuple[dict[str, str], list[Case]]] = [({}, [])]
    for case in chosen:
        for packages, together in found[bool(case.packages) :]:
            if all(packages.get(path, text) == text for path, text in case.packages.items()):
                packages.update(case.packages)
                together.append(case)
                break
        else:
            found.append((dict(case.packages), [case]))
    return [together for _, together in found if together]


def run(chosen: list[Case], root: Path, *options: str) -> tuple[dict[Case, list[Difference]], str]:
    """Check cases with one run of mypy in an empty folder; options go to mypy.

    Returns what differs, for each case where anything does, and what mypy said of none of them.
    """
    mains = [str(case.write(root)) for case in chosen]
    config = f"--config-file={TESTS / 'mypy.ini'}"
    environment = os.environ | {"MYPYPATH": f".{os.pathsep}{TESTS / 'testproject'}"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--no-error-summary",
            "--explicit-package-bases",
            config,
            *options,
            *mains,
        ],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said: dict[str, list[str]] = defaultdict(list)
    other = done.stderr
    packages = {case.package for case in chosen}
    for line in done.stdout.splitlines():
        match = SAID.fullmatch(line)
        package, _, module = match["file"].partition("/") if match else ("", "", "")
        if match and package in packages:
            rest = match["rest"].replace(f"{package}.", "").replace(f"{package}/", "")
            said[package].append(f"{module}:{match['line']}{rest}")
        else:
            other += f"{line}\n"
    compared = {case: differences(case, said[case.package]) for case in chosen}
    return {case: differing for case, differing in compared.items() if differing}, other


def differences(case: Case, said: list[str]) -> list[Difference]:
    """Compare what mypy said of a case with what is expected, line by line."""
    expected: dict[tuple[str, int], list[OutputMatcher]] = defaultdict(list)
    got: dict[tuple[str, int], list[str]] = defaultdict(list)
    for matcher in case.expected:
        expected[matcher.fname, matcher.lnum].append(matcher)
    for line in said:
        module, where, _ = line.split(":", 2)
        got[module, int(where)].append(line)
    differing = []
    for place in sorted(expected.keys() | got.keys()):
        matchers, lines = expected[place], got[place]
        if len(matchers) == len(lines) and all(map(OutputMatcher.matches, matchers, lines)):
            continue
        file, number = place
        where = f"line {case.first_line + number}" if file == "main" else f"{file}, line {number}"
        differing.append(Difference(where, list(map(str, matchers)), lines))
    return differing


def report(case: Case, differing: list[Difference]) -> str:
    """What differs in a case, with the lines of its YAML file."""
    lines = [f"{os.path.relpath(case.source)}: {case.name}"]
    for difference in differing:
        lines.append(f"  {difference.place}")
        lines += [f"    expected  {line}" for line in difference.expected]
        lines += [f"    got       {line}" for line in difference.got]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Check the plain cases whose file or name has one of the given words, or all."""
    parser = argparse.ArgumentParser(
        prog="dev.py quick", description="Check all plain YAML cases with one run of mypy."
    )
    parser.add_argument("words", nargs="*", help="parts of the files' or the cases' names")
    words = parser.parse_args(arguments).words
    started = time.monotonic()
    chosen, others = [], 0
    for source in sorted(TESTS.rglob("test_*.yml")):
        plain, more = cases(source)
        others += more
        where = os.path.relpath(source)
        chosen += [
            case
            for case in plain
            if not words or any(word in f"{where}::{case.name}" for word in words)
        ]
    if not chosen:
        print(f"no plain case has {' or '.join(words)} in its file's name or its own")
        return 2
    clashing = [package for package, n in Counter(case.package for case in chosen).items() if n > 1]
    if clashing:
        print(f"several cases are called {', '.join(clashing)}")
        return 2
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mypy-async-django-") as folder:
        for number, group in enumerate(groups(chosen)):
            root = Path(folder, str(number))
            root.mkdir()
            differing, other = run(group, root, "--cache-dir", str(Path(folder, "cache")))
            for case, found in differing.items():
                print(report(case, found))
            print(other, end="")
            failed += len(differing) + bool(other)
    seconds = time.monotonic() - started
    print(f"{len(chosen)} cases, {failed} differ, in {seconds:.0f} s", end="")
    print("" if words else f" ({others} with settings of their own are not among them)")
    return 1 if failed else 0


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
