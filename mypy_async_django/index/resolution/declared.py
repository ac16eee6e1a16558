"""Methods that a class of the project inherits from a framework, and which do what it declares.

A serializer reads the fields that its class names, a form asks for the rows of its choices. Such a
method counts as a function of the class: ``shop.serializers.OrderSerializer.data``.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_POS,
    AwaitExpr,
    CallExpr,
    Decorator,
    DictExpr,
    Expression,
    FuncDef,
    FuncItem,
    IndexExpr,
    IntExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    ReturnStmt,
    TupleExpr,
    TypeInfo,
    Var,
)
from mypy.types import Instance, ProperType, get_proper_type

from mypy_async_django.bridge.tree import decorated, walk
from mypy_async_django.bridge.types import (
    all_are,
    alternatives,
    class_object,
    item_class,
    member,
    result_type,
)
from mypy_async_django.bridge.untyped_bases import untyped_bases
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.frameworks.framework import Declarative, Role
from mypy_async_django.catalogue.frameworks.installed import (
    DECLARATIVE,
    DECLARED_METHODS,
    RESPONSES,
)
from mypy_async_django.index.resolution.decorator_names import decorator_name
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import calls, implicit_uses, owners, reads

#: The parameter of a method that represents an object.
INSTANCE: Final = "instance"
_FORMATTING: Final = "__str__"
_META: Final = "Meta"
_CLEANING: Final = "clean_"
_MANY: Final = "many"
_DATA: Final = "data"
_SEQUENCE: Final = "typing.Sequence"
_OPTIONAL: Final = "Optional"
_SUCCESS: Final = range(200, 300)


class DeclaredCall(NamedTuple):
    """A node that runs a method which does what a class declares.

    ``method`` has the full name of the class and the method. ``given`` is the object that it
    represents, or a collection of such with ``is_many``; None if the method takes none.
    """

    node: Expression
    method: Var
    given: Expression | None = None
    is_many: bool = False
    use: Use | None = None


def declarative(info: TypeInfo, method: str) -> tuple[Declarative, Role] | None:
    """What a class says of an inherited method; None where a class of the project defines it."""
    for base in info.mro:
        found = DECLARATIVE.get(base.fullname)
        if found is not None:
            return _with_role(found, method) if base is not info else None
        if is_framework(base):
            if any(name == _META or name.startswith(_CLEANING) for name in base.names):
                return None  # a form of Django's own, as for a new user
        elif method in base.names and not base.names[method].plugin_generated:
            return None
        elif untyped := untyped_bases(base):
            known = [found for name in untyped if (found := DECLARATIVE.get(name))]
            return _with_role(known[0], method) if len(known) == len(untyped) else None
    return None


def _with_role(found: Declarative, method: str) -> tuple[Declarative, Role] | None:
    role = found.methods.get(method)
    return None if role is None else (found, role)


def is_declarative(info: TypeInfo) -> bool:
    """Whether a class is one whose subclasses declare fields, or such a subclass."""
    return any(
        base.fullname in DECLARATIVE or any(name in DECLARATIVE for name in untyped_bases(base))
        for base in info.mro
    )


def is_framework(info: TypeInfo) -> bool:
    """Whether a class is a framework's own, not the project's."""
    return info.module_name.partition(".")[0] in _PACKAGES


_PACKAGES: Final = frozenset(name.partition(".")[0] for name in DECLARATIVE)


def declared_method(info: TypeInfo, method: str) -> Var | None:
    """The method of a class under its own full name, if it does what the class declares."""
    if is_framework(info) or declarative(info, method) is None:
        return None
    if info.fallback_to_any and not any(map(untyped_bases, info.mro)):
        return None
    found = Var(method)
    found._fullname = f"{info.fullname}.{method}"
    return found


@once
def declared_calls(body: Body) -> Sequence[DeclaredCall]:
    """The nodes of a body that run methods which do what a class of the project declares."""
    return [*_each_call(body), *_returned(body)]


def _each_call(body: Body) -> Iterator[DeclaredCall]:
    for call in calls(body):
        match call.callee:
            case MemberExpr(expr=receiver, name=name) if name in DECLARED_METHODS:
                yield from _on(body, call, receiver, name, call)
            case _:
                pass
    for read in reads(body):
        if read.name in DECLARED_METHODS and not _is_method(body, read.receiver, read.name):
            yield from _on(body, read.node, read.receiver, read.name, None)
    for use in implicit_uses(body):
        if use.use is Use.FORMAT:
            for found in _on(body, use.value, use.value, _FORMATTING, None):
                yield found._replace(use=Use.FORMAT)


def _is_method(body: Body, receiver: Expression, name: str) -> bool:
    """Whether an attribute is a plain method: to read it runs nothing."""
    found = [member(info, name) for info in owners(body, receiver)]
    return all(each is not None and isinstance(each[1].node, FuncDef) for each in found)


def _on(
    body: Body, node: Expression, receiver: Expression, name: str, call: CallExpr | None
) -> Iterator[DeclaredCall]:
    type_ = body.type_of(receiver)
    infos = [_declaring(each) for each in _instances(type_)]
    if (of_class := class_object(type_)) is not None:
        infos = [of_class]
    if len(infos) != 1:
        return
    [info] = infos
    found, method = declarative(info, name), declared_method(info, name)
    if found is None or method is None or _may_be_done(body, receiver, *found):
        return
    if found[1] is not Role.REPRESENTS:
        yield DeclaredCall(node, method)
    elif call is not None:
        if call.args and call.arg_kinds[0] == ARG_POS:
            yield DeclaredCall(node, method, call.args[0])
    elif (made := _maker(body, receiver)) and (given := _given(made)) is not None:
        yield DeclaredCall(node, method, given, _MANY in made.arg_names)


def _may_be_done(body: Body, made: Expression, rules: Declarative, role: Role) -> bool:
    """Whether an object may keep the answer already, because it was asked before or handed on."""
    if role not in _KEPT or not isinstance(made, NameExpr):
        return False
    names = {name for name, each in rules.methods.items() if each is role}
    makers = body.definition_sites(made)
    for other in body.every(NameExpr):
        if other is made or not makers & body.definition_sites(other):
            continue
        around = body.parent(other)
        is_asked = isinstance(around, MemberExpr) and (
            around.name in names
            # An awaited method is the project's own: it may have validated in a thread.
            or (isinstance(call := body.parent(around), CallExpr) and body.is_awaited(call))
        )
        is_given = isinstance(around, CallExpr) and other in around.args
        if (is_asked or is_given) and body.flow.reaches(other, made):
            return True
    return any(
        isinstance(inner, NameExpr) and inner.node is made.node
        for function in body.nodes
        if isinstance(function, FuncItem) and body.flow.reaches(function, made)
        for inner in walk(function)
    )


_KEPT: Final = frozenset({Role.REPRESENTS, Role.VALIDATES})


def _instances(type_: ProperType | None) -> Iterator[Instance]:
    for each in alternatives(type_) if type_ is not None else ():
        if isinstance(each, Instance):
            yield each


def declaring_class(type_: ProperType | None) -> TypeInfo | None:
    """The class of a value that declares fields: of a set of forms that of its forms."""
    found = [_declaring(each) for each in _instances(type_)]
    return found[0] if len(found) == 1 else None


def _declaring(type_: Instance) -> TypeInfo:
    """The class that declares: of a set of forms the form."""
    is_set = any("FormSet" in base.name for base in type_.type.mro)
    for argument in reversed(type_.args) if is_set else ():
        inner = get_proper_type(argument)
        if isinstance(inner, Instance) and is_declarative(inner.type):
            return inner.type
    return type_.type


def _maker(body: Body, made: Expression) -> CallExpr | None:
    """The call of the constructor that made an object, here or in a thread."""
    values = body.reaching_values(made)
    value = values[0] if len(values) == 1 else None
    match value:
        case CallExpr(callee=RefExpr(node=TypeInfo())):
            return value
        case AwaitExpr(expr=CallExpr() as call) if offloaded := offloaded_by(body, call):
            return offloaded.as_call()
        case _:
            return None


def _given(made: CallExpr) -> Expression | None:
    """What a serializer represents: the object that it was made with, unless it gets data."""
    found = None
    for argument, kind, name in zip(made.args, made.arg_kinds, made.arg_names, strict=True):
        if name == _DATA or kind.is_star():
            return None
        if name == INSTANCE or (name is None and argument is made.args[0]):
            found = argument
        elif name is None:
            return None
    return found


# Responses


def _returned(body: Body) -> Iterator[DeclaredCall]:
    """What an endpoint returns, which its framework represents by the class of the response."""
    function = body.function
    if not isinstance(function, FuncDef) or not function.is_coroutine or body.module is None:
        return
    responses = [
        found for node in decorated(body.module.tree, function) for found in _responses(body, node)
    ]
    if len(responses) != 1:
        return
    info, is_many = responses[0]
    method = declared_method(info, "model_validate")
    if method is None:
        return
    for statement in body.every(ReturnStmt):
        value = statement.expr
        match value:
            case TupleExpr(items=[_, value]):
                pass
            case _:
                pass
        if value is not None:
            yield DeclaredCall(value, method, value, is_many)


def _responses(body: Body, node: Decorator) -> Iterator[tuple[TypeInfo, bool]]:
    """The classes of an endpoint's responses, and whether there are many of one."""
    for decorator in node.original_decorators:
        if decorator_name(decorator) not in body.catalogue.endpoints:
            continue
        call = decorator if isinstance(decorator, CallExpr) else None
        named = zip(call.args, call.arg_names, strict=True) if call is not None else ()
        given = [value for value, name in named if name in RESPONSES]
        if given:
            yield from _classes_in(given[0])
        else:
            yield from _classes_of(result_type(node.func))


def _classes_in(response: Expression) -> Iterator[tuple[TypeInfo, bool]]:
    """The classes that a response names as an expression; of several by status, the good ones."""
    match response:
        case RefExpr(node=TypeInfo() as info):
            yield info, False
        case IndexExpr(base=RefExpr(fullname=name), index=inner):
            for info, _ in _classes_in(inner):
                yield info, name.rpartition(".")[2] != _OPTIONAL
        case OpExpr(op="|", left=left, right=right):
            yield from _classes_in(left)
            yield from _classes_in(right)
        case DictExpr(items=items):
            for key, value in items:
                if isinstance(key, IntExpr) and key.value in _SUCCESS:
                    yield from _classes_in(value)
        case _:
            pass


def _classes_of(result: ProperType | None) -> Iterator[tuple[TypeInfo, bool]]:
    for each in alternatives(result) if result is not None else ():
        info = item_class(each)
        if isinstance(each, Instance) and info is not None and all_are(each, _SEQUENCE):
            yield info, True
        elif isinstance(each, Instance):
            yield each.type, False
