"""Checks files with mypy and makes the fixes of what is reported, as the command ``fix`` does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from mypy_async_django.check.fix import one_round
from mypy_async_django.record import Record, Request, from_message

TESTS: Final = Path(__file__).parent

#: Enough for a fix that makes another one possible.
ROUNDS: Final = 4


class Reported(NamedTuple):
    """What mypy reports of a file: our findings, and all errors as text."""

    records: list[Record]
    errors: list[str]


def fix_all(folder: Path, paths: list[str], reported: dict[str, Reported]) -> dict[str, Reported]:
    """Make all fixes in files, until there are none left; returns what mypy then reports."""
    for _ in range(ROUNDS):
        found = [record for each in reported.values() for record in each.records]
        done = one_round(found, unsafe=True)
        if not done.texts:
            break
        for path, text in done.texts.items():
            Path(path).write_text(text, encoding="utf-8")
        reported = checked(folder, paths)
    return reported


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
