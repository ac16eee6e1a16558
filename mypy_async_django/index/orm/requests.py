"""Lazy things that a request or a template brings into a coroutine."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    DictExpr,
    Expression,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
)

from mypy_async_django.bridge.models import QUERYSET, RAW_QUERYSET
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.django import REQUEST
from mypy_async_django.index.body import Body
from mypy_async_django.index.caught import is_caught
from mypy_async_django.index.operations import (
    ImplicitUse,
    Read,
    called_name,
    calls,
    implicit_uses,
    reads,
)
from mypy_async_django.index.orm.loaded import is_loaded

#: What a request loads lazily, as a path of attributes: no attribute of that name is read.
LOAD: Final = "load"
USER: Final = ("user", LOAD)
SESSION: Final = ("session", LOAD)

#: What renders at once, with the position of the context among the arguments.
_RENDERERS: Final = {
    "django.shortcuts.render": 2,
    "django.template.loader.render_to_string": 1,
}
_RENDERING_METHODS: Final = {
    "django.template.backends.base._EngineTemplate": 0,
    "django.template.base.Template": 0,
}
_FORCING_CALLS: Final = frozenset({"builtins.isinstance", "builtins.hasattr", "builtins.getattr"})


def forced_users(body: Body) -> Iterator[Read]:
    """Reads of ``request.user`` whose value is looked into: that loads the user."""
    asked = [read for read in reads(body) if read.name == "user"]
    forcing = _forced_expressions(body) if asked else frozenset()
    for read in asked:
        if not all_are(body.type_of(read.receiver), REQUEST):
            continue
        if is_user_given(body, read.node) or _is_asked_for(read) or is_caught(body, read.node):
            continue
        uses = (read.node, *_uses_of_name(body, read.node))
        if any(use in forcing for use in uses):
            yield read


def _forced_expressions(body: Body) -> frozenset[Node]:
    """Expressions whose value is used for more than being passed on."""
    forced: set[Node] = {use.value for use in implicit_uses(body)}
    for node in body.nodes:
        match node:
            case MemberExpr():
                forced.add(node.expr)
            case ComparisonExpr():
                if any(op in {"==", "!=", "in", "not in"} for op in node.operators):
                    forced.update(node.operands)
            case CallExpr() if called_name(body, node) in _FORCING_CALLS:
                forced.update(node.args[:1])
    return frozenset(forced)


def _uses_of_name(body: Body, value: Expression) -> Iterator[NameExpr]:
    """The uses of the local name that a value is assigned to."""
    if isinstance(body.parent(value), AssignmentStmt):
        for binding in body.flow.bindings():
            if binding.value is value and not binding.path:
                yield from body.flow.uses(binding)


def _is_asked_for(read: Read) -> bool:
    """``hasattr(request, "user")`` does not look into the user."""
    return isinstance(read.node, CallExpr) and "hasattr" in getattr(read.node.callee, "name", "")


def is_user_given(body: Body, before: Node) -> bool:
    """Whether a request may have got a user that is not lazy: by the body, before a node runs."""
    return any(_gives_user(node) and body.flow.reaches(node, before) for node in body.nodes)


def _gives_user(node: Node) -> bool:
    """Whether a node gives requests a new user: an assignment, ``alogin``, ``alogout``."""
    match node:
        case AssignmentStmt():
            return any(isinstance(t, MemberExpr) and t.name == "user" for t in node.lvalues)
        case CallExpr(callee=NameExpr(name=called) | MemberExpr(name=called)):
            return called in {"alogin", "alogout"}
        case _:
            return False


def rendered_querysets(body: Body) -> Iterator[tuple[Expression, CallExpr]]:
    """Querysets in the context of a call that renders: evaluated while it does, in the coroutine."""
    for call in calls(body):
        context = _context(body, call)
        for value in _context_values(body, context) if context is not None else ():
            used = ImplicitUse(value, Use.ITERATE, call)
            lazy = all_are(body.type_of(value), QUERYSET, RAW_QUERYSET)
            if lazy and not is_loaded(body, used):
                yield value, call


def _context(body: Body, call: CallExpr) -> Expression | None:
    position = _RENDERERS.get(called_name(body, call) or "")
    match call.callee:
        case MemberExpr(name="render", expr=template) if all_are(
            body.type_of(template), *_RENDERING_METHODS
        ):
            position = 0
        case _:
            pass
    if position is None:
        return None
    for index, (argument, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        if name == "context" or (name is None and index == position):
            return argument
    return None


def _context_values(body: Body, context: Expression) -> Iterator[Expression]:
    match context:
        case DictExpr():
            for _, value in context.items:
                yield value
        case CallExpr(args=[inner, *_]):  # Context({...})
            yield from _context_values(body, inner)
        case NameExpr():
            bindings = body.flow.reaching(context)
            for binding in bindings:
                if isinstance(binding.value, DictExpr) and not binding.path:
                    yield from _context_values(body, binding.value)
            yield from _items_assigned(body, context)
        case _:
            pass


def _items_assigned(body: Body, name: NameExpr) -> Iterator[Expression]:
    """Values of ``context["books"] = books`` that reach the use of the name."""
    bindings = body.flow.reaching(name)
    for node in body.nodes:
        match node:
            case AssignmentStmt(lvalues=[IndexExpr(base=NameExpr() as base)]):
                same = base.name == name.name and body.flow.reaching(base) & bindings
                if same and body.flow.reaches(node, name):
                    yield node.rvalue
            case _:
                pass
