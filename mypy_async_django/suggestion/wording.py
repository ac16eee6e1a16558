"""What notes have in common: the words, and code put in its place."""

from typing import Final

from mypy.nodes import CallExpr, Expression, IndexExpr, MemberExpr

from mypy_async_django.catalogue.builtin import NEXT, Use
from mypy_async_django.finding import quoted
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name

_LONGEST_ARGUMENTS: Final = 60


def use(code: str) -> str:
    """A note that shows the code to write instead."""
    return f"Use {quoted(code)}"


def in_thread(function: str, arguments: str, *, sensitive: bool) -> str:
    """A call in a thread, ``sensitive`` if it has to be the one that holds the connections."""
    if sensitive:
        return f"await sync_to_async({function})({arguments})"
    return f"await asyncio.to_thread({', '.join(filter(None, (function, arguments)))})"


def arguments_of(body: Body, call: CallExpr) -> str:
    """A call's arguments with their brackets; ``(...)`` if they are long."""
    text = body.source.text(call)[len(body.source.text(call.callee)) :].strip()
    return text if text.startswith("(") and len(text) <= _LONGEST_ARGUMENTS else "(...)"


#: What to run in a thread in the place of a use without a call.
FUNCTION_OF: Final = {
    Use.FORMAT: "str",
    Use.ITERATE: "list",
    Use.LENGTH: "len",
    Use.TRUTH: "bool",
}


def placed(body: Body, node: Expression, code: str) -> str:
    """The code in brackets where something is taken from the node's value at once."""
    match body.parent(node):
        case MemberExpr(expr=inner) | IndexExpr(base=inner) | CallExpr(callee=inner):
            return f"({code})" if inner is node else code
        case _:
            return code


def as_iterator(body: Body, node: Expression, items: str) -> str:
    """The code of a list in the place of an iterator: ``next`` does not take the list itself."""
    outer = body.parent(node)
    is_next = isinstance(outer, CallExpr) and called_name(body, outer) == NEXT
    return f"iter({items})" if is_next else items


def in_place(body: Body, node: Expression, code: str) -> str:
    """A note with the code that replaces a node, in brackets where its place asks for them."""
    return use(placed(body, node, code))


WHOLE_BLOCK: Final = (
    'Move the block into a sync function and call it with "await sync_to_async(...)(...)"'
)

WHOLE_USE: Final = (
    "Move the code that uses it into a sync function and call it with "
    '"await asyncio.to_thread(...)"'
)

RUNNING_ALREADY: Final = "Await the coroutine; an event loop is already running"
