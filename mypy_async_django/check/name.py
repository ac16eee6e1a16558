"""The command ``name``: the full names of what a line calls and reads, as settings take them."""

import argparse
import sys
from pathlib import Path

from mypy_async_django.check import project, run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``name``."""
    parser.add_argument("place", metavar="FILE:LINE", help="as in shop/views.py:12")
    parser.add_argument("--settings", default="", metavar="MODULE", help="Django's settings module")


def name(options: argparse.Namespace) -> int:
    """Print the names, one a line, after the code; returns 2 where there are none."""
    path, _, number = str(options.place).rpartition(":")
    if not Path(path).is_file() or not number.isdigit():
        print(f'"{options.place}" is no file with a line, as in shop/views.py:12', file=sys.stderr)
        return 2
    found = project.find(Path.cwd(), options.settings)
    outcome = run.names(found, path, int(number))
    for stop in outcome.stops:
        print(stop.message, file=sys.stderr)
    known = {(record.notes[0].text, record.message) for record in outcome.records}
    if not known:
        if not outcome.stops:
            print(f"mypy knows nothing that {options.place} calls or reads", file=sys.stderr)
        return 2
    width = max(len(text) for text, _ in known)
    for text, full in sorted(known):
        print(f"{text:{width}}  {full}")
    return 0
