"""The text of the checked files, for what is shown of it beside the findings."""

import ast
from pathlib import Path

from mypy_async_django.record import Note, Record


class Sources:
    """Reads each file once. A file that cannot be read has no lines and no functions."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._functions: dict[str, dict[str, int]] = {}

    def line(self, path: str, line: int) -> str:
        """A line of a file, without its end; empty where there is none."""
        lines = self._lines_of(path)
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def position(self, record: Record, note: Note) -> tuple[str, int, int]:
        """The file, line and column that a note is about: those of the finding, or its own.

        The line of a function is looked for in the file as it is now.
        """
        if note.function:
            line = self._functions_of(note.path).get(note.function, 1)
            return note.path, line, 1
        if note.line is not None:
            return record.path, note.line, note.column or 1
        return record.path, record.line, record.column

    def _lines_of(self, path: str) -> list[str]:
        if path not in self._lines:
            try:
                text = Path(path).read_text(encoding="utf-8", errors="replace")
            except OSError:
                text = ""
            self._lines[path] = text.splitlines()
        return self._lines[path]

    def _functions_of(self, path: str) -> dict[str, int]:
        if path not in self._functions:
            found: dict[str, int] = {}
            try:
                tree = ast.parse("\n".join(self._lines_of(path)))
            except (SyntaxError, ValueError, RecursionError):
                tree = ast.Module([], [])
            waiting: list[tuple[str, ast.AST]] = [("", tree)]
            while waiting:
                prefix, node = waiting.pop()
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                        name = f"{prefix}{child.name}"
                        found.setdefault(name, child.lineno)
                        waiting.append((f"{name}.", child))
                    elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                        waiting.append((prefix, child))
            self._functions[path] = found
        return self._functions[path]
