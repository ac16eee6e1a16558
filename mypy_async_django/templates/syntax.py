"""A small reader of Django's template language: tokens, blocks and filter expressions.

Django's own parser needs settings, and imports the tag libraries of the project.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_TAG: Final = re.compile(r"({%.*?%}|{{.*?}}|{#.*?#})")
_WORD: Final = re.compile(
    r"""((?:[^\s'"]*(?:(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[^\s'"]*)+)|\S+)"""
)
_PIPED: Final = re.compile(r"""((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^|'"])+)""")
_NUMBER: Final = re.compile(r"[-+]?[.\d][\d.eE_+-]*$")
#: Everything up to the end tag is text, or nothing.
_TEXT: Final = frozenset({"comment", "verbatim"})


class Filter(NamedTuple):
    """A filter with its argument, as it is written."""

    name: str
    argument: str | None


class Tag(NamedTuple):
    """A tag or, with the name ``{{``, a variable that is printed.

    ``words`` are the arguments as they are written. ``body`` has what stands between the tag and its
    end tag, with the tags in between that divide it: ``else``, ``empty``.
    """

    name: str
    words: tuple[str, ...]
    body: "tuple[Tag, ...] | None" = None


PRINTED: Final = "{{"


def read(source: str) -> tuple[Tag, ...]:
    """The tags of a template, those of a block inside its tag; text is left out."""
    flat = list(_tags(source))
    ends = [tag.name.removeprefix("end") for tag in flat if tag.name.startswith("end")]
    found, _ = _nested(flat, 0, frozenset(ends), None)
    return found


def _tags(source: str) -> Iterator[Tag]:
    skipped: str | None = None
    for piece in _TAG.split(source)[1::2]:
        if piece.startswith("{#"):
            continue
        content = piece[2:-2].strip()
        if piece.startswith("{{"):
            if skipped is None:
                yield Tag(PRINTED, (content,))
            continue
        words = _WORD.findall(content)
        if not words:
            continue
        if skipped is not None:
            if content == skipped:
                skipped = None
            continue
        if words[0] in _TEXT:
            # "{% verbatim name %}" ends with "{% endverbatim name %}".
            named = words[0] == "verbatim"
            skipped = f"end{content}" if named else f"end{words[0]}"
            continue
        yield Tag(words[0], tuple(words[1:]))


def _nested(
    flat: list[Tag], start: int, ends: frozenset[str], inside: str | None
) -> tuple[tuple[Tag, ...], int]:
    found: list[Tag] = []
    position = start
    while position < len(flat):
        tag = flat[position]
        position += 1
        if tag.name == f"end{inside}":
            break
        if tag.name in ends and _is_closed(flat, position, tag.name):
            body, position = _nested(flat, position, ends, tag.name)
            tag = tag._replace(body=body)
        found.append(tag)
    return tuple(found), position


def _is_closed(flat: list[Tag], start: int, name: str) -> bool:
    """Whether an end tag follows that closes a tag, not another one of the same name."""
    depth = 1
    for tag in flat[start:]:
        depth += (tag.name == name) - (tag.name == f"end{name}")
        if depth == 0:
            return True
    return False


def constant(word: str) -> str | None:
    """The string that a quoted word is; None for all else."""
    is_quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "'\""
    return word[1:-1] if is_quoted else None


def variable(word: str) -> tuple[str, ...]:
    """The dotted parts of a variable; empty for a constant."""
    if constant(word) is not None or word.startswith(("_(", "'", '"')) or _NUMBER.match(word):
        return ()
    return () if word in {"True", "False", "None"} else tuple(word.split("."))


def piped(expression: str) -> tuple[str, tuple[Filter, ...]]:
    """A filter expression taken apart: ``books|slice:":5"``."""
    first, *others = [part.strip() for part in _PIPED.findall(expression)] or [""]
    filters = []
    for other in others:
        name, colon, argument = other.partition(":")
        filters.append(Filter(name.strip(), argument.strip() if colon else None))
    return first, tuple(filters)


def assigned(words: tuple[str, ...]) -> Mapping[str, str]:
    """The expressions by name in ``a=b c=d`` or in ``b as a``."""
    found: dict[str, str] = {}
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if equals and name.isidentifier():
            found[name] = value
        elif word == "as" and 0 < position < len(words) - 1:
            found[words[position + 1]] = words[position - 1]
    return found
