"""What a person asks at a prompt: a rule's page, the codes, what is known of an API."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from mypy_async_django import __version__, pages
from mypy_async_django.registry import RULES


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one question; the exit status is 2 where there is no answer."""
    parser = argparse.ArgumentParser(
        prog="python -m mypy_async_django",
        description="Questions about the error codes of mypy-async-django. It runs as a plugin of mypy.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    questions = parser.add_subparsers(required=True, metavar="QUESTION")
    explaining = questions.add_parser("explain", help="print the page of an error code")
    explaining.add_argument("name", metavar="CODE")
    explaining.set_defaults(answer=explain)
    listing = questions.add_parser("codes", help="list the error codes")
    listing.set_defaults(answer=codes, name="")
    looking_up = questions.add_parser("catalogue", help="print what is known of an API")
    looking_up.add_argument(
        "name", metavar="NAME", help="full or in part: QuerySet.get, time.sleep"
    )
    looking_up.set_defaults(answer=catalogue)
    options = parser.parse_args(arguments)
    try:
        answer: str = options.answer(options.name)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    print(answer, end="")
    return 0


def explain(name: str) -> str:
    """The page of a code; LookupError if there is none."""
    rules = {rule.code.code: rule for rule in RULES}
    if name not in rules:
        raise LookupError(f'There is no error code "{name}"{_nearest(name, rules)}')
    return pages.page(rules[name])


def codes(name: str) -> str:
    """All codes, one a line."""
    return pages.codes_list()


def catalogue(name: str) -> str:
    """What is known of an API; LookupError if nothing."""
    known = pages.found(name)
    if not known:
        parts = [fact.name.split(".") for fact in pages.facts()]
        names = {".".join(part[-length:]) for part in parts for length in (1, 2)}
        raise LookupError(f'The catalogue does not know "{name}"{_nearest(name, names)}')
    return "\n".join(map(pages.fact_text, known))


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known))
    return f"; the nearest: {', '.join(near)}" if near else ""
