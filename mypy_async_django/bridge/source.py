"""The text of expressions, as the user wrote them."""

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
        start, end = node.line - 1, (node.end_line or 0) - 1
        lines = self._lines[start : end + 1]
        if start < 0 or not lines or node.end_column is None:
            return written(node)
        if not all(line.isascii() for line in lines):
            return written(node)
        parts = [*lines[:-1], lines[-1][: node.end_column]]
        parts[0] = parts[0][node.column :]
        return _joined([part.strip() for part in parts])


def _joined(lines: list[str]) -> str:
    """Lines of one expression as a single line, without the gaps that brackets allow."""
    text = ""
    for line in lines:
        line = line.partition("  #")[0].rstrip()
        tight = not text or text[-1] in "([{" or line[:1] in ")]}."
        text += line if tight else f" {line}"
    return text.replace(",)", ")").replace(",]", "]")


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
