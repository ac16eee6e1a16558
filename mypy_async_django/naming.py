"""The full names of what one line calls and reads, for the command ``name``."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import CallExpr, Expression, MemberExpr

from mypy_async_django.bridge.types import class_object, classes, member
from mypy_async_django.codes import code
from mypy_async_django.finding import Finding
from mypy_async_django.index.matches.matches import api_of_call
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import calls, full_name, reads

CODE: Final = "name"


def names_on(line: int, body: Body) -> Iterator[Finding]:
    """A finding for each call and each attribute read of a body on a line; its message is the name."""
    names = code(CODE, "")
    for call in calls(body):
        if call.line == line and (name := _name_of_call(body, call)):
            yield Finding(names, call.callee, name, (body.source.text(call.callee),))
    callees = {call.callee for call in calls(body)}
    for read in reads(body):
        if read.node.line == line and read.node not in callees:
            for name in _members(body, read.receiver, read.name):
                yield Finding(names, read.node, name, (body.source.text(read.node),))


def _name_of_call(body: Body, call: CallExpr) -> str | None:
    """The name of the catalogue's row if there is one, else of the function that is called."""
    if row := api_of_call(body, call):
        return row.name
    if name := full_name(body, call.callee):
        return name
    if isinstance(call.callee, MemberExpr):
        return next(_members(body, call.callee.expr, call.callee.name), None)
    return None


def _members(body: Body, receiver: Expression, name: str) -> Iterator[str]:
    """The full names of an attribute: one for each class that the receiver may have."""
    type_ = body.type_of(receiver)
    of_class = class_object(type_)
    for info in (of_class,) if of_class else classes(type_):
        if found := member(info, name):
            yield f"{found[0].fullname}.{name}"
