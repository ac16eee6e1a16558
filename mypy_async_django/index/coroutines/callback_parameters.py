"""Parameters that a function calls, and what it does with the results.

If such a parameter receives a coroutine function, the result is a coroutine: one that is dropped or
tested never runs.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    Expression,
    FuncDef,
    IfStmt,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    UnaryExpr,
    WhileStmt,
)

from mypy_async_django.bridge.types import makes_coroutine
from mypy_async_django.catalogue.builtin import EVALUATORS, PARTIAL
from mypy_async_django.catalogue.callbacks import Misuse
from mypy_async_django.index.coroutines.coroutine_values import calls_coroutine
from mypy_async_django.index.coroutines.value_uses import ValueUse, final_use
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name
from mypy_async_django.index.values.summary_types import returns_coroutine

_MISUSES: Final = {
    ValueUse.DROPPED: Misuse.DROPPED,
    ValueUse.TESTED: Misuse.TRUTHY,
    ValueUse.FORMATTED: Misuse.FORMATTED,
    ValueUse.COMPARED: Misuse.COMPARED,
    ValueUse.LOOKED_INTO: Misuse.VALUE,
    ValueUse.PASSED: Misuse.VALUE,
}
_CALLABLE: Final = "builtins.callable"


class CallbackParameter(NamedTuple):
    """A parameter that a function only calls, tests, prints or passes on.

    ``misuses`` are what it does with the results, none of which it awaits; ``passed_to`` are the
    functions, by full names, that it passes the parameter on to, each with their parameter.
    """

    name: str
    misuses: tuple[Misuse, ...]
    passed_to: tuple[tuple[str, str], ...]


class Dropped(NamedTuple):
    """A coroutine function that a call passes to a function which does not await the coroutine."""

    function: Expression
    misuse: Misuse


def callback_parameters(body: Body) -> Iterator[CallbackParameter]:
    """The parameters of a function that are callbacks whose results it never awaits."""
    flow = body.flow
    for binding in flow.bindings() if isinstance(body.function, FuncDef) else ():
        if binding.kind is not BindingKind.ARGUMENT or flow.is_captured(binding):
            continue
        uses = flow.uses(binding)
        if any(flow.reaching(use) != {binding} for use in uses):
            continue
        found = _callback(body, binding.name, uses)
        if found is not None and (found.misuses or found.passed_to):
            yield found


def _callback(body: Body, name: str, uses: Sequence[NameExpr]) -> CallbackParameter | None:
    misuses: set[Misuse] = set()
    passed_to: set[tuple[str, str]] = set()
    for use in uses:
        match body.parent(use):
            case CallExpr(callee=callee) as call if callee is use:
                misuse = _MISUSES.get(final_use(body, call).use)
                if misuse is None:
                    return None
                misuses.add(misuse)
            case CallExpr() as call if not _only_looks(body, call):
                passed = _passed_to(body, call, use)
                if passed is None:
                    return None
                passed_to.add(passed)
            case parent if not _asks(parent, use):
                return None
            case _:
                pass
    order = list(Misuse)
    return CallbackParameter(
        name, tuple(sorted(misuses, key=order.index)), tuple(sorted(passed_to))
    )


def _only_looks(body: Body, call: CallExpr) -> bool:
    """Whether a call only tests or prints a function that it receives."""
    name = called_name(body, call) or ""
    return name in EVALUATORS or name == _CALLABLE or name.startswith("logging.")


def _asks(parent: Node | None, use: NameExpr) -> bool:
    """Whether a function is only tested or looked at: ``if callback:``, ``callback.__name__``."""
    match parent:
        case IfStmt() | WhileStmt() | UnaryExpr(op="not") | ComparisonExpr() | CallExpr():
            return True
        case OpExpr(op="and" | "or"):
            return parent.left is use
        case MemberExpr(name=name):
            return name in {"__name__", "__qualname__", "__module__", "__doc__"}
        case _:
            return False


def _passed_to(body: Body, call: CallExpr, use: NameExpr) -> tuple[str, str] | None:
    named = named_function(body, call.callee)
    if named is None or body.is_nested(named.function):
        return None
    found = [name for name, given in bind(call, named.function) if given is use]
    return (named.function.fullname, found[0]) if len(found) == 1 else None


def dropped_callbacks(body: Body, call: CallExpr) -> Iterator[Dropped]:
    """The coroutine functions that a call passes to a function of the project that drops the result."""
    effects = body.effects
    named = named_function(body, call.callee) if effects is not None and call.args else None
    if effects is None or named is None or body.is_nested(named.function):
        return
    names = {given: name for name, given in bind(call, named.function)}
    for argument in call.args:
        function = coroutine_function(body, argument) if argument in names else None
        if function is not None:
            misuse = effects.misuse_of_callback(named.function, names[argument])
            if misuse is not None:
                yield Dropped(function, misuse)


def coroutine_function(body: Body, argument: Expression) -> Expression | None:
    """The function behind an argument, if calling it returns a coroutine: ``partial(send, "x")``."""
    match argument:
        case CallExpr(args=[function, *_]) if called_name(body, argument) == PARTIAL:
            return coroutine_function(body, function)
        case LambdaExpr():
            is_found = calls_coroutine(body, argument.expr())
        case CallExpr():
            is_found = makes_coroutine(body.type_of(argument))
        case NameExpr() | MemberExpr():
            is_found = returns_coroutine(body, argument) or makes_coroutine(body.type_of(argument))
        case _:
            return None
    return argument if is_found else None
