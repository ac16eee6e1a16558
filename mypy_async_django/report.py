"""Findings become mypy errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from mypy.checker import TypeChecker
from mypy.nodes import FuncDef
from mypy.scope import Scope

from mypy_async_django.finding import Finding


def report(checker: TypeChecker, finding: Finding) -> None:
    """Show a finding as an error of the module that the checker checks, its notes below it.

    An error that mypy has shown already, because it checked the code before, is not shown twice.
    """
    message = checker.msg
    error = message.fail(finding.message, finding.node, code=finding.code)
    for note in finding.notes:
        message.note(note, finding.node, code=finding.code, parent_error=error)


@contextmanager
def target(checker: TypeChecker, function: FuncDef) -> Iterator[None]:
    """Report as if mypy was checking ``function``, though it has finished with the module.

    The daemon keeps an error for as long as its target, the outermost function, is unchanged.
    """
    errors = checker.errors
    before = errors.file, errors.target_module, errors.options, errors.scope
    scope = Scope()
    with scope.saved_scope((checker.tree.fullname, function.info or None, function)):
        errors.set_file(checker.path, checker.tree.fullname, checker.options, scope)
        try:
            yield
        finally:
            errors.set_file(*before)
