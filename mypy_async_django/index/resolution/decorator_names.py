"""The full names of a function's decorators, those that are methods of an object too."""

from collections.abc import Iterator

from mypy.nodes import Expression, FuncDef, MemberExpr, MypyFile, RefExpr, Var
from mypy.types import Instance, get_proper_type

from mypy_async_django.bridge.tree import decorated, maker_of
from mypy_async_django.bridge.types import member


def decorator_names(tree: MypyFile, function: FuncDef) -> Iterator[str]:
    """The full names of the decorators of a function; of a method of an object its class's."""
    for node in decorated(tree, function):
        yield from map(decorator_name, node.original_decorators)


def decorator_name(decorator: Expression) -> str:
    """The full name of what makes a decorator; empty if it is not known."""
    match maker_of(decorator):
        case RefExpr(fullname=name) if name:
            return name
        case MemberExpr(expr=RefExpr(node=Var(type=type_)), name=name) if type_ is not None:
            owner = get_proper_type(type_)
            found = member(owner.type, name) if isinstance(owner, Instance) else None
            return f"{found[0].fullname}.{name}" if found else ""
        case _:
            return ""
