"""Reads a Django settings module as data, without running it.

Known are constants, collections of them, ``+`` and ``|``, names that were assigned before, and what is
imported from other modules of the project. Everything else is `UNKNOWN`: calls, the environment, loops,
and what only one branch of a condition assigns.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final


class _Unknown:
    """The value of what cannot be read; there is one."""

    def __deepcopy__(self, _: object) -> "_Unknown":
        return self


UNKNOWN: Final = _Unknown()

#: What Django has for the settings that a project leaves out.
_DEFAULTS: Final[dict[str, Any]] = {
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "MIDDLEWARE": [],
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
    "SESSION_CACHE_ALIAS": "default",
    "SESSION_ENGINE": "django.contrib.sessions.backends.db",
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}
_MANAGE: Final = re.compile(r"""["']DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")
#: Functions that reach every name of a module.
_ALL_NAMES: Final = frozenset({"exec", "globals", "include", "locals", "vars"})
_CHANGING: Final = frozenset(
    {"append", "extend", "insert", "pop", "remove", "setdefault", "update"}
)


def name_in(folders: Iterable[Path]) -> str | None:
    """The settings module that a ``manage.py`` in one of the folders names."""
    for folder in folders:
        try:
            text = (folder / "manage.py").read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if found := _MANAGE.search(text):
            return found[1]
    return None


def read(name: str, folders: Sequence[Path]) -> SimpleNamespace | None:
    """The settings of a module that lies in one of the folders; None where there is none.

    An object with an attribute for each setting that is known. Django's defaults count unless a
    setting may be defined where it cannot be seen.
    """
    module = _Reader(folders).module(name)
    if module is None:
        return None
    known = {key: value for key, value in module.names.items() if _is_known(value)}
    defaults = {} if module.is_open else _DEFAULTS
    left_out = {key: value for key, value in defaults.items() if key not in module.names}
    return SimpleNamespace(**left_out, **known)


def _is_known(value: Any) -> bool:
    """Whether a value is known; of a mapping, the values inside may be unknown."""
    if isinstance(value, list | tuple | set):
        return all(map(_is_known, value))
    return value is not UNKNOWN


class _Module:
    """The names of a module; ``is_open`` says that it may have others."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.is_open = False

    def open(self) -> None:
        """Any name may have been given another value."""
        self.names = dict.fromkeys(self.names, UNKNOWN)
        self.is_open = True


class _Reader:
    """Reads modules of the folders, each once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._modules: dict[str, _Module | None] = {}

    def module(self, name: str) -> _Module | None:
        """A module by its full name; None where it is not found, or being read."""
        if name not in self._modules:
            self._modules[name] = None
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> _Module | None:
        path = Path(*name.split("."))
        for folder in self._folders:
            for file in (folder / path.with_suffix(".py"), folder / path / "__init__.py"):
                try:
                    tree = ast.parse(file.read_bytes())
                except (OSError, SyntaxError, ValueError):
                    continue
                package = name if file.name == "__init__.py" else name.rpartition(".")[0]
                module = _Module()
                self._run(tree.body, module, package)
                return module
        return None

    def _run(self, statements: Sequence[ast.stmt], module: _Module, package: str) -> None:
        for statement in statements:
            self._statement(statement, module, package)

    def _statement(self, statement: ast.stmt, module: _Module, package: str) -> None:
        names = module.names
        match statement:
            case ast.Assign(targets=targets, value=value):
                found = _value(value, names)
                for target in targets:
                    _assign(target, deepcopy(found), names)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _assign(target, _value(value, names), names)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=operator, value=value):
                both = ast.BinOp(ast.Name(name), operator, value)
                _assign(target, _value(both, names), names)
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                found_module = self.module(_imported(statement, package))
                if found_module is None or found_module.is_open:
                    module.open()
                inside = found_module.names if found_module is not None else {}
                public = {k: v for k, v in inside.items() if not k.startswith("_")}
                module.names.update(deepcopy(public))
            case ast.ImportFrom(names=aliases):
                found_module = self.module(_imported(statement, package))
                known = found_module.names if found_module is not None else {}
                for alias in aliases:
                    names[alias.asname or alias.name] = deepcopy(known.get(alias.name, UNKNOWN))
            case ast.If(test=test, body=body, orelse=otherwise):
                decided = _value(test, names)
                if decided is not UNKNOWN and not isinstance(decided, dict):
                    self._run(body if decided else otherwise, module, package)
                else:
                    self._either((body, otherwise), module, package)
            case ast.Try(body=body, handlers=handlers, orelse=otherwise, finalbody=last):
                ways = [[*body, *otherwise], *(handler.body for handler in handlers)]
                self._either(ways, module, package)
                self._run(last, module, package)
            case ast.With(body=body):
                self._run(body, module, package)
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assert():
                pass
            case ast.Expr(value=ast.Call(func=ast.Attribute(), keywords=[]) as call) if _changes(
                call, names
            ):
                pass
            case ast.Import(names=aliases):
                names.update({(a.asname or a.name.split(".")[0]): UNKNOWN for a in aliases})
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names[name] = UNKNOWN
            case _:
                _forget(statement, names)
        if any(_reaches_all(node) for node in _outside_functions(statement)):
            module.open()

    def _either(self, ways: Sequence[Sequence[ast.stmt]], module: _Module, package: str) -> None:
        """Statements of which only one list runs: what they agree on is known."""
        before, results = module.names, []
        for way in ways:
            module.names = deepcopy(before)
            self._run(way, module, package)
            results.append(module.names)
        keys = dict.fromkeys(key for result in results for key in result)
        module.names = {
            key: results[0].get(key, UNKNOWN)
            if all(result.get(key, UNKNOWN) == results[0].get(key, UNKNOWN) for result in results)
            else UNKNOWN
            for key in keys
        }


def _imported(statement: ast.ImportFrom, package: str) -> str:
    """The full name of the module that something is imported from."""
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])


def _assign(target: ast.expr, value: Any, names: dict[str, Any]) -> None:
    match target:
        case ast.Name(id=name):
            names[name] = value
        case ast.Subscript(value=owner, slice=index):
            container, key = _value(owner, names), _value(index, names)
            if isinstance(container, dict) and isinstance(key, str):
                container[key] = value
            else:
                _forget(target, names)
        case _:
            _forget(target, names)


def _changes(call: ast.Call, names: dict[str, Any]) -> bool:
    """Make a call that changes a known list; False for any other call."""
    assert isinstance(call.func, ast.Attribute)
    owner = _value(call.func.value, names)
    given = [_value(argument, names) for argument in call.args]
    match call.func.attr, given:
        case "append", [item] if isinstance(owner, list):
            owner.append(item)
        case "extend", [list() as items] if isinstance(owner, list):
            owner.extend(items)
        case "insert", [int() as index, item] if isinstance(owner, list):
            owner.insert(index, item)
        case _:
            return False
    return True


def _forget(node: ast.AST, names: dict[str, Any]) -> None:
    """Names that something assigns or changes in a way that is not followed are unknown."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names[name] = UNKNOWN
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
                names.update(dict.fromkeys(_roots(owner), UNKNOWN))
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _CHANGING:
                names.update(dict.fromkeys(_roots(owner), UNKNOWN))
            case ast.Call(args=arguments):
                for argument in arguments:
                    if isinstance(argument, ast.Name):
                        names[argument.id] = UNKNOWN
            case _:
                pass


def _roots(owner: ast.expr) -> Iterator[str]:
    while isinstance(owner, ast.Subscript | ast.Attribute):
        owner = owner.value
    if isinstance(owner, ast.Name):
        yield owner.id


def _outside_functions(statement: ast.stmt) -> Iterator[ast.AST]:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield from ast.walk(statement)


def _reaches_all(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _ALL_NAMES
    )


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of an expression."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names.get(name, UNKNOWN)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _items(items, names)
        case ast.Dict(keys=keys, values=values):
            return _mapping(zip(keys, values, strict=True), names)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            pairs = [
                (ast.Constant(each.arg) if each.arg else None, each.value) for each in keywords
            ]
            return _mapping(pairs, names)
        case ast.Subscript(value=owner, slice=index):
            container, key = _value(owner, names), _value(index, names)
            if isinstance(container, dict) and isinstance(key, str):
                return container.get(key, UNKNOWN)
            return UNKNOWN
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _value(operand, names)
            return UNKNOWN if inner is UNKNOWN else not inner
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            one, other = _value(left, names), _value(right, names)
            if isinstance(one, dict) and isinstance(other, dict):
                return one | other
            if isinstance(one, str) and isinstance(other, str):
                return one + other
            return one + other if isinstance(one, list) and isinstance(other, list) else UNKNOWN
        case _:
            return UNKNOWN


def _items(items: Sequence[ast.expr], names: dict[str, Any]) -> Any:
    """The items of a list, tuple or set, as a list."""
    found: list[Any] = []
    for item in items:
        if not isinstance(item, ast.Starred):
            found.append(_value(item, names))
            continue
        inside = _value(item.value, names)
        if not isinstance(inside, list):
            return UNKNOWN
        found += inside
    return found


def _mapping(pairs: Iterable[tuple[ast.expr | None, ast.expr]], names: dict[str, Any]) -> Any:
    found: dict[Any, Any] = {}
    for key_node, value_node in pairs:
        value = _value(value_node, names)
        key = _value(key_node, names) if key_node is not None else None
        if key_node is None and isinstance(value, dict):
            found |= value
        elif isinstance(key, str):
            found[key] = value
        else:
            return UNKNOWN
    return found
