"""What notes have in common: the words, and edits that replace code."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    Block,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    ConditionalExpr,
    Expression,
    GeneratorExpr,
    IndexExpr,
    LambdaExpr,
    ListComprehension,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    SetComprehension,
    Statement,
    UnaryExpr,
    WithStmt,
)
from mypy.types import Overloaded

from mypy_async_django.bridge.source import Span
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.builtin import NEXT, Use
from mypy_async_django.catalogue.django_database import ATOMIC_CLASS
from mypy_async_django.catalogue.offload import IMPORTS
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.orm.row_locks import locks
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
    """A note that shows code, with the edit that replaces a node by the code.

    With ``end``, it is the range from the node's start to that node's end. ``text`` is the note, with
    ``{}`` for the code. ``imports`` are full names that the code needs besides the usual ones.
    Without ``is_safe``, the edit is safe unless it uses a bridge.
    """
    outer = body.parent(node)
    if code.startswith("await ") and isinstance(outer, AwaitExpr):
        node = outer  # it is awaited already, in vain
    if _awaits(code):
        if _is_in_class_body(body, node):
            return Note(f"{text.format(quoted(shortened(code)))} before the class, {_NO_AWAIT}")
        node, code = _outside_generators(body, node, code)
    note = Note(text.format(quoted(shortened(code))))
    position = _range(body, node, end or node)
    if position is None or "..." in code:
        return note  # a person has to fill in what is left out
    if is_safe is None:
        is_safe = not any(bridge in code for bridge in _BRIDGES)
    change = Change(*position, code)
    return note._replace(edit=Edit((change,), (*imports, *imports_for(code)), is_safe))


_NO_AWAIT: Final = "whose body cannot await"


def _awaits(code: str) -> bool:
    return "await " in code or "async for " in code


def _is_in_class_body(body: Body, node: Node) -> bool:
    return bool(body.every(ClassDef)) and any(
        isinstance(outer, ClassDef) for outer in body.ancestors(node)
    )


def _outside_generators(body: Body, node: Node, code: str) -> tuple[Node, str]:
    """A node and its new code, which awaits; generators around it become lists.

    An await would make an async generator of it, which the function that consumes it cannot iterate.
    """
    inner = node
    for outer in body.ancestors(node):
        if isinstance(outer, GeneratorExpr) and inner is not outer.sequences[0]:
            if isinstance(body.parent(outer), ListComprehension | SetComprehension):
                inner = outer
                continue
            generator = body.source.with_replaced(outer, node, code)
            if generator is None:
                break
            node, code = outer, as_iterator(body, outer, f"[{_unbracketed(generator)}]")
        inner = outer
    return node, code


def _unbracketed(code: str) -> str:
    """Code without the brackets around all of it; those of the only argument may belong to the call."""
    depth = 0
    for token in _BRACKETS.finditer(code):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if not depth:
            return code[1:-1] if code[0] == "(" and token.end() == len(code) else code
    return code


def imports_for(code: str) -> Iterator[str]:
    """The full names that code uses of those that replacements use."""
    for name, imported in IMPORTS.items():
        if re.search(rf"(?<![\w.]){name}\b(?=[.(])", code):
            yield imported


def _range(body: Body, node: Node, last: Node) -> Span | None:
    """The position of a node; of a generator without the brackets of the call that it is given to."""
    span, last_span = body.source.span(node), body.source.span(last)
    if span is None or last_span is None:
        return None
    start, end = span[:2], last_span[2:]
    call = body.parent(node)
    if (
        isinstance(node, GeneratorExpr)
        and isinstance(call, CallExpr)
        and (callee := body.source.span(call.callee)) is not None
        and callee[2:] == start
    ):
        return Span(start[0], start[1] + 1, end[0], end[1] - 1)
    return Span(*start, *end)


def without_statement(body: Body, statement: Statement) -> Change | None:
    """The removal of a statement, if it has its lines for itself and its block has others."""
    block = body.parent(statement)
    end = statement.end_line or statement.line
    if body.source.span(statement) is None or not isinstance(block, Block) or len(block.body) < 2:
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
        arguments = code[start:end]
        if start < position or len(arguments) <= _LONGEST_ARGUMENTS or " for " in arguments:
            continue
        if arguments.startswith("(lambda:"):
            continue  # what it runs is shown, with its own arguments shortened
        first = re.match(r"\(([\w.]+), ", arguments)
        shown = f"({first[1]}, ...)" if first and len(first[1]) <= _LONGEST_FIRST else "(...)"
        parts += [code[position:start], shown]
        position = end
    return "".join([*parts, code[position:]])


#: Brackets that are calls' or group code, and strings, which may have others.
_BRACKETS: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()]""")


def _argument_lists(code: str) -> Iterator[tuple[int, int]]:
    """The bracketed arguments of the calls in code, from left to right, outer ones first."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    for token in _BRACKETS.finditer(code):
        if token[0] == "(":
            opened.append(token.start())
        elif token[0] == ")" and opened:
            start = opened.pop()
            if start and re.match(r"[\w)\]]", code[start - 1]):
                found.append((start, token.end()))
    yield from sorted(found)


def call_in_thread(body: Body, call: CallExpr, *, sensitive: bool) -> str:
    """A call of the code, made in a thread."""
    function, arguments = body.source.text(call.callee), arguments_of(body, call)[1:-1]
    is_overloaded = isinstance(body.type_of(call.callee), Overloaded)
    return in_thread(function, arguments, sensitive=sensitive, is_overloaded=is_overloaded)


def _may_be_in_lambda(code: str) -> bool:
    """Whether code means the same in a lambda: neither ``await`` nor ``super()`` does."""
    return not _awaits(code) and "super()" not in code


def in_thread(
    function: str, arguments: str, *, sensitive: bool, is_overloaded: bool = False
) -> str:
    """A call in a thread, ``sensitive`` if it has to be the one that holds the connections.

    For type checkers, ``sync_to_async`` takes the first variant of an overloaded function.
    """
    if not sensitive:
        return f"await asyncio.to_thread({', '.join(filter(None, (function, arguments)))})"
    if is_overloaded and _may_be_in_lambda(f"{function}{arguments}"):
        return f"await sync_to_async(lambda: {function}({arguments}))()"
    return f"await sync_to_async({function})({arguments})"


def use_in_thread(body: Body, value: Expression, use: Use, *, sensitive: bool) -> Note:
    """A note for a value that is used in a thread: ``await sync_to_async(len)(shelf)``.

    The edit replaces the call of the function that uses it, if there is one.
    """
    function = FUNCTION_OF.get(use, "list")
    text = body.source.text(value)
    node: Expression = value
    match body.parent(value):
        case CallExpr(callee=NameExpr(name=name), args=[argument]) as call:
            node = call if name == function and argument is value else value
        case _:
            pass
    code = in_thread(function, text, sensitive=sensitive, is_overloaded=function == "list")
    match body.parent(node):
        case CallExpr() as outer if called_name(body, outer) == NEXT:
            if not isinstance(value, CallExpr):
                return Note(WHOLE_BLOCK)  # it may be asked for the next item elsewhere too
            code = f"iter({code})"
        case AssignmentStmt() if isinstance(value, CallExpr) and use is Use.ITERATE:
            code = f"iter({code})"  # which may be asked for its next item later
        case _:
            pass
    return replacing(body, node, placed(body, node, code))


def operation_in_thread(body: Body, value: Expression, *, sensitive: bool) -> Note | None:
    """A note for an item that is read of a value, or looked for in it: the operation in a thread.

    None if the value is used otherwise, or if the operation awaits.
    """
    match body.parent(value):
        case IndexExpr(base=base) as operation if base is value:
            outer = body.parent(operation)
            if isinstance(outer, AssignmentStmt) and operation in outer.lvalues:
                return None
        case ComparisonExpr(operators=["in" | "not in"]) as operation:
            pass
        case _:
            return None
    text = body.source.text(operation)
    if not _may_be_in_lambda(text):
        return None
    bridge = "sync_to_async(lambda: {})()" if sensitive else "asyncio.to_thread(lambda: {})"
    return in_place(body, operation, f"await {bridge.format(text)}")


def needs_transaction(body: Body, node: Expression) -> bool:
    """Whether a query is part of a transaction, or locks rows: awaited, it would be part of none."""
    is_inside = any(
        isinstance(block, WithStmt)
        and not block.is_async
        and any(all_are(body.type_of(entered), ATOMIC_CLASS) for entered in block.expr)
        for block in body.ancestors(node)
    )
    match node:
        case CallExpr(callee=MemberExpr(expr=queryset)):
            return is_inside or locks(body, queryset)
        case _:
            return is_inside or locks(body, node)


_IN_BRACKETS: Final = (
    AssignmentExpr,
    AwaitExpr,
    ComparisonExpr,
    ConditionalExpr,
    LambdaExpr,
    OpExpr,
    UnaryExpr,
)


def operand(body: Body, node: Expression) -> str:
    """An expression's text to take an attribute or an item of: an operation stands in brackets."""
    text = body.source.text(node)
    return f"({text})" if isinstance(node, _IN_BRACKETS) else text


def arguments_of(body: Body, call: CallExpr) -> str:
    """A call's arguments with their brackets; ``(...)`` where their text is not known."""
    text = body.source.text(call)[len(body.source.text(call.callee)) :].strip()
    return text if text.startswith("(") else "(...)"


#: The function to run in a thread for a use without a call.
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
            return f"({code})" if inner is node and not _has_brackets(body, node) else code
        case _:
            return code


def _has_brackets(body: Body, node: Expression) -> bool:
    """Whether brackets stand around a node of which an attribute, an item or the value is taken."""
    span = body.source.span(node)
    if span is None or not span.column:
        return False
    before = body.source.at(span.line, span.column - 1)
    return before == "(" and body.source.at(span.end_line, span.end_column) == ")"


def awaited_node(body: Body, node: Expression) -> Expression:
    """The ``await`` around an expression, or else the expression."""
    outer = body.parent(node)
    return outer if isinstance(outer, AwaitExpr) else node


def as_iterator(body: Body, node: Expression, items: str) -> str:
    """The code of a list where an iterator is expected: ``next`` does not take the list itself."""
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
