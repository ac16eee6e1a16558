"""What notes have in common: the words, and code put in its place."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mypy.nodes import (
    AwaitExpr,
    Block,
    CallExpr,
    Expression,
    GeneratorExpr,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
    Statement,
)

from mypy_async_django.catalogue.builtin import NEXT, Use
from mypy_async_django.catalogue.offload import IMPORTS
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name
from mypy_async_django.record import Change, Edit

#: What runs code in another thread, or in an event loop of its own.
_BRIDGES: Final = ("async_to_sync(", "sync_to_async(", "asyncio.to_thread(")

_LONGEST_ARGUMENTS: Final = 60
_LONGEST_FIRST: Final = 40


def use(code: str) -> str:
    """A note that shows the code to write instead."""
    return f"Use {quoted(shortened(code))}"


def replacing(
    body: Body,
    node: Node,
    code: str,
    *,
    text: str = "Use {}",
    imports: Sequence[str] = (),
    is_safe: bool | None = None,
    end: Node | None = None,
) -> Note:
    """A note that shows code, with the edit that puts the code in the place of a node.

    With ``end``, it is the place from the node's start to that node's end. ``text`` is the note, with ``{}`` for the code. ``imports`` are full names that the code needs
    besides the usual ones. Without ``is_safe``, the edit is safe unless it uses a bridge.
    """
    note = Note(text.format(quoted(shortened(code))))
    outer = body.parent(node)
    if code.startswith("await ") and isinstance(outer, AwaitExpr):
        node = outer  # it is awaited already, in vain
    position = _range(body, node, end or node)
    if position is None or "..." in code:
        return note  # a person has to fill in what is left out
    if is_safe is None:
        is_safe = not any(bridge in code for bridge in _BRIDGES)
    change = Change(*position, code)
    return note._replace(edit=Edit((change,), (*imports, *imports_for(code)), is_safe))


def imports_for(code: str) -> Iterator[str]:
    """The full names that code uses of those that replacements use."""
    for name, imported in IMPORTS.items():
        if re.search(rf"(?<![\w.]){name}\b(?=[.(])", code):
            yield imported


def _range(body: Body, node: Node, last: Node) -> tuple[int, int, int, int] | None:
    """The position of a node; of a generator without the brackets of the call that it is given to."""
    if not body.source.is_placed(node) or last.end_line is None or last.end_column is None:
        return None
    start, end = (node.line, node.column), (last.end_line, last.end_column)
    call = body.parent(node)
    if (
        isinstance(node, GeneratorExpr)
        and isinstance(call, CallExpr)
        and (call.callee.end_line, call.callee.end_column) == start
    ):
        return (start[0], start[1] + 1, end[0], end[1] - 1)
    return (*start, *end)


def without_statement(body: Body, statement: Statement) -> Change | None:
    """The removal of a statement, if it has its lines for itself and its block has others."""
    block = body.parent(statement)
    end = statement.end_line or statement.line
    if not body.source.is_placed(statement) or not isinstance(block, Block) or len(block.body) < 2:
        return None
    if any(
        other is not statement and other.line <= end and (other.end_line or 0) >= statement.line
        for other in block.body
    ):
        return None
    return Change(statement.line, 0, end + 1, 0, "")


def shortened(code: str) -> str:
    """Code for a message: of long arguments only the first is shown, if that is a name.

    Comprehensions are what a suggestion is about; they are shown.
    """
    parts: list[str] = []
    position = 0
    for start, end in _argument_lists(code):
        if start < position or end - start <= _LONGEST_ARGUMENTS or " for " in code[start:end]:
            continue
        first = re.match(r"\(([\w.]+), ", code[start:end])
        shown = f"({first[1]}, ...)" if first and len(first[1]) <= _LONGEST_FIRST else "(...)"
        parts += [code[position:start], shown]
        position = end
    return "".join([*parts, code[position:]])


def _argument_lists(code: str) -> Iterator[tuple[int, int]]:
    """The bracketed arguments of the calls in code, from left to right, outer ones first."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    for token in re.finditer(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()]""", code):
        if token[0] == "(":
            opened.append(token.start())
        elif token[0] == ")" and opened:
            start = opened.pop()
            if start and re.match(r"[\w)\]]", code[start - 1]):
                found.append((start, token.end()))
    yield from sorted(found)


def in_thread(function: str, arguments: str, *, sensitive: bool) -> str:
    """A call in a thread, ``sensitive`` if it has to be the one that holds the connections."""
    if sensitive:
        return f"await sync_to_async({function})({arguments})"
    return f"await asyncio.to_thread({', '.join(filter(None, (function, arguments)))})"


def use_in_thread(body: Body, value: Expression, use: Use, *, sensitive: bool) -> Note:
    """A note for a value that is used in a thread: ``await sync_to_async(len)(shelf)``.

    The edit replaces the call of the function that uses it, if there is one.
    """
    function = FUNCTION_OF.get(use, "list")
    text = body.source.text(value)
    if isinstance(value, AwaitExpr):
        text = f"({text})"
    node: Expression = value
    match body.parent(value):
        case CallExpr(callee=NameExpr(name=name), args=[argument]) as call:
            node = call if name == function and argument is value else value
        case _:
            pass
    if sensitive and function in _UNTYPED and "await " not in text:
        code = f"await sync_to_async(lambda: {function}({text}))()"
    else:
        code = in_thread(function, text, sensitive=sensitive)
    return replacing(body, node, placed(body, node, code))


#: Classes that type checkers do not accept for ``sync_to_async`` along with an argument.
_UNTYPED: Final = frozenset({"list"})


def arguments_of(body: Body, call: CallExpr) -> str:
    """A call's arguments with their brackets; ``(...)`` where their text is not known."""
    text = body.source.text(call)[len(body.source.text(call.callee)) :].strip()
    return text if text.startswith("(") else "(...)"


#: What to run in a thread in the place of a use without a call.
FUNCTION_OF: Final = {
    Use.FORMAT: "str",
    Use.ITERATE: "list",
    Use.LENGTH: "len",
    Use.TRUTH: "bool",
}


def placed(body: Body, node: Expression, code: str) -> str:
    """The code in brackets where something is taken from the node's value at once."""
    if not code.startswith("await "):
        return code
    match body.parent(node):
        case MemberExpr(expr=inner) | IndexExpr(base=inner) | CallExpr(callee=inner):
            return f"({code})" if inner is node else code
        case _:
            return code


def awaited_node(body: Body, node: Expression) -> Expression:
    """The ``await`` around an expression, or else the expression."""
    outer = body.parent(node)
    return outer if isinstance(outer, AwaitExpr) else node


def as_iterator(body: Body, node: Expression, items: str) -> str:
    """The code of a list in the place of an iterator: ``next`` does not take the list itself."""
    outer = body.parent(node)
    is_next = isinstance(outer, CallExpr) and called_name(body, outer) == NEXT
    return f"iter({items})" if is_next else items


def in_place(body: Body, node: Expression, code: str) -> Note:
    """A note with the code that replaces a node, in brackets where the syntax needs them."""
    return replacing(body, node, placed(body, node, code))


WHOLE_BLOCK: Final = (
    'Move the block into a sync function and call it with "await sync_to_async(...)(...)"'
)

WHOLE_USE: Final = (
    "Move the code that uses it into a sync function and call it with "
    '"await asyncio.to_thread(...)"'
)

RUNNING_ALREADY: Final = "Await the coroutine; an event loop is already running"
