"""The command ``check``, from its arguments to its exit status."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

from mypy_async_django import rules
from mypy_async_django.check import baseline, names, project, run
from mypy_async_django.check.changes import ChangesError, changed_since
from mypy_async_django.check.formats import FORMATS
from mypy_async_django.check.sources import Sources
from mypy_async_django.check.text import Text
from mypy_async_django.config import ALL, DEFAULT, ConfigError, ignores, load, nearest, selects
from mypy_async_django.record import Record

DESCRIPTION: Final = """\
Run mypy with the plugin and show what the plugin finds. No configuration is needed; mypy's own is
used where there is one, and the errors of mypy itself are left out. The exit status is 0 without
errors, 1 with errors, and 2 if the code could not be checked.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    add_choice(parser)
    parser.add_argument(
        "--output", choices=["text", *FORMATS], default="text", help="default: text"
    )
    parser.add_argument(
        "--statistics", action="store_true", help="show how many errors each code has"
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 though there are errors"
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="do not show the errors that this file lists"
    )
    parser.add_argument(
        "--update-baseline",
        action="store_true",
        help="write all errors that there are now to the file of --baseline",
    )
    parser.add_argument(
        "--diff-base",
        metavar="REVISION",
        help="show only errors in files that have changed since a revision of git",
    )
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="default: auto, in colour on a terminal",
    )


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is checked, and which codes count."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files and folders to check (default: those of mypy's configuration, or all)",
    )
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="CODES",
        help='show only these codes: codes, families, "default" or "all", separated by commas',
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODES",
        help="do not show these codes or families",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="show all codes, also those that are off by default, and set strict_relations",
    )
    parser.add_argument(
        "--settings",
        default="",
        metavar="MODULE",
        help="Django's settings module (default: DJANGO_SETTINGS_MODULE, or as manage.py has it)",
    )


def check(options: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    try:
        return _checked(options)
    except (baseline.BaselineError, ChangesError, WrongOptionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ConfigError as error:
        print(error, end="", file=sys.stderr)
        return 2


class WrongOptionError(Exception):
    """An option that cannot be followed; its text is the whole message for the user."""


def _checked(options: argparse.Namespace) -> int:
    if options.update_baseline and not options.baseline:
        raise WrongOptionError("--update-baseline needs --baseline FILE")
    known = baseline.read(options.baseline) if _reads_baseline(options) else None
    changed = changed_since(options.diff_base) if options.diff_base else None
    found_records = findings(options)
    if found_records is None:
        return 2
    records = found_records
    if changed is not None:
        records = [record for record in records if os.path.realpath(record.path) in changed]
    sources = Sources()
    if options.update_baseline:
        count = baseline.write(options.baseline, records, sources)
        print(f"Wrote {options.baseline} with the {count} errors that there are now")
        return 0
    hidden = 0
    if known is not None:
        unknown, gone = baseline.new(records, known, sources, options.baseline.parent)
        hidden, records = len(records) - len(unknown), unknown
        if gone and changed is None and not options.paths:
            print(
                f"note: {gone} entries of {options.baseline} are fixed:"
                " remove them with --update-baseline",
                file=sys.stderr,
            )
    _show(records, hidden, sources, options)
    return 1 if records and not options.exit_zero else 0


def findings(options: argparse.Namespace) -> list[Record] | None:
    """The findings that the options select; None where the code cannot be checked, which is printed.

    Raises WrongOptionError.
    """
    selected, ignored = _codes(options.select), _codes(options.ignore)
    for path in options.paths:
        if not Path(path).exists():
            raise WrongOptionError(f"{path} does not exist")
    found = project.find(Path.cwd(), options.settings)
    undefined = list(_undefined(found))
    with _Progress(sys.stderr) as progress:
        outcome = run.run(found, options.paths, strict=options.strict, tick=progress.tick)
    for note in (*outcome.notes, *undefined):
        print(f"note: {note}", file=sys.stderr)
    for stop in outcome.stops:
        place = f"{stop.path}:{stop.line}:{stop.column}: " if stop.path else ""
        print(f"{place}error: {stop.message}" if place else stop.message, file=sys.stderr)
    if outcome.stops:
        return None
    if options.strict and not selected:
        selected = (ALL,)
    return [record for record in outcome.records if _is_shown(record, selected, ignored)]


def _undefined(found: project.Project) -> Iterator[str]:
    """Notes on names in the settings that are defined nowhere: a misspelt one does nothing."""
    own = str(found.own_settings) if found.own_settings else None
    for key, name in names.undefined(load(own, rules.codes()), [found.import_root, Path.cwd()]):
        yield f'{key} has "{name}", which is defined nowhere'


def _reads_baseline(options: argparse.Namespace) -> bool:
    return options.baseline is not None and not options.update_baseline


def _codes(given: Iterable[str]) -> tuple[str, ...]:
    """The codes of an option that may be repeated."""
    codes = tuple(code.strip() for text in given for code in text.split(",") if code.strip())
    known = rules.codes()
    for code in codes:
        if code not in (*known, ALL, DEFAULT):
            raise WrongOptionError(f'There is no error code "{code}"{nearest(code, known)}')
    return codes


def _is_shown(record: Record, selected: Sequence[str], ignored: Sequence[str]) -> bool:
    if ignores(ignored, record.code, record.family):
        return False
    if not selected:
        return record.on
    return selects(selected, record.code, record.family, by_default=record.by_default)


def _show(
    records: Sequence[Record], hidden: int, sources: Sources, options: argparse.Namespace
) -> None:
    if options.output != "text":
        text = FORMATS[options.output](records, sources)
        if text:
            print(text)
        return
    show = Text(sources, colour=_in_colour(options.color, sys.stdout))
    for line in show.findings(records):
        print(line)
    if options.statistics:
        for line in show.statistics(records):
            print(line)
    print(show.summary(records, hidden))


def _in_colour(wanted: str, stream: TextIO) -> bool:
    """Whether to write in colour: as wanted, or by the terminal and the usual variables."""
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


class _Progress:
    """A line on a terminal that shows that mypy runs; nothing elsewhere. It is gone afterwards."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_shown = False

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def tick(self, seconds: float) -> None:
        """Show how long mypy has been running."""
        if self._stream.isatty():
            self._is_shown = True
            self._stream.write(f"\rChecking with mypy: {seconds:.0f} s")
            self._stream.flush()
