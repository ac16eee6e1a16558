"""Offloading: calls that run a function in another thread or process."""

from typing import NamedTuple

from mypy.nodes import ARG_POS, ArgKind, CallExpr, Decorator, Expression, MemberExpr

from mypy_async_django.bridge.tree import maker_of
from mypy_async_django.bridge.types import classes, may_be_called
from mypy_async_django.catalogue.callbacks import Callback
from mypy_async_django.catalogue.offload import Offloader
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, full_name


class Offloaded(NamedTuple):
    """A function and what it is called with elsewhere; ``node`` is the call that arranges it."""

    node: CallExpr
    offloader: Offloader
    function: Expression
    args: list[Expression]
    arg_kinds: list[ArgKind]
    arg_names: list[str | None]

    def as_call(self) -> CallExpr:
        """The call that is made elsewhere, as if it stood here."""
        call = CallExpr(self.function, self.args, self.arg_kinds, self.arg_names)
        call.set_line(self.node)
        return call


def offloaded_by(body: Body, call: CallExpr) -> Offloaded | None:
    """What a call such as ``sync_to_async(f)(x)`` or ``asyncio.to_thread(f, x)`` runs elsewhere."""
    if isinstance(call.callee, CallExpr):
        offloader = offloader_of(body, call.callee)
        if offloader is None or not offloader.wraps:
            return None
        function = handed_over(call.callee, offloader)
        if function is None:
            return None
        return Offloaded(call, offloader, function, call.args, call.arg_kinds, call.arg_names)
    offloader = offloader_of(body, call)
    if offloader is None or offloader.wraps:
        return None
    function = handed_over(call, offloader)
    if function is None:
        return None
    rest = offloader.argument + 1
    return Offloaded(
        call, offloader, function, call.args[rest:], call.arg_kinds[rest:], call.arg_names[rest:]
    )


def offloader_of(body: Body, call: CallExpr) -> Offloader | None:
    """The offloader that a call calls: ``sync_to_async(...)``, ``loop.run_in_executor(...)``."""
    name = called_name(body, call)
    if name is not None:
        return body.catalogue.offloader(name)
    if isinstance(call.callee, MemberExpr) and call.callee.name in body.catalogue.offloading:
        for info in classes(body.type_of(call.callee.expr)):
            for base in info.mro:
                found = body.catalogue.offloader(f"{base.fullname}.{call.callee.name}")
                if found is not None:
                    return found
    return None


def is_run_elsewhere(body: Body, definition: Decorator) -> bool:
    """Whether one of a function's decorators is an offloader: calling it runs nothing here."""
    names = (full_name(body, maker_of(each)) for each in definition.original_decorators)
    return any(body.catalogue.offloader(name) is not None for name in names if name)


def is_called_early(body: Body, call: CallExpr) -> bool:
    """Whether an offloader gets a call's result where it takes the function.

    So does ``sync_to_async(find(pk))``: unless ``find`` makes functions, it should not run yet.
    """
    around = body.parent(call)
    offloader = offloader_of(body, around) if isinstance(around, CallExpr) else None
    if offloader is None or not isinstance(around, CallExpr):
        return False
    return handed_over(around, offloader) is call and not may_be_called(body.type_of(call))


def handed_over(call: CallExpr, taker: Offloader | Callback) -> Expression | None:
    """The function that a call is given; None in ``@sync_to_async(...)`` with options only."""
    for position, (argument, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        by_position = position == taker.argument and call.arg_kinds[position] == ARG_POS
        if by_position or (name is not None and name == taker.keyword):
            return argument
    return None
