"""Findings for people to read in a terminal, in mypy's form."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from mypy_async_django.check.sources import Sources
from mypy_async_django.links import page_of
from mypy_async_django.record import Record

_BOLD: Final = "\033[1m"
_RED: Final = "\033[1;31m"
_BLUE: Final = "\033[34m"
_YELLOW: Final = "\033[33m"
_RESET: Final = "\033[0m"

_INDENT: Final = "    "


class Text:
    """Renders findings, in colour if wanted. A code's address is shown once."""

    def __init__(self, sources: Sources, *, colour: bool) -> None:
        self._sources = sources
        self._colour = colour
        self._linked: set[str] = set()

    def findings(self, records: Sequence[Record]) -> Iterator[str]:
        """The lines for all findings: message, source line, notes."""
        for record in records:
            yield from self._finding(record)

    def summary(self, records: Sequence[Record], known: int) -> str:
        """The last line; ``known`` findings of a baseline are not shown."""
        hidden = f" ({known} in the baseline)" if known else ""
        if not records:
            return self._in(f"No new errors{hidden}" if known else "No errors found", _BOLD)
        files = len({record.path for record in records})
        found = f"Found {_count(len(records), 'error')} in {_count(files, 'file')}"
        return self._in(f"{found}{hidden}", _RED)

    def statistics(self, records: Sequence[Record]) -> Iterator[str]:
        """How many findings each code has, the most first."""
        counted = Counter(record.code for record in records)
        width = max(map(len, map(str, counted.values())), default=0)
        for code, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:>{width}}  {code}"

    def _finding(self, record: Record) -> Iterator[str]:
        code = self._in(f"[{record.code}]", _YELLOW)
        place = self._place(record.path, record.line, record.column)
        yield f"{place} {self._in('error:', _RED)} {record.message}  {code}"
        yield from self._excerpt(record)
        for note in record.notes:
            yield self._note(*self._sources.position(record, note), note.text)
        if record.code not in self._linked:
            self._linked.add(record.code)
            see = f"See {page_of(record.code)}"
            yield self._note(record.path, record.line, record.column, see)

    def _note(self, path: str, line: int, column: int, text: str) -> str:
        return f"{self._place(path, line, column)} {self._in('note:', _BLUE)} {text}"

    def _place(self, path: str, line: int, column: int) -> str:
        return self._in(f"{path}:{line}:{column}:", _BOLD)

    def _excerpt(self, record: Record) -> Iterator[str]:
        """The source line with the code marked below it, as mypy's ``--pretty`` has it."""
        line = self._sources.line(record.path, record.line)
        if not line.strip():
            return
        start = len(line[: record.column - 1].expandtabs())
        end = len(line.rstrip().expandtabs())
        if record.end_line == record.line:
            end = min(end, len(line[: record.end_column - 1].expandtabs()))
        yield f"{_INDENT}{line.rstrip().expandtabs()}"
        marker = "^" + "~" * (end - start - 1)
        yield f"{_INDENT}{' ' * start}{self._in(marker, _RED)}"

    def _in(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colour else text


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
