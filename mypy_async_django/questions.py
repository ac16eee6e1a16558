"""What a person asks at a prompt: a rule's page, the codes, what is known of an API."""

import json
from collections.abc import Iterable
from difflib import get_close_matches

from mypy_async_django import pages
from mypy_async_django.links import page_of
from mypy_async_django.registry import RULES


def explain(name: str) -> str:
    """The page of a code; LookupError if there is none."""
    rules = {rule.code.code: rule for rule in RULES}
    if name not in rules:
        raise LookupError(f'There is no error code "{name}"{_nearest(name, rules)}')
    return pages.page(rules[name])


def codes(*, as_json: bool) -> str:
    """All codes, one a line, or as an array of objects."""
    if not as_json:
        return pages.codes_list()
    listed = [
        {
            "code": rule.code.code,
            "family": rule.code.sub_code_of.code if rule.code.sub_code_of else "",
            "by_default": rule.code.default_enabled,
            "title": pages.title(rule),
            "url": page_of(rule.code.code),
        }
        for rule in RULES
    ]
    return f"{json.dumps(listed, indent=2)}\n"


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
