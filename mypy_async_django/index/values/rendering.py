"""Calls that render a template, with the values that they pass to it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ConditionalExpr,
    DictExpr,
    Expression,
    IndexExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    StrExpr,
    TupleExpr,
)

from mypy_async_django.bridge.tree import is_none
from mypy_async_django.bridge.types import all_are
from mypy_async_django.index.paths import At, Path
from mypy_async_django.index.resolution.module_level import values_of
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import called_name, calls
from mypy_async_django.templates.usage import ContextUse


class _Renderer(NamedTuple):
    """The positions of a renderer's arguments; -1 where it has none of the kind."""

    context: int
    request: int
    template: int = -1


#: What renders at once.
_RENDERERS: Final = {
    "django.shortcuts.render": _Renderer(context=2, request=0, template=1),
    "django.template.loader.render_to_string": _Renderer(context=1, request=2, template=0),
}
_RENDERING_METHODS: Final = (
    "django.template.backends.base._EngineTemplate",
    "django.template.base.Template",
)
_OF_TEMPLATE: Final = _Renderer(context=0, request=1)
#: What makes a template of its name, or of several names.
_BY_NAME: Final = frozenset(
    {"django.template.loader.get_template", "django.template.loader.select_template"}
)
_BY_TEXT: Final = "django.template.base.Template"
_WITH_REQUEST: Final = "django.template.context.RequestContext"
#: What is made of dicts, or of keywords.
_DICTS: Final = frozenset({"builtins.dict", "django.template.context.Context", _WITH_REQUEST})


class Item(NamedTuple):
    """A value in a context; ``name`` is None where it is not known.

    ``path`` leads to it from the value of the expression: that is the whole context, where what
    makes it does not stand in the body.
    """

    name: str | None
    value: Expression
    path: Path = ()


class Rendering(NamedTuple):
    """A call that renders a template.

    ``uses`` is what the template does to its context, None if that is not known. ``request`` is the
    one that the context processors get. ``items`` are the values in the context, all that there are
    if ``is_complete``.
    """

    call: CallExpr
    uses: tuple[ContextUse, ...] | None
    request: Expression | None
    items: tuple[Item, ...]
    is_complete: bool

    def uses_of(self, item: Item) -> tuple[ContextUse, ...] | None:
        """What the template does to a value of the context; None if that is not known."""
        if self.uses is None or item.name is None:
            return None
        return tuple(use for use in self.uses if use.name == item.name)


@once
def renderings(body: Body) -> Sequence[Rendering]:
    """The calls of a body that render a template while they run."""
    return [found for call in calls(body) if (found := _rendering(body, call)) is not None]


def _rendering(body: Body, call: CallExpr) -> Rendering | None:
    renderer = _RENDERERS.get(called_name(body, call) or "")
    uses: tuple[ContextUse, ...] | None
    match call.callee:
        case _ if renderer is not None:
            uses = _by_name(body, _argument(call, renderer.template, "template_name"))
        case MemberExpr(name="render", expr=template) if _is_template(body, template):
            renderer, uses = _OF_TEMPLATE, _made(body, template)
        case _:
            return None
    context = _argument(call, renderer.context, "context")
    request = _argument(call, renderer.request, "request")
    items, is_complete = _items(body, context, uses) if context is not None else ((), True)
    made = _with_request(body, context) if context is not None else None
    return Rendering(call, uses, made or request, items, is_complete)


def _is_template(body: Body, template: Expression) -> bool:
    type_ = body.type_of(template)
    if type_ is not None:
        return all_are(type_, *_RENDERING_METHODS)
    values = body.reaching_values(template)
    return bool(values) and all(
        isinstance(value, CallExpr) and called_name(body, value) in _BY_NAME for value in values
    )


def _argument(call: CallExpr, position: int, keyword: str) -> Expression | None:
    for index, (argument, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        if name == keyword or (name is None and index == position):
            return None if is_none(argument) else argument
    return None


def _with_request(body: Body, context: Expression) -> Expression | None:
    """The request that a ``RequestContext`` is made with."""
    for value in body.reaching_values(context):
        if isinstance(value, CallExpr) and called_name(body, value) == _WITH_REQUEST:
            return _argument(value, 0, "request")
    return None


def _made(body: Body, template: Expression) -> tuple[ContextUse, ...] | None:
    """What the template does that an expression makes: ``get_template("book.html")``."""
    values = body.reaching_values(template)
    made = values[0] if len(values) == 1 else None
    if not isinstance(made, CallExpr) or not made.args:
        return None
    name = called_name(body, made)
    if name in _BY_NAME:
        return _by_name(body, made.args[0])
    text = _text(made.args[0]) if name == _BY_TEXT else None
    return body.templates.uses_of_text(text) if text is not None else None


def _by_name(body: Body, template: Expression | None) -> tuple[ContextUse, ...] | None:
    """What the template of a name does, or the first of several that is found.

    Of a name that has several values, what all of them do.
    """
    if template is None:
        return None
    found: list[tuple[ContextUse, ...] | None] = []
    values = [template]
    for value in values:  # grows
        behind = values_of(body, value)
        if isinstance(value, ConditionalExpr):
            behind = (value.if_expr, value.else_expr)
        if behind and behind != (value,):
            values += (each for each in behind if each not in values)
            continue
        names = value.items if isinstance(value, ListExpr | TupleExpr) else [value]
        first = next((n for n in map(_text, names) if n is None or body.templates.text(n)), None)
        found.append(body.templates.uses(first) if first is not None else None)
    known = [uses for uses in found if uses is not None]
    if not known or len(known) < len(found):
        return None
    return tuple(use for use in known[0] if all(_is_among(use, others) for others in known))


def _is_among(use: ContextUse, others: tuple[ContextUse, ...]) -> bool:
    return any(other[:3] == use[:3] and other.is_swallowed == use.is_swallowed for other in others)


def _text(expression: Expression) -> str | None:
    return expression.value if isinstance(expression, StrExpr) else None


def _items(
    body: Body, context: Expression, uses: Sequence[ContextUse] | None
) -> tuple[tuple[Item, ...], bool]:
    """The values in a context, with those of the dicts that it is made of; whether that is all.

    Of what a function has made, those that the template uses.
    """
    found: list[Item] = []
    made: list[Expression] = []
    parts = [context]
    for part in parts:  # grows; in a loop a name may be made of itself
        further: list[Expression] = []
        match part:
            case DictExpr(items=items):
                found += (Item(_text(key), value) for key, value in items if key is not None)
                further += (value for key, value in items if key is None)
            case OpExpr(op="|"):
                further += (part.left, part.right)
            case CallExpr(callee=MemberExpr(name="setdefault"), args=[key, value]):
                found.append(Item(_text(key), value))
            case CallExpr() if called_name(body, part) == _WITH_REQUEST:
                further += part.args[1:2]
            case CallExpr() if _takes_items(body, part):
                for argument, name in zip(part.args, part.arg_names, strict=True):
                    if name is None:
                        further.append(argument)
                    else:
                        found.append(Item(name, argument))
            case NameExpr():
                found += (Item(key, value) for key, value in _items_assigned(body, part))
                bound = tuple(_bound(body, part))
                further += (*bound, *_calls_that_add(body, part))
                if not bound:
                    made.append(part)
            case _:
                made.append(part)
        parts += [each for each in further if each not in parts]
    named = dict.fromkeys(use.name for use in uses or ())
    given = {item.name for item in found}
    if None not in given:
        found += (Item(n, part, (At(n),)) for part in made for n in named if n not in given)
    return tuple(found), not made and None not in given


def entries_of(body: Body, value: Expression) -> Iterator[tuple[str, Expression]]:
    """What a dict has under its keys, as far as the body makes it."""
    items, _ = _items(body, value, None)
    return ((item.name, item.value) for item in items if item.name is not None)


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


def _items_assigned(body: Body, name: NameExpr) -> Iterator[tuple[str | None, Expression]]:
    """Values of ``context["books"] = books`` that reach the use of the name."""
    for node in body.every(AssignmentStmt):
        match node.lvalues:
            case [IndexExpr(base=base, index=key)] if _reaches(body, node, base, name):
                yield _text(key), node.rvalue


def _calls_that_add(body: Body, name: NameExpr) -> Iterator[CallExpr]:
    """Calls of ``context.update(books=books)`` that reach the use of the name."""
    for call in calls(body):
        match call.callee:
            case MemberExpr(expr=base, name="setdefault" | "update") if _reaches(
                body, call, base, name
            ):
                yield call


def _reaches(body: Body, change: Node, base: Expression, name: NameExpr) -> bool:
    """Whether what is changed at a node is the object that a name refers to later."""
    return (
        isinstance(base, NameExpr)
        and base.name == name.name
        and bool(body.flow.reaching(base) & body.flow.reaching(name))
        and body.flow.reaches(change, name)
    )
