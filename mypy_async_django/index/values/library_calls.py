"""Calls of library functions that are known to move values, and nothing else."""

from typing import Final

from mypy.nodes import CallExpr, MemberExpr

from mypy_async_django.bridge.types import classes
from mypy_async_django.catalogue.transfers import Transfer, transfers, transfers_of_method
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import full_name

#: Where functions come from that run none of their arguments and keep them only in containers.
_QUIET: Final = (
    "_bisect.",
    "_heapq.",
    "asyncio.",
    "builtins.",
    "collections.",
    "copy.",
    "heapq.",
    "itertools.",
    "typing.",
)


def transfers_of(body: Body, call: CallExpr) -> tuple[Transfer, ...]:
    """How the function that a call runs moves values; empty if that is not known."""
    return _named_transfers(body, call)[1]


def only_moves(body: Body, call: CallExpr) -> bool:
    """Whether a call at most puts its arguments into a container, or takes them from one."""
    name, found = _named_transfers(body, call)
    return bool(found) and name.startswith(_QUIET)


def _named_transfers(body: Body, call: CallExpr) -> tuple[str, tuple[Transfer, ...]]:
    name = full_name(body, call.callee) or ""
    found = transfers(name)
    if found or not isinstance(call.callee, MemberExpr):
        return name, found
    type_ = body.types.type_of(call.callee.expr)
    if type_ is None:
        return f"builtins.{call.callee.name}", transfers_of_method(call.callee.name)
    for info in classes(type_):
        for base in info.mro:
            method = f"{base.fullname}.{call.callee.name}"
            if found := transfers(method):
                return method, found
    return name, ()
