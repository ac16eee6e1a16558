"""Fixes in editors: code actions of python-lsp-server, beside the errors that pylsp-mypy shows.

python-lsp-server finds this module by the entry point ``pylsp``.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import pluggy

from mypy_async_django import rules
from mypy_async_django.check.edits import apply
from mypy_async_django.check.fix import text_of, with_fixes
from mypy_async_django.record import Change, Edit

_implements: Final = pluggy.HookimplMarker("pylsp")


class Document(Protocol):
    """What is used of a document of python-lsp-server: its file and the text in the editor."""

    path: str
    source: str
    uri: str


class Workspace(Protocol):
    """What is used of a workspace of python-lsp-server: the folder that the editor has open."""

    root_path: str


class _Fix(NamedTuple):
    """A finding's fix: where and what the finding is, and the note that describes the fix."""

    line: int
    column: int
    code: str
    title: str
    edit: Edit


@_implements
def pylsp_code_actions(
    workspace: Workspace, document: Document, context: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a quick fix for each of our errors under the cursor that a program can fix.

    ``context`` has the errors, as ``CodeActionContext`` of the Language Server Protocol. ``check`` looks
    at the file on disk, so there are none while the editor's text is another.
    """
    codes = rules.codes()
    ours = [each for each in context.get("diagnostics", ()) if each.get("code") in codes]
    if not ours or text_of(document.path) != document.source:
        return []
    fixes = _fixes(workspace.root_path, document.path, document.source)
    return [
        action
        for diagnostic in ours
        for fix in _of(diagnostic, fixes)
        if (action := _action(fix, diagnostic, document)) is not None
    ]


@lru_cache(maxsize=4)
def _fixes(root: str, path: str, text: str) -> tuple[_Fix, ...]:
    """The fixes of a file's findings; an editor asks again and again for the same text."""
    command = [sys.executable, "-m", "mypy_async_django", "check", "--output", "json", path]
    said = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)
    try:
        findings = json.loads(said.stdout)
    except ValueError:  # a syntax error, or no project: pylsp-mypy shows why
        return ()
    return tuple(
        _Fix(each["line"], each["column"], each["code"], each["notes"][0]["message"], edit)
        for each in findings
        if (Path(root) / each["path"]).resolve() == Path(path).resolve()
        if (edit := _edit(each["edit"])) is not None
    )


def _edit(data: Mapping[str, Any] | None) -> Edit | None:
    """The edit that the output of ``check`` has; its columns count from 1."""
    if data is None:
        return None
    changes = (Change(**change) for change in data["changes"])
    return Edit(
        tuple(c._replace(column=c.column - 1, end_column=c.end_column - 1) for c in changes),
        tuple(data["imports"]),
        data["is_safe"],
    )


def _of(diagnostic: Mapping[str, Any], fixes: Sequence[_Fix]) -> list[_Fix]:
    """The fixes of the error that a diagnostic shows; its lines and columns count from 0.

    The column decides among several on one line; alone it may be wrong, as mypy's is behind
    characters that are not ASCII.
    """
    start = diagnostic["range"]["start"]
    on_line = [
        fix for fix in fixes if (fix.line, fix.code) == (start["line"] + 1, diagnostic["code"])
    ]
    there = [fix for fix in on_line if fix.column == start["character"] + 1]
    return there or on_line


def _action(fix: _Fix, diagnostic: Mapping[str, Any], document: Document) -> dict[str, Any] | None:
    """The code action of a fix; None where it cannot be made without losing a comment."""
    done = apply(document.source, [fix.edit])
    new = with_fixes(done, document.path) if done.made else None
    if new is None:
        return None
    return {
        "title": fix.title,
        "kind": "quickfix",
        "diagnostics": [diagnostic],
        "isPreferred": fix.edit.is_safe,
        "edit": {"changes": {document.uri: list(_text_edits(document.source, new))}},
    }


def _text_edits(old: str, new: str) -> Iterator[dict[str, Any]]:
    """The ``TextEdit`` of each run of lines that differ."""
    before, after = _lines(old), _lines(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind != "equal":
            yield {
                "range": {
                    "start": {"line": first, "character": 0},
                    "end": {"line": last, "character": 0},
                },
                "newText": "".join(after[new_first:new_last]),
            }


def _lines(text: str) -> Sequence[str]:
    return text.splitlines(keepends=True)
