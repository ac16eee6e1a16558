"""The command ``fix``: makes the changes that findings carry, until there are none left."""

import argparse
import difflib
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from mypy_async_django.check import command
from mypy_async_django.check.edits import Applied, Skipped, apply
from mypy_async_django.check.imports import with_imports
from mypy_async_django.config import ConfigError
from mypy_async_django.record import Edit, Record

DESCRIPTION: Final = """\
Change the code as the notes of "check" say, where a note is a change that a program can make. Only
safe changes are made, which leave all else as it was; those that move work to a thread or change a
query are made with --unsafe-fixes. Read the difference before you commit it.
"""

#: A fix may make another one possible; no sensible chain is longer.
_MOST_ROUNDS: Final = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``fix``."""
    command.add_choice(parser)
    parser.add_argument(
        "--diff",
        action="store_true",
        help="print the first round of changes and make none; the exit status is 1 if there are any",
    )
    parser.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="also make changes that move work to a thread or change what a query does",
    )


def fix(options: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    try:
        return _fixed(options)
    except command.WrongOptionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ConfigError as error:
        print(error, end="", file=sys.stderr)
        return 2


class _Round(NamedTuple):
    """New texts by path, how many findings they fix, and the findings that they leave, with why."""

    texts: Mapping[str, str]
    fixed: int
    skipped: tuple[tuple[Record, Skipped], ...]


def _fixed(options: argparse.Namespace) -> int:
    total, files = 0, set[str]()
    records: list[Record] | None = []
    done = _Round({}, 0, ())
    for _ in range(_MOST_ROUNDS):
        records = command.findings(options)
        if records is None:
            return 2
        done = one_round(records, unsafe=options.unsafe_fixes)
        if options.diff:
            for path, text in done.texts.items():
                sys.stdout.writelines(_difference(path, text))
        if options.diff or not done.texts:
            break
        for path, text in done.texts.items():
            _write(path, text)
        total, files = total + done.fixed, files | done.texts.keys()
    for record, reason in done.skipped:
        if reason is not Skipped.LATER:
            place = f"{record.path}:{record.line}:{record.column}"
            print(f"{place}: not fixed, because {reason.value}  [{record.code}]", file=sys.stderr)
    print(_summary(records or [], total, len(files), options), file=sys.stderr)
    return 1 if options.diff and done.texts else 0


def one_round(records: Sequence[Record], *, unsafe: bool) -> _Round:
    """Make all fixes of findings that do not overlap; the files are read and not written."""
    by_path: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.edit is not None and (unsafe or record.edit.is_safe):
            by_path[record.path].append(record)
    texts: dict[str, str] = {}
    fixed = 0
    skipped: list[tuple[Record, Skipped]] = []
    for path, found in by_path.items():
        text = text_of(path)
        if text is None:
            continue
        edits = [record.edit for record in found if record.edit is not None]
        done = apply(text, edits)
        new = with_fixes(done, path)
        if new is None:  # one of them makes no code of it: make those that do, one by one
            done = apply(text, _valid(text, edits, path))
            new = with_fixes(done, path)
        if new is not None and new != text:
            texts[path] = new
            fixed += len(done.made)
        reasons = dict(done.skipped)
        skipped += [
            (record, reasons.get(record.edit, Skipped.TEXT))
            for record in found
            if record.edit is not None and record.edit not in done.made
        ]
    return _Round(texts, fixed, tuple(skipped))


def _valid(text: str, edits: Sequence[Edit], path: str) -> list[Edit]:
    """The fixes that each alone leave code that Python can parse."""
    return [edit for edit in edits if with_fixes(apply(text, [edit]), path) is not None]


def with_fixes(done: Applied, path: str) -> str | None:
    """The text with fixes and the imports that they need; None if it is no valid code."""
    return with_imports(done.text, (name for edit in done.made for name in edit.imports), path)


def text_of(path: str) -> str | None:
    """A file's text with the ends of its lines as they are; None if it is not UTF-8."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: str, text: str) -> None:
    Path(path).write_bytes(text.encode("utf-8"))


def _difference(path: str, text: str) -> Iterator[str]:
    before = (text_of(path) or "").splitlines(keepends=True)
    after = text.splitlines(keepends=True)
    return difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")


def _summary(records: Sequence[Record], fixed: int, files: int, options: argparse.Namespace) -> str:
    unsafe = sum(1 for record in records if record.edit is not None and not record.edit.is_safe)
    others = sum(1 for record in records if record.edit is None)
    parts = (
        [] if options.diff else [f"Fixed {_counted(fixed, 'error')} in {_counted(files, 'file')}"]
    )
    if unsafe and not options.unsafe_fixes:
        parts.append(f"{unsafe} can be fixed with --unsafe-fixes")
    if others:
        parts.append(f"{_counted(others, 'error')} to be decided by a person")
    return "; ".join(parts) or "Nothing to fix"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
