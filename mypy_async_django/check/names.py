"""Names in the settings that are defined nowhere, and imported packages without types.

Files are read, nothing is imported.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from mypy_async_django.config import Config

#: What a name is that is defined and is no class.
_OTHER: Final = object()


def undefined(settings: Config, roots: Sequence[Path]) -> list[tuple[str, str]]:
    """The keys and names of the settings that no module in the roots or installed defines.

    A name that may be defined at run time, as in a class with unknown bases, counts as defined.
    """
    search = [*map(str, roots), *sys.path]
    keys = ("async_unsafe", "blocking", "offloaders", "trusted")
    return [
        (key, name)
        for key in keys
        for name in getattr(settings, key)
        if not _is_defined(name.split("."), search)
    ]


def untyped(files: Iterable[Path], roots: Sequence[Path]) -> list[str]:
    """The packages that files import which have neither types nor stubs, or are not installed."""
    imported = {name for file in files for name in _imported(file)}
    names = sorted(imported - sys.stdlib_module_names)
    mine = [str(root) for root in roots]
    return [name for name in names if not _module(name, mine) and not _is_typed(name)]


def _is_defined(parts: Sequence[str], search: Sequence[str]) -> bool:
    folders: Sequence[str] | None = search
    file: str | None = None
    for index in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: index + 1]), folders)
        if spec is None:
            return index > 0 and _defines(file, parts[index:])
        file, folders = spec.origin, spec.submodule_search_locations
        if folders is None:
            return _defines(file, parts[index + 1 :])
    return True


def _defines(file: str | None, parts: Sequence[str]) -> bool:
    """Whether a module defines a name, or may: compiled modules and dynamic ones are not read."""
    if file is None or not file.endswith(".py"):
        return True
    try:
        body = ast.parse(Path(file).read_text(encoding="utf-8")).body
    except (OSError, ValueError, SyntaxError):
        return True
    for part in parts:
        found = _found(body, part)
        if not isinstance(found, ast.ClassDef):
            return found is not None
        if found.bases or found.keywords or found.decorator_list:
            return True
        body = found.body
    return True


def _found(body: Sequence[ast.stmt], name: str) -> object:
    """What a name is in a block: a class, something else, or None where it is not there."""
    found: object = None
    for node in body:
        match node:
            case ast.ClassDef() if node.name == name:
                found = node
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name == name:
                found = _OTHER
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if name == "__getattr__" or node.name == "__getattr__":
                    found = found or _OTHER
            case _:
                if any(_binds(inner, name) for inner in ast.walk(node)):
                    found = found or _OTHER
    return found


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store()):
            return bound == name
        case ast.alias():
            bound = (node.asname or node.name).partition(".")[0]
            return bound in (name, "*")
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name == name
        case _:
            return False


def _imported(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _is_typed(name: str) -> bool:
    if any(Path(folder, f"{name}-stubs").is_dir() for folder in sys.path):
        return True
    spec = PathFinder.find_spec(name, sys.path)
    folders = spec.submodule_search_locations if spec is not None else None
    return any(Path(folder, "py.typed").exists() for folder in folders or ())


def _module(name: str, search: Sequence[str]) -> bool:
    return PathFinder.find_spec(name, search) is not None
