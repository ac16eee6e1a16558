"""What one sync function does that a coroutine must not do, without looking at what it calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """The operations of a function by what they do, and the project's functions that it calls.

    Operations are named as a person would (``QuerySet.count``), functions by their full names.
    """

    raises: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to say of the function."""
        return bool(self.raises or self.blocks or self.calls)


Summaries = Mapping[str, Summary]
"""A module's summaries, by the function's name within the module."""


def dumped(summaries: Summaries) -> str:
    """Summaries as text: sorted, so that the same facts are the same text."""
    table = {
        name: [list(summary.raises), list(summary.blocks), list(summary.calls)]
        for name, summary in sorted(summaries.items())
    }
    return json.dumps([_VERSION, table], separators=(",", ":"))


def loaded(text: str) -> Summaries:
    """The summaries that `dumped` wrote; none where another version did."""
    version, table = json.loads(text)
    if version != _VERSION:
        return {}
    return {
        name: Summary(tuple(raises), tuple(blocks), tuple(calls))
        for name, (raises, blocks, calls) in table.items()
    }
