"""Calls of library functions that are known to move values, and nothing else."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.nodes import ARG_POS, ARG_STAR, CallExpr, Expression, MemberExpr

from mypy_async_django.bridge.types import classes
from mypy_async_django.catalogue.transfers import Transfer, transfers, transfers_of_method
from mypy_async_django.index.paths import ITEM, Path, written
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
    "functools.reduce",
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


class Handed(NamedTuple):
    """What a parameter receives: what a path into a value leads to."""

    value: Expression
    path: Path


def handed(body: Body, call: CallExpr) -> Iterator[tuple[Expression, int, Handed]]:
    """The arguments of a call that it runs as functions, with what it hands to which parameter."""
    for row in transfers_of(body, call):
        for function, _, _ in arguments_of(call, row.handed_to) if row.handed_to else ():
            for value, path, _ in arguments_of(call, row.argument):
                yield function, row.place, Handed(value, (*path, *written(row.source)))


def arguments_of(call: CallExpr, argument: str) -> Iterator[tuple[Expression, Path, int]]:
    """The arguments that a row speaks of, each with the path into it and its position."""
    if argument == "self":
        if isinstance(call.callee, MemberExpr):
            yield call.callee.expr, (), 0
        return
    if argument.endswith("="):
        for value, name in zip(call.args, call.arg_names, strict=True):
            if name == argument[:-1]:
                yield value, (), 0
        return
    if not argument:
        return
    is_every = argument.endswith("*")
    first = int(argument.removesuffix("*") or 0)
    for position, (value, kind) in enumerate(zip(call.args, call.arg_kinds, strict=True)):
        if kind == ARG_STAR and (is_every or position <= first):
            yield value, (ITEM,), -1
        elif kind == ARG_POS and (position == first or (is_every and position >= first)):
            yield value, (), position


def _named_transfers(body: Body, call: CallExpr) -> tuple[str, tuple[Transfer, ...]]:
    name = full_name(body, call.callee) or ""
    positional = sum(kind in {ARG_POS, ARG_STAR} for kind in call.arg_kinds)
    found = transfers(name, of_several=positional > 1)
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
