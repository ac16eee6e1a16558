"""Puts fixes into the text of a file, and leaves what they do not touch as it is.

A fix says which code replaces a range. The tokens of both are compared, and only those that differ
are replaced: line breaks, comments and spacing between the others stay.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from enum import Enum
from typing import Final, NamedTuple

from mypy_async_django.record import Change, Edit


class Skipped(Enum):
    """Why a fix is not made; the value says so."""

    COMMENT = "it would lose a comment"
    TEXT = "its code cannot be put in here"
    LATER = "it overlaps another one"


class Applied(NamedTuple):
    """A text with fixes, those that were made, and the others with the reason."""

    text: str
    made: tuple[Edit, ...]
    skipped: tuple[tuple[Edit, Skipped], ...]


class _Replacement(NamedTuple):
    start: int
    end: int
    text: str


class _Token(NamedTuple):
    text: str
    start: int
    end: int


def apply(text: str, edits: Iterable[Edit]) -> Applied:
    """The text with all fixes that do not overlap an earlier one; their imports are not added."""
    starts = _line_starts(text)
    strings = _formatted_strings(text)
    taken: list[tuple[int, int]] = []
    replacements: list[_Replacement] = []
    made: list[Edit] = []
    skipped: list[tuple[Edit, Skipped]] = []
    for edit in edits:
        if edit in made:
            made.append(edit)  # several findings with one fix
            continue
        ranges = [_offsets(change, starts) for change in edit.changes]
        if any(start < last and first < end for start, end in ranges for first, last in taken):
            skipped.append((edit, Skipped.LATER))
            continue
        found = [
            _differences(text, start, end, _requoted(change, strings))
            for (start, end), change in zip(ranges, edit.changes, strict=True)
        ]
        reason = next((each for each in found if isinstance(each, Skipped)), None)
        if reason is not None:
            skipped.append((edit, reason))
            continue
        for parts in found:
            replacements += parts if not isinstance(parts, Skipped) else ()
        taken += ranges
        made.append(edit)
    for start, end, new in sorted(replacements, reverse=True):
        text = text[:start] + new + text[end:]
    return Applied(text, tuple(made), tuple(skipped))


class _String(NamedTuple):
    """An f-string: its positions, by line and column, and the character that quotes it."""

    start: tuple[int, int]
    end: tuple[int, int]
    quote: str


def _formatted_strings(text: str) -> list[_String]:
    """The f-strings of a module; none where Python cannot parse it."""
    lines = re.split(r"\r\n|\r|\n", text)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node.end_lineno and node.end_col_offset:
            quote = lines[node.end_lineno - 1].encode()[node.end_col_offset - 1 :][:1].decode()
            end = (node.end_lineno, node.end_col_offset)
            found.append(_String((node.lineno, node.col_offset), end, quote))
    return found


def _requoted(change: Change, strings: Sequence[_String]) -> str:
    """The new code; in an f-string it must not have its quotes, before Python 3.12."""
    start, end = (change.line, change.column), (change.end_line, change.end_column)
    for string in strings:
        if string.start < start and end < string.end and string.quote in change.text:
            other = "'" if string.quote == '"' else '"'
            if other not in change.text:
                return change.text.replace(string.quote, other)
    return change.text


def _line_starts(text: str) -> list[int]:
    """The offsets of the lines, by what Python and mypy take for the end of a line."""
    return [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]


def _offsets(change: Change, starts: Sequence[int]) -> tuple[int, int]:
    return (
        starts[change.line - 1] + change.column,
        starts[change.end_line - 1] + change.end_column,
    )


def _differences(text: str, start: int, end: int, new: str) -> tuple[_Replacement, ...] | Skipped:
    """The smallest replacements that make the code between two offsets mean the new code."""
    try:
        old_tokens = list(_tokens(text[start:end]))
        new_tokens = list(_tokens(new))
    except (tokenize.TokenError, SyntaxError):
        return Skipped.TEXT
    comments = [token for token in old_tokens if token.text.startswith("#")]
    old = list(_meaningful(old_tokens))
    wanted = list(_meaningful(new_tokens))
    if any("\n" in token.text for token in old):
        return Skipped.TEXT  # a string of several lines: the new code has it on one
    if not wanted:
        return Skipped.COMMENT if comments else (_Replacement(start, end, ""),)
    found: list[_Replacement] = []
    code = text[start:end]
    matcher = SequenceMatcher(None, [t.text for t in old], [t.text for t in wanted], autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            continue
        first, last = _span(old, i1, i2, len(code))
        new_first, new_last = _span(wanted, j1, j2, len(new))
        if any(first <= comment.start < last for comment in comments):
            return Skipped.COMMENT
        inserted = new[new_first:new_last]
        # Space that only the new code has on a side comes along, that which only the old one has goes.
        if new[:new_first][-1:] == " " and code[:first][-1:].strip() and first:
            inserted = f" {inserted}"
        if new[new_last : new_last + 1] == " " and code[last : last + 1].strip():
            inserted = f"{inserted} "
        if new_last < len(new) and new[new_last] != " ":
            last += len(code[last:]) - len(code[last:].lstrip(" "))
        if new_first and new[new_first - 1] != " ":
            first = len(code[:first].rstrip(" "))
        found.append(_Replacement(start + first, start + last, inserted))
    return tuple(found)


def _span(tokens: Sequence[_Token], first: int, last: int, end: int) -> tuple[int, int]:
    """The offsets of some tokens; of none, the offset of the next one."""
    if first < last:
        return tokens[first].start, tokens[last - 1].end
    start = tokens[first].start if first < len(tokens) else end
    return start, start


_NO_CODE: Final = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def _tokens(code: str) -> Iterator[_Token]:
    """The tokens of a piece of code with their offsets, comments among them."""
    # In brackets, the ends of its lines have no meaning.
    wrapped = f"({code}\n)"
    starts = _line_starts(wrapped)
    tokens = [
        _Token(token.string, starts[token.start[0] - 1] + token.start[1], 0)
        for token in tokenize.generate_tokens(io.StringIO(wrapped, newline="").readline)
        if token.type not in _NO_CODE
    ]
    for token in tokens[1:-1]:
        yield _Token(token.text, token.start - 1, token.start - 1 + len(token.text))


def _meaningful(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """The tokens without comments, and without commas before a closing bracket."""
    code = [token for token in tokens if not token.text.startswith("#")]
    for index, token in enumerate(code):
        is_last = any(
            following.text in (")", "]", "}") for following in code[index + 1 : index + 2]
        )
        if not (token.text == "," and is_last):
            yield token
