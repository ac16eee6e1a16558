"""The text of expressions, on lines where mypy's parser counts columns wrongly."""

import ast
import random
from pathlib import Path

import pytest
from mypy.errors import Errors
from mypy.nodes import MypyFile, NameExpr
from mypy.options import Options
from mypy.parse import parse
from mypy.server.subexpr import get_subexpressions

from mypy_async_django.bridge.source import Source


def parsed(path: Path, text: str) -> MypyFile:
    """The tree of mypy's own parser, which reads the file."""
    path.write_text(text, encoding="utf-8")
    options = Options()
    options.native_parser = True
    return parse(text, str(path), "sample", Errors(options), options, eager=True)


def string(chance: random.Random) -> str:
    """A string with characters of one to four bytes."""
    letters = (chance.choice("aé€😀中ß ") for _ in range(chance.randint(0, 6)))
    return f'"{"".join(letters)}"'


def argument(chance: random.Random, name: str) -> str:
    """A name, a string, or a call with both."""
    return chance.choice([name, string(chance), f"{name}({string(chance)}, {name}_)"])


@pytest.mark.parametrize("seed", range(5))
def test_names_are_found_wherever_they_are(tmp_path: Path, seed: int) -> None:
    """Behind any mixture of characters; where two places cannot be told apart, none is named."""
    chance = random.Random(seed)
    lines = [
        f"call({', '.join(argument(chance, f'n{line}_{i}') for i in range(4))})  # \u00e9"
        for line in range(100)
    ]
    tree, source = parsed(tmp_path / "sample.py", "\n".join(lines)), Source(lines)
    names = [node for node in get_subexpressions(tree) if isinstance(node, NameExpr)]
    placed = {node.name: span for node in names if (span := source.span(node)) is not None}
    for name, span in placed.items():
        if name != "call":
            assert lines[span.line - 1][span.column : span.end_column] == name
    assert len(placed) > 0.9 * len({node.name for node in names})


@pytest.mark.parametrize(
    "code",
    [
        'get(username="Зоя")',
        'print("naïve € 😀", objects.filter(name="ß").count())',
        '"ö".join(user.name for user in objects.filter(name="é"))',
        '"ä" in [g.name for g in objects.filter(name="ö")]',
        '("é", rows["ñ"], (await objects.aget(name="中")).name)',
        '[*"é", *(n for n in "ä")]',
    ],
)
def test_texts_are_as_written(tmp_path: Path, code: str) -> None:
    """All parts of an expression that Python's parser has, too, are quoted as they stand there."""
    text = f"async def f():\n    {code}"
    tree, source = parsed(tmp_path / "sample.py", text), Source(text.splitlines())
    pieces = {
        piece
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.expr) and (piece := ast.get_source_segment(text, node))
    }
    quoted = {source.text(node) for node in get_subexpressions(tree)}
    assert code in quoted
    assert {each for each in quoted if "..." not in each} <= pieces | {
        piece[1:-1] for piece in pieces
    }
