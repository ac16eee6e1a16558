"""What a request loads lazily: its user and its session."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    Expression,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
)

from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue import django_contrib
from mypy_async_django.catalogue.django import REQUEST, VIEW
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.operations import Read, reads
from mypy_async_django.index.values.entry_points import arrives, source_of
from mypy_async_django.index.values.escapes import escapes, has_escaped
from mypy_async_django.index.values.lazy_evaluation import looked_into

#: What a request loads lazily, as a path of attributes: no attribute of that name is read.
LOAD: Final = "load"
USER: Final = ("user", LOAD)
SESSION: Final = ("session", LOAD)

#: Coroutine functions that load what a request has: ``auser`` keeps another user than ``user``.
_LOADERS: Final = {
    "session": frozenset({"alogin", "alogout", "auser"}),
    "user": frozenset({"alogin", "alogout"}),
}


def loaded_users(body: Body, *, for_callers: bool = False) -> Iterator[Read]:
    """Reads of ``request.user`` whose value is used: that loads the user.

    With ``for_callers`` those that load it if the body's caller has not.
    """
    for read in reads(body):
        if read.name != "user" or not _is_of_request(body, read, for_callers=for_callers):
            continue
        if _is_asked_for(read) or is_caught(body, read.node):
            continue
        uses = (read.node, *_uses_of_name(body, read.node))
        looks = [use for use in uses if use in looked_into(body)]
        if any(
            not may_be_loaded(body, read.receiver, "user", look, for_callers=for_callers)
            for look in looks
        ):
            yield read


def _is_of_request(body: Body, read: Read, *, for_callers: bool) -> bool:
    """Whether an attribute is one of a request: a mixin's ``self.request`` may have no type."""
    type_ = body.type_of(read.receiver)
    if type_ is None and for_callers:
        source = source_of(body, read.receiver)
        return source is not None and bool(source.path)
    return all_are(type_, REQUEST)


def _uses_of_name(body: Body, value: Expression) -> Iterator[NameExpr]:
    """The uses of the local name that a value is assigned to."""
    if isinstance(body.parent(value), AssignmentStmt):
        for binding in body.flow.bindings():
            if binding.value is value and not binding.path:
                yield from body.flow.uses(binding)


def _is_asked_for(read: Read) -> bool:
    """``hasattr(request, "user")`` does not look into the user."""
    return isinstance(read.node, CallExpr) and "hasattr" in getattr(read.node.callee, "name", "")


def is_session_loaded(body: Body, session: Expression) -> bool:
    """Whether a session may be loaded where the body uses it.

    That of a consumer's scope may be: what authenticates its user loads it.
    """
    for value in body.reaching_values(session):
        if isinstance(value, IndexExpr):
            return True
        if isinstance(value, MemberExpr) and all_are(body.type_of(value.expr), REQUEST):
            return may_be_loaded(body, value.expr, "session", session)
    return _is_given(body, session, "session", session)


def may_be_loaded(
    body: Body, request: Expression, name: str, before: Node, *, for_callers: bool = False
) -> bool:
    """Whether a request may have its user, or its session, by the time that a node runs.

    A coroutine may have loaded it, or let others do: a call that was handed the request, or an
    ``await`` of something that was handed the user. The request may also have come with it, unless
    the coroutine is the first to get it; that does not count ``for_callers``, who know.
    """
    if body.is_coroutine and not for_callers and not arrives(body, request):
        return True
    return (
        body.catalogue.trusts(f"{REQUEST}.{name}")
        or _has_escaped(body, request, before)
        or (isinstance(before, NameExpr) and has_escaped(body, before, before))
        or _is_given(body, request, name, before)
    )


def _has_escaped(body: Body, request: Expression, before: Node) -> bool:
    """Whether a request was handed on, other than to the next middleware: not every view looks."""
    if not isinstance(request, NameExpr):
        return False
    makers = body.definition_sites(request)
    return any(
        name is not request
        and makers & body.definition_sites(name)
        and body.flow.reaches(place, before)
        for place, name in escapes(body)
        if not _is_next(place)
    )


def _is_next(node: Node) -> bool:
    """Whether a node calls the next middleware, or the view."""
    match node:
        case CallExpr(callee=NameExpr(name=name) | MemberExpr(name=name)):
            return name == "get_response"
        case _:
            return False


def _is_given(body: Body, request: Expression, name: str, before: Node) -> bool:
    for node in (*body.every(AssignmentStmt), *body.every(AwaitExpr)):
        match node:
            case AssignmentStmt():
                gives = any(isinstance(t, MemberExpr) and t.name == name for t in node.lvalues)
            case AwaitExpr(expr=CallExpr(callee=NameExpr(name=called) | MemberExpr(name=called))):
                gives = called in _LOADERS[name] or _gets(body, node, request, name, before)
            case _:
                gives = _gets(body, node, request, name, before)
        if gives and body.flow.reaches(node, before):
            return True
    return False


def _gets(body: Body, awaited: Node, request: Expression, name: str, before: Node) -> bool:
    """Whether what is awaited gets the user or session, or the view that has the request."""
    if _is_next(getattr(awaited, "expr", awaited)):
        return False
    is_view = all_are(body.type_of(request), VIEW)
    owner = request.expr if isinstance(request, MemberExpr) else request if is_view else None
    makers = body.definition_sites(before) if isinstance(before, NameExpr) else frozenset()
    for given in _given(awaited):
        match given:
            case NameExpr():
                is_owner = isinstance(owner, NameExpr) and owner.name == given.name
                gets = is_owner or bool(makers & body.definition_sites(given))
            case MemberExpr():
                gets = given.name == name and all_are(body.type_of(given.expr), REQUEST)
            case _:
                gets = False
        if gets or (name == "session" and all_are(body.type_of(given), django_contrib.SESSION)):
            return True
    return False


def _given(awaited: Node) -> Iterator[Expression]:
    """What the calls in an expression get: arguments, and objects of which they get a method."""
    for call in walk(awaited):
        if isinstance(call, CallExpr):
            for value in (call.callee, *call.args):
                yield value
                if isinstance(value, MemberExpr):
                    yield value.expr
