"""Findings become mypy errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from mypy.nodes import Context, Expression, FuncDef
from mypy.scope import Scope

from mypy_async_django import finding as finding_module
from mypy_async_django import record
from mypy_async_django.bridge.module import Module
from mypy_async_django.codes import CATEGORY
from mypy_async_django.finding import Finding
from mypy_async_django.links import page_of
from mypy_async_django.record import Note, Record


def report(module: Module, finding: Finding) -> None:
    """Show a finding as an error of the module, its notes below it.

    What mypy has shown already, because it checked the code before, it does not show twice.
    """
    said = finding.unless_said
    if said is not None and record.requested() is None and _is_said(module, finding.node, said):
        return
    node, code = finding.node, finding.code
    span = _lines(node)
    as_data = record.requested() is not None
    error = module.errors.report(
        node.line,
        node.column,
        record.as_message(_record(module, finding)) if as_data else finding.message,
        code,
        origin_span=span,
        end_line=node.end_line,
        end_column=node.end_column,
    )
    for note in () if as_data else _notes(module, finding):
        there = note.node or node
        if there.line in module.tree.ignored_lines:
            there = node  # mypy would ask why a comment for another code does not cover the note
        module.errors.report(
            there.line,
            there.column,
            note.text,
            code,
            severity="note",
            origin_span=span,  # where a "type: ignore" silences the error
            end_line=there.end_line,
            end_column=there.end_column,
            parent_error=error,
        )


def _notes(module: Module, finding: Finding) -> Iterator[finding_module.Note]:
    """The finding's notes; the address of the code's page where the file does not have it yet."""
    yield from finding.all_notes
    link = f"See {page_of(finding.code.code)}"
    shown = module.errors.error_info_map.get(module.path, ())
    if module.has_links and not any(info.message == link for info in shown):
        yield finding_module.Note(link)


def _record(module: Module, finding: Finding) -> Record:
    """The finding as data."""
    node, code = finding.node, finding.code
    return Record(
        path="",
        line=node.line,
        column=node.column + 1,
        end_line=node.end_line or node.line,
        end_column=(node.end_column or node.column + 1) + 1,
        code=code.code,
        family=code.sub_code_of.code if code.sub_code_of else "",
        by_default=code.default_enabled,
        on=code in module.on,
        function=module.errors.current_target() or "",
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


def _lines(node: Context) -> range:
    """The lines on which a ``type: ignore`` comment counts, as mypy has it: not those of a body."""
    last = node.end_line if isinstance(node, Expression) else None
    return range(node.line, (last or node.line) + 1)


def _is_said(module: Module, node: Context, word: str) -> bool:
    """Whether mypy has an error of its own on the node's lines that contains the word."""
    lines = _lines(node)
    return any(
        error.line in lines
        and word in error.message
        and (error.code is None or error.code.category != CATEGORY)
        for error in module.errors.error_info_map.get(module.path, ())
    )


@contextmanager
def place(module: Module, function: FuncDef | None, *, has_target: bool = True) -> Iterator[None]:
    """Report as if mypy was checking an outermost function, though it has finished the module.

    Without a function it is the module's top level. The daemon clears a target's errors when it
    checks the target again; those without a target it leaves to us.
    """
    errors = module.errors
    before = errors.file, errors.target_module, errors.options, errors.scope
    watchers = errors._watchers
    name = module.tree.fullname
    scope = Scope()
    with scope.saved_scope((name, (function.info or None) if function else None, function)):
        if has_target:
            errors.set_file(module.path, name, module.options, scope)
        else:
            errors.set_file(module.path, None, module.options)
        errors._watchers = []  # mypy may be trying something out: ours are no errors of that
        try:
            yield
        finally:
            errors._watchers = watchers
            errors.set_file(before[0], before[1], before[2], before[3])
