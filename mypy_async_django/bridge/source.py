"""The text of expressions, as the user wrote them."""

import io
import tokenize
from collections.abc import Sequence

from mypy.nodes import (
    AwaitExpr,
    BytesExpr,
    CallExpr,
    FloatExpr,
    IndexExpr,
    IntExpr,
    MemberExpr,
    NameExpr,
    Node,
    StrExpr,
    SuperExpr,
)


class Source:
    """The lines of one source file; columns are bytes, as in mypy's nodes."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def is_placed(self, node: Node) -> bool:
        """Whether mypy's position of a node is right: behind non-ASCII characters it is not."""
        lines = self._lines[node.line - 1 : node.end_line or 0]
        has_end = node.end_line is not None and node.end_column is not None
        return has_end and node.line > 0 and bool(lines) and all(map(str.isascii, lines))

    def at(self, line: int, column: int) -> str:
        """The character at a position of mypy's; empty behind the end of a line."""
        return self._lines[line - 1][column : column + 1]

    def text(self, node: Node) -> str:
        """The node's text on one line; without what it holds, where mypy has no position for it.

        mypy's own parser is wrong about columns behind characters that are not ASCII.
        """
        if not self.is_placed(node):
            return written(node)
        end = (node.end_line or 0, node.end_column or 0)
        return _joined(self._between((node.line, node.column), end))

    def with_replaced(self, node: Node, part: Node, code: str) -> str | None:
        """The node's text on one line, with a part replaced by code; None if it is not known."""
        if not self.is_placed(node) or not self.is_placed(part):
            return None
        before = self._between((node.line, node.column), (part.line, part.column))
        start = (part.end_line or 0, part.end_column or 0)
        after = self._between(start, (node.end_line or 0, node.end_column or 0))
        return _joined([*before[:-1], f"{before[-1]}{code}{after[0]}", *after[1:]])

    def _between(self, start: tuple[int, int], end: tuple[int, int]) -> list[str]:
        """The lines of the text between two positions of mypy's."""
        lines = list(self._lines[start[0] - 1 : end[0]])
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][start[1] :]
        return lines


def _joined(lines: list[str]) -> str:
    """Lines of one expression as a single line, without comments and the gaps that brackets allow."""
    if len(lines) == 1:
        return lines[0].strip()
    text = ""
    for line in _without_comments(lines):
        tight = not text or text[-1] in "([{" or line[:1] in ")]}."
        text += line if tight else f" {line}"
    return text.replace(",)", ")").replace(",]", "]")


def _without_comments(lines: list[str]) -> list[str]:
    """Lines of one expression, stripped, without those that are empty then."""
    try:
        code = io.StringIO("\n".join(["(", *lines, ")"]))
        for token in tokenize.generate_tokens(code.readline):
            if token.type == tokenize.COMMENT:
                number, column = token.start
                lines[number - 2] = lines[number - 2][:column]
    except (tokenize.TokenError, SyntaxError):
        pass  # a part of an expression: its comments are left
    return [stripped for line in lines if (stripped := line.strip())]


def written(node: Node) -> str:
    """An expression's text from the tree: names, attributes, calls; ``...`` for all else."""
    match node:
        case NameExpr():
            return node.name
        case MemberExpr():
            return f"{written(node.expr)}.{node.name}"
        case CallExpr():
            return f"{written(node.callee)}({'...' if node.args else ''})"
        case AwaitExpr():
            return f"await {written(node.expr)}"
        case IndexExpr():
            return f"{written(node.base)}[{written(node.index)}]"
        case SuperExpr():
            return f"super().{node.name}"
        case IntExpr() | FloatExpr():
            return str(node.value)
        case StrExpr():
            return f'"{node.value}"'
        case BytesExpr():
            return f'b"{node.value}"'
        case _:
            return "..."
