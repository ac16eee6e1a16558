"""What django-stubs defines where, read from its files: no mypy run, no plugin."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

_PACKAGE = "django"
_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.AnnAssign | ast.Assign


def root() -> Path:
    """The folder of the stubs."""
    return Path(str(distribution("django-stubs").locate_file("django-stubs")))


@cache
def _tree(module: str) -> ast.Module | None:
    path = root().joinpath(*module.split(".")[1:])
    for file in (path / "__init__.pyi", path.with_suffix(".pyi")):
        if module.partition(".")[0] == _PACKAGE and file.is_file():
            return ast.parse(file.read_text())
    return None


def modules() -> Iterator[str]:
    """Every module of the stubs."""
    for file in sorted(root().rglob("*.pyi")):
        parts = file.relative_to(root()).with_suffix("").parts
        yield ".".join((_PACKAGE, *(part for part in parts if part != "__init__")))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, those under ``if`` (for a version) too."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)
        else:
            yield statement


def _names(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            yield statement.name
        case ast.AnnAssign(target=ast.Name(name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case _:
            pass


def _definition(body: list[ast.stmt], name: str) -> ast.stmt | None:
    return next((found for found in _statements(body) if name in _names(found)), None)


def _class(name: str) -> tuple[str, ast.ClassDef] | None:
    """The class of this full name, and its module."""
    module, _, simple = name.rpartition(".")
    tree = _tree(module)
    found = _definition(tree.body, simple) if tree else None
    return (module, found) if isinstance(found, ast.ClassDef) else None


def defines(name: str) -> bool:
    """Tell whether the stubs define this very name in the body of its module or class."""
    owner, _, simple = name.rpartition(".")
    tree = _tree(owner)
    if tree:
        return _definition(tree.body, simple) is not None
    found = _class(owner)
    return bool(found and _definition(found[1].body, simple))


def is_class(name: str) -> bool:
    """Tell whether the stubs define a class of this name."""
    return _class(name) is not None


def _resolved(module: str, name: str) -> str:
    """The full name of what ``name`` means in this module."""
    tree = _tree(module)
    if tree is None or _definition(tree.body, name):
        return f"{module}.{name}"
    for statement in _statements(tree.body):
        if isinstance(statement, ast.ImportFrom):
            source = _source(module, statement)
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    inner = f"{source}.{alias.name}"
                    return inner if _tree(inner) else _resolved(source, alias.name)
    return f"{module}.{name}"


def _source(module: str, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    is_package = (root().joinpath(*module.split(".")[1:]) / "__init__.pyi").is_file()
    up = statement.level - is_package
    package = ".".join(module.split(".")[: -up or None])
    return f"{package}.{statement.module}" if statement.module else package


@cache
def bases(name: str) -> tuple[str, ...]:
    """The full names of the classes that this class inherits from directly."""
    found = _class(name)
    if found is None:
        return ()
    module, definition = found
    return tuple(filter(None, (_base(module, base) for base in definition.bases)))


def _base(module: str, base: ast.expr) -> str | None:
    match base:
        case ast.Subscript(value=value):
            return _base(module, value)
        case ast.Name(name):
            return _resolved(module, name)
        case ast.Attribute(value=ast.Name(package), attr=name):
            return _resolved(_resolved(module, package), name)
        case _:
            return None


@cache
def ancestors(name: str) -> frozenset[str]:
    """Every class that this class inherits from."""
    direct = bases(name)
    return frozenset(direct).union(*(ancestors(base) for base in direct))


def classes() -> Iterator[str]:
    """Every class at the top of a module."""
    for module in modules():
        tree = _tree(module)
        for statement in _statements(tree.body if tree else []):
            if isinstance(statement, ast.ClassDef):
                yield f"{module}.{statement.name}"
