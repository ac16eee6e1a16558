"""Findings become mypy errors."""

from collections.abc import Iterator

from mypy.nodes import Context

from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.source import Span
from mypy_async_django.codes import CATEGORY
from mypy_async_django.finding import Finding
from mypy_async_django.links import page_of
from mypy_async_django.record import Note, Record, as_message, requested


def report(module: Module, finding: Finding) -> None:
    """Report a finding as an error of the module, with its notes.

    On request the error's message is the finding as data. Otherwise nothing is reported if mypy
    reports the same mistake.
    """
    node, code = finding.node, finding.code
    if requested() is not None:
        if not (finding.mypy_reports and _is_ignored(module, finding)):
            module.errors.report(node, as_message(_record(module, finding)), code)
    elif finding.mypy_reports:
        return
    elif finding.unless_said is None or not _is_said(module, finding, finding.unless_said):
        module.errors.report(node, finding.message, code, _notes(module, finding))


def _notes(module: Module, finding: Finding) -> Iterator[tuple[str, Context]]:
    """The finding's notes; the address of the code's page if the file does not have it yet."""
    for note in finding.all_notes:
        there = note.node or finding.node
        # On a line with a comment for another code, mypy would ask why it does not cover the note.
        is_ignored = there.line in module.tree.ignored_lines
        yield note.text, finding.node if is_ignored else there
    link = f"See {page_of(finding.code.code)}"
    if module.has_links and not any(text == link for text, _ in module.reported()):
        yield link, finding.node


def _record(module: Module, finding: Finding) -> Record:
    """The finding as data."""
    node, code = finding.node, finding.code
    span = module.source.span(node) or Span(
        node.line, node.column, node.end_line or node.line, node.end_column or node.column + 1
    )
    return Record(
        path="",
        line=span.line,
        column=span.column + 1,
        end_line=span.end_line,
        end_column=span.end_column + 1,
        code=code.code,
        family=code.sub_code_of.code if code.sub_code_of else "",
        by_default=code.default_enabled,
        on=code in module.on,
        function=module.errors.target,
        message=finding.message,
        notes=tuple(
            Note(
                note.text,
                note.node.line if note.node else None,
                note.node.column + 1 if note.node else None,
                note.function,
                note.path,
            )
            for note in finding.all_notes
        ),
        edit=finding.edit,
    )


def _is_ignored(module: Module, finding: Finding) -> bool:
    """Whether a comment on the finding's lines makes mypy ignore its own error for the mistake."""
    first = finding.node.line
    lines = range(first, (finding.node.end_line or first) + 1)
    return any(line in module.tree.ignored_lines for line in lines)


def _is_said(module: Module, finding: Finding, text: str) -> bool:
    """Whether mypy has an error of its own, with this text, on the lines of the finding."""
    return any(
        text in message and (code is None or code.category != CATEGORY)
        for message, code in module.reported(finding.node)
    )
