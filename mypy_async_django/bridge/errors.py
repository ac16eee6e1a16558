"""mypy's errors: reporting one, and reading those that mypy has reported."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from mypy.errorcodes import ErrorCode
from mypy.errors import Errors
from mypy.nodes import Context, Expression, FuncDef
from mypy.options import Options
from mypy.scope import Scope


class BuildErrors:
    """The errors that mypy collects during a run.

    ``mypys`` is mypy's own object; only the bridge reads it.
    """

    def __init__(self, mypys: Errors) -> None:
        self.mypys = mypys

    def lines_of(self, path: str) -> Sequence[str]:
        """The lines of a source file; none if mypy cannot read it."""
        read = self.mypys.read_source
        return (read(path) if read else None) or []

    def are_ignored(self, path: str) -> bool:
        """Whether mypy shows no error of a file."""
        return path in self.mypys.ignored_files

    def report(
        self,
        node: Context,
        message: str,
        code: ErrorCode,
        notes: Iterable[tuple[str, Context]] = (),
    ) -> None:
        """Add an error with notes, each at a node, in the file that `reporting_in` has set.

        A ``type: ignore`` comment that covers the error silences its notes.
        """
        span = lines(node)
        error = self.mypys.report(
            node.line,
            node.column,
            message,
            code,
            origin_span=span,
            end_line=node.end_line,
            end_column=node.end_column,
        )
        for text, there in notes:
            self.mypys.report(
                there.line,
                there.column,
                text,
                code,
                severity="note",
                origin_span=span,
                end_line=there.end_line,
                end_column=there.end_column,
                parent_error=error,
            )

    def reported(
        self, path: str, node: Context | None = None
    ) -> Iterator[tuple[str, ErrorCode | None]]:
        """Message and code of each error in a file, or on the lines of a node in it."""
        span = lines(node) if node is not None else None
        for info in self.mypys.error_info_map.get(path, ()):
            if span is None or info.line in span:
                yield info.message, info.code

    @property
    def target(self) -> str:
        """The full name of the function or module that an error reported now belongs to."""
        return self.mypys.current_target() or ""

    @contextmanager
    def reporting_in(
        self,
        path: str,
        module: str,
        options: Options,
        function: FuncDef | None,
        *,
        has_target: bool = True,
    ) -> Iterator[None]:
        """Report as if mypy was checking an outermost function, or a module's top level if None.

        mypy's daemon clears the errors of a target, a function or a top level, when it checks the
        target again. Without ``has_target`` it keeps them.
        """
        errors = self.mypys
        before = errors.file, errors.target_module, errors.options, errors.scope
        watchers = errors._watchers
        scope = Scope()
        with scope.saved_scope((module, (function.info or None) if function else None, function)):
            if has_target:
                errors.set_file(path, module, options, scope)
            else:
                errors.set_file(path, None, options)
            # A watcher catches the errors of an expression that mypy checks on trial.
            errors._watchers = []
            try:
                yield
            finally:
                errors._watchers = watchers
                errors.set_file(*before)


def lines(node: Context) -> range:
    """The lines on which a ``type: ignore`` comment covers a node; of a statement the first."""
    last = node.end_line if isinstance(node, Expression) else None
    return range(node.line, (last or node.line) + 1)
