"""Replacements of races and of loops that wait."""

from typing import Final

from mypy.nodes import (
    AwaitExpr,
    ComparisonExpr,
    DelStmt,
    Expression,
    IndexExpr,
    OperatorAssignmentStmt,
    OpExpr,
)

from mypy_async_django.bridge.types import classes, is_a, member
from mypy_async_django.catalogue.builtin import BOOL
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.state.lost_updates import StaleSave
from mypy_async_django.index.state.polling import Polling
from mypy_async_django.index.state.races import Race
from mypy_async_django.index.state.stale_updates import StaleUpdate
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.suggestion.wording import awaited_node, replacing, use, without_statement


def for_race(body: Body, race: Race) -> str:
    """The note for a write that depends on a read before a pause."""
    text = body.source.text
    match race.write:
        case OperatorAssignmentStmt(op=op, rvalue=AwaitExpr() as awaited, lvalue=target):
            code = f"value = {text(awaited)}; {text(target)} {op}= value"
            return use(code)
        case DelStmt(expr=IndexExpr(base=collection, index=key)):
            return use(f"{text(collection)}.pop({text(key)}, None)")
        case _ if race.is_guard:
            return "Hold an asyncio.Lock around the test and the write"
        case _:
            return (
                f"Read {quoted(text(race.target))} after the {race.waits_by}, "
                "or hold an asyncio.Lock around the read and the write"
            )


#: The operators that an ``F()`` expression has.
_OF_F: Final = frozenset({"+", "-", "*", "/", "%", "**"})
_NUMBERS: Final = ("builtins.float", "builtins.int", "decimal.Decimal")


def for_stale_save(body: Body, found: StaleSave) -> str | Note:
    """The note for a save that puts back what was loaded some time before."""
    text = body.source.text
    match found.change, classes(body.type_of(found.instance)):
        case OperatorAssignmentStmt(op=op, lvalue=old, rvalue=value), [model] if (
            op in _OF_F and _is_number(body, old)
        ):
            added = f"({text(value)})" if isinstance(value, OpExpr) else text(value)
            change = f'{found.field}=F("{found.field}") {op} {added}'
            rows = f"{model.name}.objects.filter(pk={found.instance.name}.pk)"
            return _updating(body, found, f"await {rows}.aupdate({change})", model.fullname)
        case _:
            return (
                'Load the row with "select_for_update()" and save it inside one transaction, in a '
                'sync function called with "await sync_to_async(...)(...)"'
            )


def for_stale_update(body: Body, found: StaleUpdate) -> str | Note:
    """The note for an update to a value that was computed from what was read before."""
    match found.value:
        case OpExpr(op=op, left=left, right=right) if (
            left is found.read and op in _OF_F and _is_number(body, left)
        ):
            code = f'F("{found.field}") {op} {body.source.text(right)}'
            return replacing(body, found.value, code, is_safe=False)
        case _:
            return (
                'Load the row with "select_for_update()" and update it inside one transaction, in a '
                'sync function called with "await sync_to_async(...)(...)"'
            )


def _is_number(body: Body, value: Expression) -> bool:
    """Whether a value is a number, for which databases have the operators that Python has."""
    infos = classes(body.type_of(value))
    return bool(infos) and all(is_a(info, *_NUMBERS) for info in infos)


def _updating(body: Body, found: StaleSave, code: str, model: str) -> Note:
    """The note for an update in the database that replaces the change and the save."""
    note = replacing(body, awaited_node(body, found.save), code, imports=[model], is_safe=False)
    removed = without_statement(body, found.change)
    if note.edit is None or removed is None or found.change.line == found.save.line:
        return note._replace(edit=None)
    return note._replace(edit=note.edit._replace(changes=(removed, *note.edit.changes)))


def for_polling(body: Body, found: Polling) -> str:
    """The note for a loop that waits for other code."""
    state = body.source.text(found.state)
    infos = classes(body.type_of(found.state))
    condition = use("await condition.wait_for(lambda: ...)") + " with an asyncio.Condition"
    if any(member(info, "__len__") for info in infos):
        return f"{condition}, or pass its items through an asyncio.Queue"
    is_flag = all(info.fullname == BOOL for info in infos)
    if not is_flag or isinstance(found.condition, ComparisonExpr | OpExpr):
        return condition
    return (
        f"Make {quoted(state)} an {found.event}, wait for it with "
        f"{quoted(f'await {state}.wait()')} and set it with {quoted(f'{state}.set()')}"
    )
