"""Runs programs in an event loop, statement by statement, and says which statements raised.

A script: ``execution.py DATABASE FILE...`` prints, as JSON, for each file the lines that ran and
how: ``raised`` where that was SynchronousOnlyOperation every time, ``clean`` where nothing was
raised, ``skipped`` where the line needs what a raising line should have made, ``mixed`` where it
depends. A line that never ran, or ended in another exception, is left out.
"""

import ast
import asyncio
import json
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

# A program is run once for each value of its parameter, which decides its branches.
_FLAGS: Final = (True, False)
_SEEN: Final = "__seen__"
_ERROR: Final = "__error__"
_PLAIN: Final = (
    ast.FunctionDef | ast.AsyncFunctionDef | ast.Break | ast.Continue | ast.Pass | ast.Return
)
_NOT_ITS_OWN: Final = ast.stmt | ast.ExceptHandler | ast.match_case | ast.Lambda | ast.comprehension
_BLOCKS: Final = ("body", "orelse", "finalbody")

Outcomes = dict[int, set[str]]
Program = Callable[[bool, Any], Awaitable[None]]


class Ended(BaseException):
    """The program cannot go on."""


def main(database: str, *paths: str) -> None:
    """Run all programs on a new database."""
    os.environ["TESTPROJECT_DATABASE"] = database
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testproject.settings")
    warnings.simplefilter("ignore")
    import django

    django.setup()

    from shelves import fill

    fill()
    asyncio.run(_write_all(paths))


async def _write_all(paths: tuple[str, ...]) -> None:
    json.dump({path: await _outcomes(Path(path)) for path in paths}, sys.stdout)


async def _outcomes(path: Path) -> dict[int, str]:
    seen: Outcomes = defaultdict(set)
    for program in _programs(path, seen):
        for flag in _FLAGS:
            await _undone(program, flag)
    return {
        line: next(iter(outcomes)) if len(outcomes) == 1 else "mixed"
        for line, outcomes in seen.items()
        if outcomes <= {"raised", "clean", "skipped"}
    }


async def _undone(program: Program, flag: bool) -> None:
    """Run a program, and undo what it did to the database."""
    from asgiref.sync import sync_to_async
    from django.db import transaction
    from shelves import new_request

    request = await sync_to_async(new_request)()
    block = transaction.atomic()
    await sync_to_async(block.__enter__)()
    try:
        await program(flag, request)
    except Ended:
        pass
    finally:
        await sync_to_async(transaction.set_rollback)(True)
        await sync_to_async(block.__exit__)(None, None, None)


def _programs(path: Path, seen: Outcomes) -> Iterator[Program]:
    """The programs of a module, made to tell of each line how it went."""

    def note(line: int, error: Exception | None) -> None:
        from django.core.exceptions import SynchronousOnlyOperation

        match error:
            case None:
                seen[line].add("clean")
            case SynchronousOnlyOperation():
                seen[line].add("raised")
            case NameError():
                seen[line].add("skipped")  # it needs what a raising line did not make
            case _:
                seen[line].add(repr(error))
                raise Ended

    tree = ast.parse(path.read_text())
    names = []
    for function in tree.body:
        if isinstance(function, ast.AsyncFunctionDef) and function.name.startswith("program"):
            names.append(function.name)
            function.body = _watched(function.body)
    namespace: dict[str, Any] = {_SEEN: note, "__name__": path.stem}
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec"), namespace)
    for name in names:
        yield namespace[name]


def _watched(statements: list[ast.stmt]) -> list[ast.stmt]:
    return [
        statement if isinstance(statement, _PLAIN) else _watching(statement)
        for statement in statements
    ]


def _watching(statement: ast.stmt) -> ast.Try:
    """The statement in a ``try``; what it should have made is gone where it raised."""
    names = sorted(_bound(statement))
    for block in _BLOCKS:
        if getattr(statement, block, None):
            setattr(statement, block, _watched(getattr(statement, block)))
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        part.body = _watched(part.body)
    watching = ast.parse(
        f"try:\n  pass\n"
        f"except Exception as {_ERROR}:\n"
        f"  {' = '.join([*names, '_'])} = None; del {', '.join([*names, '_'])}\n"
        f"  {_SEEN}({statement.lineno}, {_ERROR})\n"
        f"else:\n  {_SEEN}({statement.lineno}, None)"
    ).body[0]
    assert isinstance(watching, ast.Try)
    watching.body = [statement]
    return watching


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement itself binds, those in its blocks left out."""
    found = set()
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        stack += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, _NOT_ITS_OWN)
        ]
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
