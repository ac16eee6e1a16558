"""What a rule reports, and the words that messages share."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from mypy.errorcodes import ErrorCode
from mypy.nodes import Context

from mypy_async_django.catalogue.row import Effect
from mypy_async_django.record import Edit

#: What an operation does on the event loop, as the verb of a sentence.
EFFECTS: Final[Mapping[Effect, str]] = {
    Effect.RAISES: "raises SynchronousOnlyOperation",
    Effect.BLOCKS: "blocks the event loop",
    Effect.BLOCKS_ON_FILE: "blocks the event loop on file I/O",
    Effect.NESTS: "raises RuntimeError inside an event loop",
}


class Note(NamedTuple):
    """A note below an error, or at ``node`` where it is about another line of the same file.

    The note of a step of a call chain has the ``function``'s full name and the ``path`` of its file.
    ``edit`` is the fix that the note describes.
    """

    text: str
    node: Context | None = None
    function: str = ""
    path: str = ""
    edit: Edit | None = None


class Finding(NamedTuple):
    """One mistake: its position, the error message, and the notes that explain it and its fix.

    A note that is a string stands at the error. ``unless_said`` is part of a message of mypy's: if
    mypy reports it on one of the node's lines, the finding is not shown. A finding that
    ``mypy_reports`` is only shown where mypy's own errors are not, as by ``check``.
    """

    code: ErrorCode
    node: Context
    message: str
    notes: tuple[str | Note, ...] = ()
    unless_said: str | None = None
    mypy_reports: bool = False

    @property
    def all_notes(self) -> tuple[Note, ...]:
        """The notes, each as a Note."""
        return tuple(Note(note) if isinstance(note, str) else note for note in self.notes)

    @property
    def edit(self) -> Edit | None:
        """The fix that a note describes, if any does."""
        return next((note.edit for note in self.all_notes if note.edit is not None), None)


#: Part of mypy's own error for an async method that overrides a sync one.
MYPY_REPORTS_OVERRIDE: Final = 'Return type "Coroutine'


def quoted(code: str) -> str:
    """Code in double quotes, for a message; string literals in it get single quotes."""
    return f'"{_STRING.sub(_single_quoted, code)}"'


#: A string literal; the group is the content of one that single quotes can hold as well.
_STRING: Final = re.compile(
    r"""'''.*?'''|\"{3}.*?\"{3}|'(?:[^'\\\n]|\\.)*'|"([^"'\\\n]*)"|"(?:[^"\\\n]|\\.)*\"""",
    re.DOTALL,
)


def _single_quoted(literal: re.Match[str]) -> str:
    return literal[0] if literal[1] is None else f"'{literal[1]}'"
