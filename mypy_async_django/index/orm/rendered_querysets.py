"""Querysets that a call renders: a template evaluates them."""

from collections.abc import Iterator
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    DictExpr,
    Expression,
    IndexExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
)

from mypy_async_django.bridge.models import QUERYSET, RAW_QUERYSET
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse, called_name, calls
from mypy_async_django.index.values.result_cache import is_loaded

#: What renders at once, with the position of the context among the arguments.
_RENDERERS: Final = {
    "django.shortcuts.render": 2,
    "django.template.loader.render_to_string": 1,
}
_RENDERING_METHODS: Final = {
    "django.template.backends.base._EngineTemplate": 0,
    "django.template.base.Template": 0,
}
#: What is made of dicts, or of keywords.
_DICTS: Final = frozenset(
    {
        "builtins.dict",
        "django.template.context.Context",
        "django.template.context.RequestContext",
    }
)


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
    """The values in a context, with those of the dicts that it is made of."""
    parts = [context]
    for part in parts:  # grows; in a loop a name may be made of itself
        further: list[Expression] = []
        match part:
            case DictExpr(items=items):
                yield from (value for key, value in items if key is not None)
                further += (value for key, value in items if key is None)
            case OpExpr(op="|"):
                further += (part.left, part.right)
            case CallExpr(callee=MemberExpr(name="setdefault")):
                yield from part.args[1:]
            case CallExpr() if _takes_items(body, part):
                for argument, name in zip(part.args, part.arg_names, strict=True):
                    if name is None:
                        further.append(argument)
                    else:
                        yield argument
            case NameExpr():
                yield from _items_assigned(body, part)
                further += (*_bound(body, part), *_calls_that_add(body, part))
            case _:
                pass
        parts += [each for each in further if each not in parts]


def _takes_items(body: Body, call: CallExpr) -> bool:
    """Whether a call puts the items of what it is given into a dict, new or not."""
    is_update = isinstance(call.callee, MemberExpr) and call.callee.name == "update"
    return is_update or called_name(body, call) in _DICTS


def _bound(body: Body, name: NameExpr) -> Iterator[Expression]:
    """The dicts that a name is bound to; for ``|=`` the one before, too."""
    for binding in body.flow.reaching(name):
        if binding.value is not None and not binding.path:
            yield binding.value
        if isinstance(binding.node, OperatorAssignmentStmt):
            yield binding.node.lvalue


def _items_assigned(body: Body, name: NameExpr) -> Iterator[Expression]:
    """Values of ``context["books"] = books`` that reach the use of the name."""
    for node in body.every(AssignmentStmt):
        match node.lvalues:
            case [IndexExpr(base=base)] if _reaches(body, node, base, name):
                yield node.rvalue


def _calls_that_add(body: Body, name: NameExpr) -> Iterator[CallExpr]:
    """Calls of ``context.update(books=books)`` that reach the use of the name."""
    for call in calls(body):
        match call.callee:
            case MemberExpr(expr=base, name="setdefault" | "update") if _reaches(
                body, call, base, name
            ):
                yield call


def _reaches(body: Body, change: Node, base: Expression, name: NameExpr) -> bool:
    """Whether what is changed at a node is the object that a name stands for later."""
    return (
        isinstance(base, NameExpr)
        and base.name == name.name
        and bool(body.flow.reaching(base) & body.flow.reaching(name))
        and body.flow.reaches(change, name)
    )
