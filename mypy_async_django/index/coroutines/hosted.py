"""Sync functions that a framework runs on the event loop, since others beside them are async."""

from collections.abc import Iterator, Mapping
from typing import Final

from mypy.nodes import ClassDef, Decorator, FakeInfo, FuncDef, MypyFile, Node

from mypy_async_django.bridge.tree import all_statements, functions
from mypy_async_django.catalogue.decorators import BEFORE_HANDLERS
from mypy_async_django.catalogue.frameworks.installed import ASYNC_SERVERS, ON_LOOP
from mypy_async_django.index.coroutines.views import handlers, is_view
from mypy_async_django.index.resolution.decorator_names import decorator_name
from mypy_async_django.index.syntax.body import Body, once, once_in_module

_IN_HANDLER: Final = "Do this in the async handlers of the view, with the async methods"
_DJANGO: Final = "django."


def hosted_functions(tree: MypyFile) -> Mapping[FuncDef, str]:
    """The sync functions of a module that run on the event loop, with the way out."""
    is_served = any(symbol.fullname in ASYNC_SERVERS for symbol in tree.names.values())
    if not is_served and not any(function.is_coroutine for _, function in functions(tree)):
        return {}
    statements = all_statements(tree)
    found = dict(_hooks_of_views(statements))
    found.update(_beside_async(statements, is_served=is_served))
    return found


@once
def way_out(body: Body) -> str | None:
    """What to do instead in a sync function that runs on the event loop; None for all others."""
    function = body.function
    if body.module is None or body.is_coroutine or not isinstance(function, FuncDef):
        return None
    return _hosted(body.module).get(function)


_hosted = once_in_module(hosted_functions)


def _hooks_of_views(statements: list[Node]) -> Iterator[tuple[FuncDef, str]]:
    """The methods that run before the handlers of an async view."""
    for statement in statements:
        if not isinstance(statement, ClassDef) or isinstance(statement.info, FakeInfo):
            continue  # mypy has not looked at a class that cannot be reached
        if not is_view(statement.info):
            continue
        if set(handlers(statement.info).values()) != {True}:
            continue
        for base in statement.info.mro:
            for name in BEFORE_HANDLERS:
                node = base.names[name].node if name in base.names else None
                if isinstance(node, FuncDef) and not base.fullname.startswith(_DJANGO):
                    yield node, _IN_HANDLER


def _beside_async(statements: list[Node], *, is_served: bool) -> Iterator[tuple[FuncDef, str]]:
    """The functions under a decorator that another function of the module is async under."""
    found = [
        (node.func, ON_LOOP[name])
        for node in statements
        if isinstance(node, Decorator)
        for name in map(decorator_name, node.original_decorators)
        if name in ON_LOOP and len(node.original_decorators) == 1
    ]
    awaited = {advice for function, advice in found if function.is_coroutine}
    return (
        each for each in found if not each[0].is_coroutine and (is_served or each[1] in awaited)
    )
