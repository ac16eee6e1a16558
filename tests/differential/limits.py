"""Where the plugin may disagree with a run, on purpose or knowingly, and why."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from verdicts import Verdict, names_in

_READ: Final = re.compile(r"\b\w+\.[a-z_]+\b")
_GIVEN: Final = re.compile(r"\blambda\b.*|^\s+def inner.*|to_thread\(.*|_async\([^)]*\)\(.*")


@dataclass(frozen=True, slots=True)
class Limit:
    """A disagreement that is allowed, and how to tell it."""

    name: str
    reason: str
    applies: Callable[[Verdict], bool]


def limit_of(verdict: Verdict) -> Limit | None:
    """The limit that allows a disagreement."""
    return next((limit for limit in LIMITS if limit.applies(verdict)), None)


def _again(verdict: Verdict) -> bool:
    read = set(_READ.findall(verdict.line.annotated))
    before = {found for line in verdict.earlier for found in _READ.findall(line)}
    return verdict.is_missed and bool(read & before)


def _given(verdict: Verdict) -> bool:
    lines = [line.annotated for line in verdict.program]
    given = {name for line in lines for part in _GIVEN.findall(line) for name in names_in(part)}
    return verdict.is_missed and bool(names_in(verdict.line.annotated) & given)


LIMITS: Final = (
    Limit("again", "the same attribute was read before: it is loaded by then, or has raised", _again),
    Limit("given", "who was given the object may have loaded it", _given),
    Limit(
        "when",
        "the message says that it depends",
        lambda verdict: verdict.is_false and all(", when " in text for text in verdict.said),
    ),
)
