"""A file of known findings, which are not shown.

An entry is a finding without its line's number: file, code, function and the line's text. So known
findings stay known when code above them changes.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from mypy_async_django.check.sources import Sources
from mypy_async_django.record import Record

_VERSION: Final = 1


class BaselineError(Exception):
    """A baseline that cannot be read; its text is the whole message for the user."""


class Entry(NamedTuple):
    """What a finding is known by. The path is relative to the baseline's folder."""

    path: str
    code: str
    function: str
    text: str


def entry(record: Record, sources: Sources, folder: Path) -> Entry:
    """The entry for a finding, in a baseline that is in the folder."""
    path = Path(os.path.relpath(record.path, folder)).as_posix()
    return Entry(path, record.code, record.function, sources.line(record.path, record.line).strip())


def read(path: Path) -> Counter[Entry]:
    """The entries of a baseline, and how often each is known.

    Raises BaselineError where the file is not there or is no baseline.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["version"] != _VERSION:
            raise BaselineError(f"{path}: made by another version: write it with --update-baseline")
        return Counter(
            {Entry(**value["finding"]): int(value["count"]) for value in values["findings"]}
        )
    except FileNotFoundError:
        raise BaselineError(f"{path} does not exist: write it with --update-baseline") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{path} is not a baseline: {error}") from None


def write(path: Path, records: Iterable[Record], sources: Sources) -> int:
    """Write the baseline in which all these findings are known; how many they are."""
    known = Counter(entry(record, sources, path.parent) for record in records)
    findings = [{"finding": item._asdict(), "count": known[item]} for item in sorted(known)]
    text = json.dumps({"version": _VERSION, "findings": findings}, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
    return known.total()


def new(
    records: Iterable[Record], known: Counter[Entry], sources: Sources, folder: Path
) -> tuple[list[Record], int]:
    """The findings that are not known, and how many known ones are not there any more."""
    left = known.copy()
    unknown = []
    for record in records:
        item = entry(record, sources, folder)
        if left[item] > 0:
            left[item] -= 1
        else:
            unknown.append(record)
    return unknown, left.total()
