"""All fixes of the plain cases and of the rules' pages, made as by ``fix``.

Nothing here knows a rule: a new rule is tried with its cases and its page.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import cases
import pytest

from mypy_async_django import pages
from mypy_async_django.check.fix import one_round
from mypy_async_django.record import Record, Request, from_message
from mypy_async_django.registry import RULES

OURS: Final = {rule.code.code for rule in RULES}
TESTS: Final = Path(__file__).parents[1]


class Reported(NamedTuple):
    """What mypy reports of a file: our findings, and all errors as text."""

    records: list[Record]
    errors: list[str]

    def counted(self) -> Counter[str]:
        """How often each error code is reported."""
        return Counter(error.rpartition("[")[2] for error in self.errors)


class Fixed(NamedTuple):
    """A file before and after all fixes, and what mypy reports of each."""

    before: Reported
    text: str
    after: Reported


#: Enough for a fix that makes another one possible.
ROUNDS: Final = 4

#: What mypy says of an await that is right, where the program then uses what has no value, or binds
#: one name to a coroutine and to its result.
UNAVOIDABLE: Final = (
    "[func-returns-value]",
    "[assignment]",
    'Incompatible types in "await" (actual type "Book", expected type "Awaitable[Any]")  [misc]',
)


@pytest.fixture(scope="module", name="fixed")
def fixed_(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fixed]:
    """Each file that fixes change, by its path."""
    folder = tmp_path_factory.mktemp("fixes")
    paths = sorted(written(folder))
    before = after = checked(folder, paths)
    texts: dict[str, str] = {}
    for _ in range(ROUNDS):
        found = [record for reported in after.values() for record in reported.records]
        done = one_round(found, unsafe=True)
        if not done.texts:
            break
        for path, text in done.texts.items():
            Path(path).write_text(text, encoding="utf-8")
        texts.update(done.texts)
        after = checked(folder, paths)
    none = Reported([], [])
    return {path: Fixed(before[path], text, after.get(path, none)) for path, text in texts.items()}


def test_nothing_new(fixed: dict[str, Fixed]) -> None:
    """No fix brings an error: neither of mypy's nor of another rule."""
    assert len(fixed) > 100
    wrong = []
    for path, file in fixed.items():
        known = Counter(map(kind_of, file.before.errors))
        new = Counter(map(kind_of, file.after.errors)) - known
        errors = [each for each in file.after.errors if kind_of(each) in new]
        errors = [each for each in errors if not each.endswith(UNAVOIDABLE)]
        if errors:
            wrong.append("\n".join([path, file.text, *errors]))
    assert not wrong, f"{len(wrong)} of {len(fixed)} files:\n" + "\n\n".join(wrong)


def test_all_made(fixed: dict[str, Fixed]) -> None:
    """No finding with a fix is left."""
    left = [
        f"{path}:{record.line}: {record.message}"
        for path, file in fixed.items()
        for record in file.after.records
        if record.edit is not None
    ]
    assert not left, "\n".join(left)


def kind_of(error: str) -> str:
    """The code of one of mypy's errors, one of ours without its line."""
    code = error.rpartition("[")[2]
    return error.partition(": ")[2] if code.rstrip("]") in OURS else code


def written(folder: Path) -> Iterator[str]:
    """Write all programs below a folder; yields the path of each."""
    for source in sorted(TESTS.rglob("test_*.yml")):
        for case in cases.cases(source)[0]:
            if not case.packages:
                case.write(folder)
                yield from (f"{case.package}/{name}" for name in case.modules)
    for rule in RULES:
        name = f"page_of_{rule.code.code.replace('-', '_')}.py"
        (folder / name).write_text(pages.example(rule, "What it does"), encoding="utf-8")
        yield name


def checked(folder: Path, paths: list[str]) -> dict[str, Reported]:
    """What mypy reports of the files, by their paths."""
    search = os.pathsep.join([str(folder), str(TESTS / "testproject")])
    mypy = [sys.executable, "-m", "mypy", "--output=json", "--no-error-summary"]
    done = subprocess.run(
        [*mypy, "--explicit-package-bases", f"--config-file={TESTS / 'mypy.ini'}", *paths],
        cwd=folder,
        env={**os.environ, **Request().as_environment(), "MYPYPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    found: dict[str, Reported] = {}
    for line in done.stdout.splitlines():
        error = json.loads(line)
        if error["severity"] != "error":
            continue
        path = str(folder / error["file"])
        record = from_message(error["message"], path)
        reported = found.setdefault(path, Reported([], []))
        if record is not None:
            reported.records.append(record)
        message = record.message if record is not None else error["message"]
        reported.errors.append(f"{error['line']}: {message}  [{error['code']}]")
    return found
