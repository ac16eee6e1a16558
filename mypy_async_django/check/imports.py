"""Adds the imports that fixes need, where isort would put them."""

import ast
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_FUTURE, _STANDARD, _THIRD_PARTY, _FIRST_PARTY, _RELATIVE = range(5)

_Statement = ast.Import | ast.ImportFrom


class _Import(NamedTuple):
    """The sort key of an import statement, as isort orders them."""

    section: int
    is_from: bool
    module: str


def with_imports(text: str, names: Iterable[str], path: str) -> str | None:
    """The text of a module that imports full names: ``asyncio``, ``asgiref.sync.sync_to_async``.

    None if the text is no valid code. ``path`` is that of the module: what lies beside it or above is
    not an installed package.
    """
    for name in sorted(set(names)):
        parent, _, member = name.rpartition(".")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return None
        statements = _block(tree)
        if any(_binds(statement, member) for statement in statements):
            continue
        same = next((each for each in statements if _is_from(each, parent)), None)
        if same is not None:
            text = _extended(text, same, member)
        elif statements:
            text = _inserted(text, statements, parent, member, path)
        else:
            text = _first(text, tree, _statement(parent, member))
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    return text


def _block(tree: ast.Module) -> list[_Statement]:
    """The imports at the top of a module."""
    found: list[_Statement] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.append(statement)
        elif found:
            break
    return found


def _binds(statement: _Statement, name: str) -> bool:
    return any((alias.asname or alias.name) == name for alias in statement.names)


def _is_from(statement: _Statement, module: str) -> bool:
    return isinstance(statement, ast.ImportFrom) and _module(statement) == module


def _module(statement: _Statement) -> str:
    if isinstance(statement, ast.Import):
        return statement.names[0].name
    return "." * statement.level + (statement.module or "")


def _extended(text: str, statement: _Statement, name: str) -> str:
    """The text with a name among those that an import statement takes from its module."""
    new = _rank(name)
    following = next((alias for alias in statement.names if _rank(alias.name) > new), None)
    alias = following or statement.names[-1]
    lines = text.splitlines(keepends=True)
    at = alias.lineno - 1 if following else (alias.end_lineno or 1) - 1
    column = alias.col_offset if following else alias.end_col_offset or 0
    line = lines[at].encode()
    before, after = line[:column].decode(), line[column:].decode()
    indent = before if following else line[: alias.col_offset].decode()
    # Names that have a line each get one more line.
    gap = f"{_end_of(lines[at])}{indent}" if not indent.strip() else " "
    added = f"{name},{gap}" if following else f",{gap}{name}"
    return "".join([*lines[:at], before, added, after, *lines[at + 1 :]])


def _rank(name: str) -> tuple[int, str]:
    """The sort key of an imported name, as isort orders them: constants, classes, then all else."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()


def _end_of(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _statement(parent: str, member: str) -> str:
    return f"from {parent} import {member}" if parent else f"import {member}"


def _first(text: str, tree: ast.Module, statement: str) -> str:
    """The text with a first import: below the docstring, else above the first statement."""
    lines = text.splitlines(keepends=True)
    end = _end_of(lines[0]) if lines else "\n"
    if ast.get_docstring(tree, clean=False) is not None:
        at = tree.body[0].end_lineno or 1
        lines[at - 1] = lines[at - 1].rstrip("\r\n") + (end or "\n")
        return "".join([*lines[:at], end or "\n", statement, end or "\n", *lines[at:]])
    at = tree.body[0].lineno - 1 if tree.body else len(lines)
    return "".join([*lines[:at], statement, end or "\n", end or "\n", *lines[at:]])


def _inserted(
    text: str, statements: Sequence[_Statement], parent: str, member: str, path: str
) -> str:
    """The text with a new import statement among others."""
    new = _Import(_section(parent or member, path), bool(parent), (parent or member).lower())
    keys = [_key(statement, path) for statement in statements]
    place = next((index for index, key in enumerate(keys) if key > new), len(keys))
    lines = text.splitlines(keepends=True)
    end = _end_of(lines[0]) or "\n"
    line = _statement(parent, member) + end
    follows = place > 0 and keys[place - 1].section == new.section
    precedes = place < len(keys) and keys[place].section == new.section
    if place and (follows or not precedes):
        at = statements[place - 1].end_lineno or len(lines)
        before = [] if follows else [end]
        is_joined = place < len(keys) and not precedes and bool(lines[at].strip())
        after = [end] if is_joined else []
    else:
        at = statements[place].lineno - 1
        before, after = [], [] if precedes else [end]
    if at and not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += end
    return "".join([*lines[:at], *before, line, *after, *lines[at:]])


def _key(statement: _Statement, path: str) -> _Import:
    module = _module(statement)
    is_from = isinstance(statement, ast.ImportFrom)
    return _Import(_section(module, path), is_from, module.lower())


_MOST_FOLDERS: Final = 8


def _section(module: str, path: str) -> int:
    """The part of the imports that a module belongs to."""
    top = module.partition(".")[0]
    if not top:
        return _RELATIVE
    if top == "__future__":
        return _FUTURE
    if top in sys.stdlib_module_names:
        return _STANDARD
    for folder in list(Path(path).resolve().parents)[:_MOST_FOLDERS]:
        if (folder / top).is_dir() or (folder / f"{top}.py").is_file():
            return _FIRST_PARTY
    return _THIRD_PARTY
