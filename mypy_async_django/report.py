"""Findings become mypy errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from mypy.checker import TypeChecker
from mypy.nodes import Context, FuncDef
from mypy.scope import Scope

from mypy_async_django.finding import Finding
from mypy_async_django.rule import CATEGORY


def report(checker: TypeChecker, finding: Finding) -> None:
    """Show a finding as an error of the module that the checker checks, its notes below it.

    An error that mypy has shown already, because it checked the code before, is not shown twice.
    """
    if finding.unless_said is not None and _is_said(checker, finding.node, finding.unless_said):
        return
    message = checker.msg
    error = message.fail(finding.message, finding.node, code=finding.code)
    for note in finding.notes:
        message.note(note, finding.node, code=finding.code, parent_error=error)


def _is_said(checker: TypeChecker, node: Context, word: str) -> bool:
    """Whether mypy has an error of its own on the node's lines that contains the word."""
    errors = checker.errors.error_info_map.get(checker.errors.file, ())
    return any(
        node.line <= error.line <= (node.end_line or node.line)
        and word in error.message
        and (error.code is None or error.code.category != CATEGORY)
        for error in errors
    )


@contextmanager
def target(checker: TypeChecker, function: FuncDef | None) -> Iterator[None]:
    """Report as if mypy was checking an outermost function, though it has finished the module.

    The daemon keeps an error for as long as its target, that function, is unchanged; without one
    the target is the module's top level.
    """
    errors = checker.errors
    before = errors.file, errors.target_module, errors.options, errors.scope
    scope = Scope()
    with scope.saved_scope(
        (checker.tree.fullname, (function.info or None) if function else None, function)
    ):
        errors.set_file(checker.path, checker.tree.fullname, checker.options, scope)
        try:
            yield
        finally:
            errors.set_file(*before)
