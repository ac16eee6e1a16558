"""A finding as data, the form in which ``check`` gets it from the plugin.

When ``check`` runs mypy, an error's message is not text but the whole finding in JSON. It so goes
wherever mypy's errors go: through its cache, its workers and its ``type: ignore`` comments.
"""

import json
import os
from typing import Any, Final, NamedTuple

#: The environment variable that holds a request, for mypy and its workers.
VARIABLE: Final = "MYPY_ASYNC_DJANGO_REQUEST"

_MARK: Final = "mypy-async-django "


class Request(NamedTuple):
    """Asks the plugin for findings as data.

    ``settings`` is the file that holds our settings, instead of mypy's configuration file; empty
    where there is none. With ``strict`` relations are reported as by ``strict_relations``. With a
    ``line`` of the file ``path``, the names of what it calls are reported instead of findings.
    """

    settings: str = ""
    strict: bool = False
    path: str = ""
    line: int = 0

    def asks_names(self, path: str) -> bool:
        """Whether the names of a line of this file are asked for."""
        return bool(self.path) and os.path.realpath(path) == os.path.realpath(self.path)

    def as_environment(self) -> dict[str, str]:
        """What to put into the environment of mypy's process."""
        return {VARIABLE: json.dumps(self)}


def requested() -> Request | None:
    """The request that this process has to answer; None in an ordinary run of mypy."""
    text = os.environ.get(VARIABLE)
    return Request(*json.loads(text)) if text else None


class Note(NamedTuple):
    """A note of a finding; with a line where it is about another one of the same file.

    The note of a step of a call chain names the ``function`` and the ``path`` of its file. No line is
    stored: the function may move while the finding stays in mypy's cache.
    """

    text: str
    line: int | None = None
    column: int | None = None
    function: str = ""
    path: str = ""


class Change(NamedTuple):
    """New text for a range of a file; lines count from 1, columns from 0, as in mypy's nodes."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Edit(NamedTuple):
    """A fix as changes of the file, all or none of which are made.

    ``imports`` are the full names that the new text needs. A fix ``is_safe`` if the code runs as
    before otherwise; one that moves code to a thread or changes what a query does is not.
    """

    changes: tuple[Change, ...]
    imports: tuple[str, ...] = ()
    is_safe: bool = True


class Record(NamedTuple):
    """One finding. Columns count from 1; ``end_column`` is the one behind the last character.

    ``family`` is the code that switches this one off too; empty where there is none. ``by_default``
    tells whether the code is on by default, ``on`` whether the configuration asks for it in this
    module. ``function`` is the full name of the outermost function. ``edit`` is the change that fixes
    the finding, where there is one.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    family: str
    by_default: bool
    on: bool
    function: str
    message: str
    notes: tuple[Note, ...] = ()
    edit: Edit | None = None


def as_message(record: Record) -> str:
    """The record as a message of one line; ``path`` is left to mypy."""
    values = record._replace(path="")._asdict()
    values["notes"] = [note._asdict() for note in record.notes]
    values["edit"] = edit_as_data(record.edit)
    return _MARK + json.dumps(values)


def from_message(message: str, path: str) -> Record | None:
    """The record that a message of mypy's is; None if it is any other message."""
    if not message.startswith(f"{_MARK}{{"):
        return None
    values = json.loads(message.removeprefix(_MARK))
    notes = tuple(Note(**note) for note in values.pop("notes"))
    edit = values.pop("edit")
    if edit is not None:
        changes = tuple(Change(**change) for change in edit["changes"])
        edit = Edit(changes, tuple(edit["imports"]), edit["is_safe"])
    return Record(**(values | {"path": path, "notes": notes, "edit": edit}))


def is_failure(message: str) -> bool:
    """Whether a message that is no record says that the plugin has failed, or does not fit mypy."""
    return message.startswith(_MARK)


def edit_as_data(edit: Edit | None) -> dict[str, Any] | None:
    """A fix as JSON has it."""
    if edit is None:
        return None
    return edit._asdict() | {"changes": [change._asdict() for change in edit.changes]}
