"""Awaits for coroutines that are not awaited."""

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    Expression,
    FuncDef,
    ListExpr,
    MemberExpr,
    SetExpr,
    TupleExpr,
)
from mypy.types import CallableType

from mypy_async_django.bridge.models import is_django_method
from mypy_async_django.bridge.types import class_of, is_object
from mypy_async_django.catalogue.builtin import MAP
from mypy_async_django.catalogue.offload import WAIT
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.coroutines.overrides import is_called_by_class
from mypy_async_django.index.resolution.offloading import Offloaded, offloaded_by
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name
from mypy_async_django.suggestion.wording import (
    arguments_of,
    in_place,
    placed,
    replacing,
    use,
)


def for_coroutine(body: Body, call: CallExpr | AwaitExpr | MemberExpr) -> str | Note:
    """The note for a coroutine that is not awaited.

    What mypy takes for an ``object`` cannot be awaited before its function says what it returns.
    """
    note = _awaiting(body, call)
    if isinstance(call, CallExpr) and isinstance(note, Note):
        type_ = body.types.type_of(call)
        if type_ is not None and is_object(type_):
            function = quoted(body.source.text(call.callee))
            return Note(f"{note.text}, and declare that {function} returns an awaitable")
    return note


def _awaiting(body: Body, call: CallExpr | AwaitExpr | MemberExpr) -> str | Note:
    """The note with the await, or what runs a coroutine where none can be."""
    text = body.source.text(call)
    if isinstance(call, AwaitExpr):
        return replacing(body, call, f"await ({text})")
    if isinstance(call, MemberExpr):
        if body.is_coroutine:
            return in_place(body, call, f"await {text}")
        return f'Make "{body.name}" an async function and await {quoted(text)}'
    if body.is_coroutine and called_name(body, call) == MAP:
        outer = body.parent(call)
        is_copied = isinstance(outer, CallExpr) and called_name(body, outer) == "builtins.list"
        return replacing(
            body, outer if is_copied and outer else call, f"await asyncio.gather(*{text})"
        )
    if body.is_coroutine:
        return _awaited(body, call, text)
    if synchronous := _synchronous(body, call):
        return in_place(body, call, synchronous)
    if isinstance(body.function, FuncDef) and body.is_nested(body.function):
        return f'Make "{body.name}" an async function and await the call'
    function = body.source.text(call.callee)
    run = placed(body, call, f"async_to_sync({function}){arguments_of(body, call)}")
    if not isinstance(body.function, FuncDef) or is_called_by_class(body.function):
        return replacing(body, call, run)
    text = f'Use {{}}, or make "{body.name}" an async function and await the call'
    return replacing(body, call, run, text=text)


def _awaited(body: Body, call: CallExpr, text: str) -> Note:
    """The await in place, or a task where ``asyncio.wait`` takes one."""
    outer = body.parent(call)
    if isinstance(outer, SetExpr | ListExpr | TupleExpr | CallExpr) and _is_waited_for(body, call):
        return replacing(body, call, f"asyncio.create_task({text})")
    return in_place(body, call, f"await {text}")


def _is_waited_for(body: Body, call: CallExpr) -> bool:
    """Whether a coroutine stands in the set for ``asyncio.wait``, which takes tasks."""
    return any(
        isinstance(node, CallExpr) and called_name(body, node) == WAIT
        for node in body.ancestors(call)
    )


def called(body: Body, offloaded: Offloaded) -> str:
    """The call that a thread makes, as one would write it without the thread."""
    text = body.source.text
    arguments = [
        f"{name}={text(argument)}" if name else text(argument)
        for argument, name in zip(offloaded.args, offloaded.arg_names, strict=True)
    ]
    return f"{text(offloaded.function)}({', '.join(arguments)})"


def _synchronous(body: Body, call: CallExpr) -> str | None:
    """What the coroutine does, without one: the sync method of a twin, the offloaded function."""
    if offloaded := offloaded_by(body, call):
        return called(body, offloaded)
    callee = call.callee
    if isinstance(callee, MemberExpr) and callee.name.startswith("a"):
        info = class_of(body.type_of(callee.expr))
        if info is not None and is_django_method(info, callee.name[1:]):
            text = body.source.text(callee.expr)
            return f"{text}.{callee.name[1:]}{arguments_of(body, call)}"
    return None


def for_uncalled(body: Body, function: Expression) -> Note:
    """The note for a coroutine function where a coroutine, or a task, is wanted."""
    text = f"{body.source.text(function)}()"
    for node in body.ancestors(function):
        if isinstance(node, CallExpr):
            waits = called_name(body, node) == WAIT
            code = f"asyncio.create_task({text})" if waits else text
            return _called(body, function, code)
    return _called(body, function, f"await {text}")


def _called(body: Body, function: Expression, code: str) -> Note:
    """The note with a call of a function, and the edit if it takes no arguments."""
    type_ = body.type_of(function)
    takes_none = isinstance(type_, CallableType) and not type_.min_args
    return replacing(body, function, code) if takes_none else Note(use(code))


def for_unentered(body: Body, call: CallExpr) -> str:
    """The note for an async context manager that is not entered."""
    code = f"async with {body.source.text(call)}:"
    if body.is_coroutine or not isinstance(body.function, FuncDef):
        return use(code)
    return f'Make "{body.name}" an async function and use {quoted(code)}'
