"""Tag libraries, read without running them: the functions behind their tags and filters."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_INCLUSION: Final = "inclusion_tag"
_KINDS: Final = frozenset({"filter", "simple_tag", "simple_block_tag", _INCLUSION})


class OwnTag(NamedTuple):
    """The function of a tag or filter, by its full name, and the parameters that a template fills.

    Of an inclusion tag the ``template``, and the names that its function puts in the context of that,
    with the parameter that it hands on under the name, or an empty string for anything else.
    """

    function: str
    parameters: tuple[str, ...]
    template: str | None = None
    context: Mapping[str, str] = {}


Library = Mapping[str, OwnTag]
"""The tags and filters of a library, by the names under which templates use them."""


def read_library(module: str, source: str) -> Library:
    """The tags and filters that a module registers; nothing for one that is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = {
        name: _tag(f"{module}.{function.name}", function, register)
        for function in functions.values()
        for decorator in function.decorator_list
        for name, register in _registered(decorator, function.name)
    }
    for node in tree.body:
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr=kind),
                    args=[ast.Constant(value=str(name)), ast.Name(id=target)],
                ) as register
            ) if kind in _KINDS and target in functions:
                found[name] = _tag(f"{module}.{target}", functions[target], register)
            case _:
                pass
    return found


def _registered(decorator: ast.expr, function: str) -> Iterator[tuple[str, ast.Call | None]]:
    """The name that a decorator registers a function under, and its call."""
    match decorator:
        case ast.Attribute(attr=kind) if kind in _KINDS:
            yield function, None
        case ast.Call(func=ast.Attribute(attr=kind), args=arguments) if kind in _KINDS:
            first = _constant(next(iter(arguments), None)) if kind != _INCLUSION else None
            yield _text(decorator, "name") or first or function, decorator
        case _:
            pass


def _tag(name: str, function: ast.FunctionDef, register: ast.Call | None) -> OwnTag:
    parameters = tuple(each.arg for each in (*function.args.posonlyargs, *function.args.args))
    if register is None:
        return OwnTag(name, parameters)
    if any(each.arg == "takes_context" for each in register.keywords):
        parameters = parameters[1:]
    is_inclusion = isinstance(register.func, ast.Attribute) and register.func.attr == _INCLUSION
    if not is_inclusion:
        return OwnTag(name, parameters)
    template = _constant(next(iter(register.args), None)) or _text(register, "filename")
    return OwnTag(name, parameters, template, dict(_context(function, parameters)))


def _context(function: ast.FunctionDef, parameters: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The names in the dict that a function returns, if it has one return statement."""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    assigned = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    match returned:
        case [ast.Dict(keys=keys, values=values)]:
            for key, value in zip(keys, values, strict=True):
                name = value.id if isinstance(value, ast.Name) else ""
                if (under := _constant(key)) is not None:
                    yield under, name if name in parameters and name not in assigned else ""
        case _:
            pass


def _text(call: ast.Call, keyword: str) -> str | None:
    return next((_constant(each.value) for each in call.keywords if each.arg == keyword), None)


def _constant(node: ast.expr | None) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text and isinstance(node, ast.Constant) else None
