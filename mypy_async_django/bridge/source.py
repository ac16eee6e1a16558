"""The text of expressions, as the user wrote them."""

from collections.abc import Sequence

from mypy.nodes import Node

LONGEST_ARGUMENTS = 48


class Source:
    """The lines of one source file; columns are bytes, as in mypy's nodes."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def text(self, node: Node) -> str:
        """The node's text on one line; empty where mypy has no position for it."""
        start, end = node.line - 1, (node.end_line or 0) - 1
        if not 0 <= start <= end < len(self._lines) or node.end_column is None:
            return ""
        lines = [line.encode() for line in self._lines[start : end + 1]]
        lines[-1] = lines[-1][: node.end_column]
        lines[0] = lines[0][node.column :]
        return _joined([line.decode(errors="replace").strip() for line in lines])


def _joined(lines: list[str]) -> str:
    """Lines of one expression as a single line, without the gaps that brackets allow."""
    text = ""
    for line in lines:
        line = line.partition("  #")[0].rstrip()
        tight = not text or text[-1] in "([{" or line[:1] in ")]}."
        text += line if tight else f" {line}"
    return text.replace(",)", ")").replace(",]", "]")
