"""The command line: ``mypy-async-django`` and ``python -m mypy_async_django``."""

import argparse
import sys
from collections.abc import Callable, Sequence

from mypy_async_django import __version__
from mypy_async_django.check import command, fix, name, setup

Answer = Callable[[argparse.Namespace], str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 2 where it cannot be run."""
    parser = argparse.ArgumentParser(
        prog="mypy-async-django",
        description="Find what breaks async Django code, with mypy.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    checking = commands.add_parser("check", help="check a project", description=command.DESCRIPTION)
    command.add_arguments(checking)
    checking.set_defaults(run=command.check)

    fixing = commands.add_parser(
        "fix", help="change code as the notes say", description=fix.DESCRIPTION
    )
    fix.add_arguments(fixing)
    fixing.set_defaults(run=fix.fix)

    asking = commands.add_parser("check-setup", help="print what a check uses, and what is missing")
    setup.add_arguments(asking)
    asking.set_defaults(run=setup.check_setup)

    explaining = commands.add_parser("explain", help="print the page of an error code")
    explaining.add_argument("name", metavar="CODE")
    explaining.set_defaults(run=_answering(_explain))

    listing = commands.add_parser("codes", help="list the error codes")
    listing.add_argument("--json", action="store_true", help="as an array of objects")
    listing.set_defaults(run=_answering(_codes))

    looking_up = commands.add_parser("catalogue", help="print what is known of an API")
    looking_up.add_argument(
        "name", metavar="NAME", help="full or in part: QuerySet.get, time.sleep"
    )
    looking_up.set_defaults(run=_answering(_catalogue))

    naming = commands.add_parser("name", help="print the full names of what a line calls and reads")
    name.add_arguments(naming)
    naming.set_defaults(run=name.name)

    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    return status


def _answering(answer: Answer) -> Callable[[argparse.Namespace], int]:
    """A command that prints an answer; where there is none, it says why with status 2."""

    def run(options: argparse.Namespace) -> int:
        try:
            print(answer(options), end="")
        except LookupError as error:
            print(error.args[0], file=sys.stderr)
            return 2
        return 0

    return run


# The questions are imported when asked: they load the rules, and mypy with them.


def _explain(options: argparse.Namespace) -> str:
    from mypy_async_django import questions

    return questions.explain(options.name)


def _codes(options: argparse.Namespace) -> str:
    from mypy_async_django import questions

    return questions.codes(as_json=options.json)


def _catalogue(options: argparse.Namespace) -> str:
    from mypy_async_django import questions

    return questions.catalogue(options.name)
