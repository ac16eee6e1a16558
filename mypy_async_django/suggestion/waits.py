"""Ways out of races and of loops that wait."""

from typing import Final

from mypy.nodes import AwaitExpr, ComparisonExpr, OperatorAssignmentStmt, OpExpr

from mypy_async_django.bridge.types import classes, member
from mypy_async_django.index.state.lost_updates import StaleSave
from mypy_async_django.index.state.polling import Polling
from mypy_async_django.index.state.races import Race
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.suggestion.wording import use


def for_race(body: Body, race: Race) -> str:
    """The note for a write that depends on a read before a pause."""
    text = body.source.text
    match race.write:
        case OperatorAssignmentStmt(op=op, rvalue=AwaitExpr() as awaited, lvalue=target):
            return use(f"value = {text(awaited)}; {text(target)} {op}= value")
        case _ if race.is_guard:
            return f'Use "async with lock:" around the test, the {race.waits_by} and the write'
        case _:
            return (
                f'Read "{text(race.target)}" after the {race.waits_by}, '
                'or use "async with lock:" around all'
            )


#: The operators that an ``F()`` expression has.
_OF_F: Final = frozenset({"+", "-", "*", "/", "%", "**"})


def for_stale_save(body: Body, found: StaleSave) -> str:
    """The note for a save that puts back what was loaded some time before."""
    text = body.source.text
    match found.change, classes(body.type_of(found.instance)):
        case OperatorAssignmentStmt(op=op, rvalue=value), [model] if op in _OF_F:
            added = f"({text(value)})" if isinstance(value, OpExpr) else text(value)
            change = f'{found.field}=F("{found.field}") {op} {added}'
            rows = f"{model.name}.objects.filter(pk={found.instance.name}.pk)"
            return use(f"await {rows}.aupdate({change})")
        case _:
            return (
                'Load it with "select_for_update()" and save it in one sync function with a '
                'transaction: "await sync_to_async(...)(...)"'
            )


def for_polling(body: Body, found: Polling) -> str:
    """The note for a loop that waits for other code."""
    state = body.source.text(found.state)
    infos = classes(body.type_of(found.state))
    condition = use("await condition.wait_for(lambda: ...)") + ', with an "asyncio.Condition"'
    if any(member(info, "__len__") for info in infos):
        return f'{condition}, or hand over what it holds in an "asyncio.Queue"'
    is_flag = all(info.fullname == "builtins.bool" for info in infos)
    if not is_flag or isinstance(found.condition, ComparisonExpr | OpExpr):
        return condition
    return (
        f'Make it an "{found.event}", and use "await {state}.wait()" here and "{state}.set()" there'
    )
