"""The text of expressions, as the user wrote them."""

import ast
import io
import tokenize
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from mypy.nodes import (
    AwaitExpr,
    BytesExpr,
    CallExpr,
    ComparisonExpr,
    Context,
    FloatExpr,
    ForStmt,
    GeneratorExpr,
    IndexExpr,
    IntExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    StrExpr,
    SuperExpr,
    TupleExpr,
    WithStmt,
)


class Span(NamedTuple):
    """A range of a file: lines count from 1, columns from 0, in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


#: The nodes of Python's parser for those of mypy's, where both have the same range.
_PYTHON: Final[Mapping[type[Context], type[ast.AST]]] = {
    AwaitExpr: ast.Await,
    CallExpr: ast.Call,
    ComparisonExpr: ast.Compare,
    ForStmt: ast.For,
    GeneratorExpr: ast.GeneratorExp,
    IndexExpr: ast.Subscript,
    ListComprehension: ast.ListComp,
    ListExpr: ast.List,
    MemberExpr: ast.Attribute,
    NameExpr: ast.Name,
    OpExpr: ast.BinOp,
    StrExpr: ast.Constant,
    TupleExpr: ast.Tuple,
    WithStmt: ast.With,
}


class Source:
    """The lines of one source file."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def span(self, node: Context) -> Span | None:
        """The range of a node; None where mypy has no end of it, or its columns cannot be mended.

        On lines with characters that are not ASCII, mypy's own parser counts columns wrongly.
        """
        if node.line <= 0 or node.end_line is None or node.end_column is None:
            return None
        span = Span(node.line, node.column, node.end_line, node.end_column)
        if self._is_ascii(node.line, node.end_line):
            return span if node.line <= len(self._lines) else None
        kind = _PYTHON.get(type(node))
        candidates = self._mended.get((kind, span), ()) if kind else ()
        return next(iter(candidates)) if len(candidates) == 1 else None

    @cached_property
    def _mended(self) -> Mapping[tuple[type[ast.AST] | None, Span], set[Span]]:
        """The right ranges, by the kind of node and the range as mypy has it."""
        found: defaultdict[tuple[type[ast.AST] | None, Span], set[Span]] = defaultdict(set)
        try:
            tree = ast.parse("\n".join(self._lines))
        except (SyntaxError, ValueError):
            return found
        for node in ast.walk(tree):
            if not isinstance(node, ast.expr | ast.stmt):
                continue
            end_line = node.end_lineno or node.lineno
            if self._is_ascii(node.lineno, end_line):
                continue
            start = self._column(node.lineno, node.col_offset)
            end = self._column(end_line, node.end_col_offset or 0)
            ranges = [Span(node.lineno, start, end_line, end)]
            if isinstance(node, ast.GeneratorExp):  # mypy leaves out the brackets of a call
                ranges.append(Span(node.lineno, start + 1, end_line, end - 1))
            for span in ranges:
                found[type(node), self._shown(span)].add(span)
                found[type(node), span].add(span)  # a mypy that counts rightly is not mended
        return found

    def _is_ascii(self, line: int, end_line: int) -> bool:
        return all(map(str.isascii, self._lines[line - 1 : end_line]))

    def _column(self, line: int, offset: int) -> int:
        """The column at an offset in UTF-8."""
        return len(self._lines[line - 1].encode()[:offset].decode(errors="ignore"))

    def _shown(self, span: Span) -> Span:
        """The range that mypy 2.4 has for a range: it takes the bytes off columns a second time."""
        return span._replace(
            column=span.column - self._surplus(span.line, span.column),
            end_column=span.end_column - self._surplus(span.end_line, span.end_column),
        )

    def _surplus(self, line: int, column: int) -> int:
        start = self._lines[line - 1].encode()[: column + 2]
        return sum(byte & 0xC0 == 0x80 for byte in start)

    def at(self, line: int, column: int) -> str:
        """The character at a position; empty behind the end of a line."""
        return self._lines[line - 1][column : column + 1]

    def text(self, node: Node) -> str:
        """The node's text on one line; without what it holds, where its range is not known."""
        span = self.span(node)
        return _joined(self._between(span[:2], span[2:])) if span else written(node)

    def with_replaced(self, node: Node, part: Node, code: str) -> str | None:
        """The node's text on one line, with a part replaced by code; None if it is not known."""
        whole, replaced = self.span(node), self.span(part)
        if whole is None or replaced is None:
            return None
        before = self._between(whole[:2], replaced[:2])
        after = self._between(replaced[2:], whole[2:])
        return _joined([*before[:-1], f"{before[-1]}{code}{after[0]}", *after[1:]])

    def _between(self, start: tuple[int, int], end: tuple[int, int]) -> list[str]:
        """The lines of the text between two positions."""
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
