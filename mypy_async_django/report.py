"""Findings become mypy errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from mypy.nodes import Context, FuncDef
from mypy.scope import Scope

from mypy_async_django.bridge.module import Module
from mypy_async_django.finding import Finding
from mypy_async_django.rule import CATEGORY


def report(module: Module, finding: Finding) -> None:
    """Show a finding as an error of the module, its notes below it.

    What mypy has shown already, because it checked the code before, it does not show twice.
    """
    if finding.unless_said is not None and _is_said(module, finding.node, finding.unless_said):
        return
    error = module.messages.fail(finding.message, finding.node, code=finding.code)
    for note in finding.notes:
        module.messages.note(note, finding.node, code=finding.code, parent_error=error)


def _is_said(module: Module, node: Context, word: str) -> bool:
    """Whether mypy has an error of its own on the node's lines that contains the word."""
    return any(
        node.line <= error.line <= (node.end_line or node.line)
        and word in error.message
        and (error.code is None or error.code.category != CATEGORY)
        for error in module.errors.error_info_map.get(module.path, ())
    )


@contextmanager
def target(module: Module, function: FuncDef | None) -> Iterator[None]:
    """Report as if mypy was checking an outermost function, though it has finished the module.

    The daemon keeps an error for as long as its target, that function, is unchanged; without one
    the target is the module's top level.
    """
    errors = module.errors
    before = errors.file, errors.target_module, errors.options, errors.scope
    scope = Scope()
    name = module.tree.fullname
    with scope.saved_scope((name, (function.info or None) if function else None, function)):
        errors.set_file(module.path, name, module.options, scope)
        try:
            yield
        finally:
            errors.set_file(before[0], before[1], before[2], before[3])
