"""Objects that a body hands on: whoever gets one may load or change what it holds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    ListComprehension,
    MemberExpr,
    NameExpr,
    Node,
    RefExpr,
    StrExpr,
    SuperExpr,
    TypeInfo,
)

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    is_column,
    is_model,
    is_single_relation,
)
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import class_object, class_of, is_a, item_class, member
from mypy_async_django.catalogue.frameworks.framework import Role
from mypy_async_django.catalogue.frameworks.installed import DECLARATIVE
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.resolution.declared import is_framework
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body, Effects, once
from mypy_async_django.index.syntax.operations import attributes_in
from mypy_async_django.index.values.library_calls import only_moves

_COLLECTIONS: Final = ("builtins.frozenset", "builtins.list", "builtins.set", "builtins.tuple")
_BY_NAME: Final = frozenset({"builtins.getattr", "builtins.setattr"})
_REPRESENTING: Final = frozenset(
    hook for each in DECLARATIVE.values() for hook in each.hooks.get(Role.REPRESENTS, ())
)
_REFRESHING: Final = frozenset({"arefresh_from_db", "refresh_from_db"})


def has_escaped(body: Body, value: Expression, before: Node) -> bool:
    """Whether the object behind a local name was given away before a node is evaluated.

    So it is as an argument of a call, or by a function or lambda that uses the name. A call of a
    builtin, of a query method or of a string's only looks at it; so does one that gets an attribute of it.
    """
    if not isinstance(value, NameExpr):
        return False
    escaped = _escapes_by_site(body)
    return any(
        name is not value and body.flow.reaches(place, before)
        for site in body.definition_sites(value)
        for place, name in escaped.get(site, ())
    )


@once
def _escapes_by_site(body: Body) -> Mapping[object, Sequence[tuple[Node, NameExpr]]]:
    """The same as `escapes`, by the definition sites of the objects that are handed on."""
    found: dict[object, list[tuple[Node, NameExpr]]] = defaultdict(list)
    for place, name in escapes(body):
        for site in body.definition_sites(name):
            found[site].append((place, name))
    return found


@once
def escapes(body: Body) -> Sequence[tuple[Node, NameExpr]]:
    """Where names are handed on, with the name as it stands there."""
    return tuple(_each_escape(body))


def _each_escape(body: Body) -> Iterator[tuple[Node, NameExpr]]:
    for node in body.nodes:
        match node:
            case CallExpr() if not _only_looks(body, node):
                safe = frozenset(_left_as_they_are(body, node))
                given = list(node.args)
                if isinstance(node.callee, MemberExpr) and _gets_itself(body, node.callee):
                    given.insert(0, node.callee.expr)
                for argument in given:
                    if argument not in safe:
                        yield from ((node, name) for name in _names(body, argument))
            case FuncItem():
                yield from ((node, name) for name in _used_inside(node))
            case _:
                pass


def _used_inside(function: FuncItem) -> Iterator[NameExpr]:
    """The names that a function inside the body uses; a coroutine loads nothing that it only reads."""
    inside = list(walk(function))
    read: set[Node] = set()
    if isinstance(function, FuncDef) and function.is_coroutine:
        read = {node.expr for node in inside if isinstance(node, MemberExpr)}
        targets = (each.lvalues for each in inside if isinstance(each, AssignmentStmt))
        read -= {target.expr for each in targets for target in attributes_in(each)}
    yield from (node for node in inside if isinstance(node, NameExpr) and node not in read)


def _left_as_they_are(body: Body, call: CallExpr) -> Iterator[Expression]:
    """The model instances, and lists of them, of which a call is known to load and set nothing."""
    effects = body.effects
    offloaded = offloaded_by(body, call) if effects is not None else None
    made = offloaded.as_call() if offloaded is not None else call
    if effects is None or not any(
        _model_of(body, each) for each in (*made.args, getattr(made.callee, "expr", None)) if each
    ):
        return
    named = named_function(body, made.callee)
    function = named.function if named is not None else _constructor(body, made)
    for parameter, given in bind(made, function) if function is not None else ():
        model = _model_of(body, given)
        if model is None or function is None:
            continue
        if leaves_relations(effects, function, parameter, model):
            yield given


def _constructor(body: Body, call: CallExpr) -> FuncDef | None:
    """The constructor of a class of the project's own that a call runs; what it keeps, is seen."""
    info = class_object(body.types.type_of(call.callee))
    found = member(info, "__init__") if info is not None and not is_model(info) else None
    function = found[1].node if found is not None else None
    return function if isinstance(function, FuncDef) else None


def _model_of(body: Body, value: Expression) -> TypeInfo | None:
    """The class of a row, or of the rows in a list."""
    match value:
        case NameExpr():
            type_ = body.type_of(value)
        case ListComprehension(generator=generator):
            type_ = body.type_of(generator.left_expr)
        case _:
            return None
    info = class_of(type_)
    if info is not None and is_a(info, *_COLLECTIONS):
        info = item_class(type_)
    return info if info is not None and is_model(info) else None


def leaves_relations(
    effects: Effects,
    function: FuncDef,
    parameter: str,
    model: TypeInfo,
    seen: frozenset[str] = frozenset(),
) -> bool:
    """Whether a function is known to load and set no relation of a row that it receives."""
    touched = effects.touched(function, parameter)
    return touched is not None and all(
        name in seen or _is_harmless(effects, model, name, seen | {name}) for name in touched
    )


def _is_harmless(effects: Effects, model: TypeInfo, name: str, seen: frozenset[str]) -> bool:
    """Whether to read, call or set an attribute of a row loads and sets no relation of it."""
    if name.startswith("_") and name != "__str__":
        return False
    is_key = name.endswith("_id") and is_single_relation(model, name.removesuffix("_id"))
    if is_column(model, name) or is_key:
        return True
    found = member(model, name)
    if found is None or found[0].fullname.startswith("django."):
        return found is not None and name not in _REFRESHING
    function = found[1].node.func if isinstance(found[1].node, Decorator) else found[1].node
    if not isinstance(function, FuncDef) or function.is_static or not function.arg_names:
        return False
    itself = function.arg_names[0] or "self"  # mypy leaves out the names of special methods
    return leaves_relations(effects, function, itself, model, seen)


def _names(body: Body, argument: Expression) -> Iterator[NameExpr]:
    """The names in an argument whose objects, not only whose attributes, are given."""
    looked_into: set[Node] = set()
    for node in walk(argument):
        if isinstance(node, MemberExpr) and not _gets_itself(body, node):
            looked_into.add(node.expr)
        elif isinstance(node, NameExpr) and node not in looked_into:
            yield node


def _only_looks(body: Body, call: CallExpr) -> bool:
    callee = call.callee
    if only_moves(body, call) or _makes_record(body, call):
        return True
    if isinstance(callee, RefExpr) and callee.fullname.startswith("builtins."):
        return callee.fullname not in _BY_NAME or _names_attribute(call)
    if isinstance(callee, SuperExpr):
        return callee.name in _REPRESENTING  # what it loads, it loads on the event loop
    if isinstance(callee, MemberExpr):
        info = class_of(body.type_of(callee.expr))
        if "create" in callee.name:
            return False  # the new row may be the other side of a one-to-one
        return info is not None and is_a(info, QUERYSET, MANAGER, "builtins.str")
    return False


def _makes_record(body: Body, call: CallExpr) -> bool:
    """Whether a call makes a dataclass, form or serializer, whose constructor only keeps arguments."""
    info = class_object(body.types.type_of(call.callee))
    if info is None or is_model(info):
        return False
    if any(base.fullname in DECLARATIVE for base in info.mro):
        constructor = member(info, "__init__")
        return constructor is not None and is_framework(constructor[0])
    is_dataclass = any("dataclass" in base.metadata for base in info.mro)
    return is_dataclass and member(info, "__post_init__") is None


def _names_attribute(call: CallExpr) -> bool:
    """Whether a call of ``getattr`` names the attribute: that is a read of it."""
    is_read = isinstance(call.callee, RefExpr) and call.callee.fullname != "builtins.setattr"
    return is_read and len(call.args) > 1 and isinstance(call.args[1], StrExpr)


def _gets_itself(body: Body, method: MemberExpr) -> bool:
    """Whether a method of a model's own may load, or set, what the instance it is called on holds."""
    info = class_of(body.type_of(method.expr))
    own = member(info, method.name) if info is not None and is_model(info) else None
    if own is None or own[0].fullname.startswith("django."):
        return False
    node = own[1].node
    function = node.func if isinstance(node, Decorator) else node
    return isinstance(function, FuncDef) and not function.is_property
