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
)

from mypy_async_django.bridge.models import QUERYSET, RAW_QUERYSET
from mypy_async_django.bridge.types import all_are
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import ImplicitUse, called_name, calls
from mypy_async_django.index.orm.loaded import is_loaded

#: What renders at once, with the position of the context among the arguments.
_RENDERERS: Final = {
    "django.shortcuts.render": 2,
    "django.template.loader.render_to_string": 1,
}
_RENDERING_METHODS: Final = {
    "django.template.backends.base._EngineTemplate": 0,
    "django.template.base.Template": 0,
}


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
