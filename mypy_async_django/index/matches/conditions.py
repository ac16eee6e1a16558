"""Conditional rows of the catalogue, where the code at hand decides the condition."""

from collections.abc import Callable, Mapping
from typing import Final

from mypy.nodes import (
    ARG_STAR,
    ARG_STAR2,
    CallExpr,
    Expression,
    ListExpr,
    MemberExpr,
    NameExpr,
    SetExpr,
    StrExpr,
    SuperExpr,
    TupleExpr,
    TypeInfo,
)

from mypy_async_django.bridge.models import QUERYSET, RelationKind, has_many_to_many, relation
from mypy_async_django.bridge.tree import is_none
from mypy_async_django.bridge.types import all_are, class_of, item_class
from mypy_async_django.catalogue.frameworks.framework import Role
from mypy_async_django.catalogue.frameworks.rest_framework import SERIALIZED
from mypy_async_django.catalogue.row import HOST, ON_DISK, Api, Effect
from mypy_async_django.index.matches.on_disk import is_in_memory, is_on_disk
from mypy_async_django.index.resolution.declared import declarative, is_framework
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse, Read
from mypy_async_django.index.values.result_cache import is_consumed

_DJANGO: Final = "django."
_KEYS: Final = (RelationKind.KEY, RelationKind.ONE_TO_ONE)
_TEXT_FILE: Final = "_io.TextIOWrapper."
_IN_MEMORY: Final = ("typing.AbstractSet", "typing.Sequence")

Answer = bool | None
"""Whether it happens; None where the code does not show it."""


def decided(body: Body, operation: CallExpr | ImplicitUse | Read, api: Api) -> Api | None:
    """The row as it is true here: without its condition if that is met, None if it is not.

    Whether a file is on disk has to be known.
    """
    if api.effect is Effect.BLOCKS_ON_FILE and not isinstance(operation, Read):
        if api.when == ON_DISK:
            return api._replace(when=None) if is_on_disk(body, operation) else None
        return None if api.name.startswith(_TEXT_FILE) and _is_in_memory(body, operation) else api
    match operation:
        case (
            CallExpr(callee=MemberExpr(expr=receiver, name=name))
            | Read(receiver=receiver, name=name)
        ) if api.when and _is_declared(body, receiver, name):
            answer: Answer = False
        case Read(receiver=receiver) if api.name in SERIALIZED:
            answer = _serializes_queryset(body, receiver)
        case CallExpr() if api.when == HOST:
            answer = _is_given_host(operation)
        case CallExpr() if api.name in _CONDITIONS:
            answer = _CONDITIONS[api.name](body, operation)
        case _:
            answer = None
    if answer is None:
        return api
    return api._replace(when=None) if answer else None


def _is_in_memory(body: Body, operation: CallExpr | ImplicitUse) -> bool:
    """Whether the file object that an operation uses is around a buffer in memory."""
    match operation:
        case ImplicitUse(value=file) | CallExpr(callee=MemberExpr(expr=file)):
            return is_in_memory(body, file)
        case _:
            return False


def _is_given_host(call: CallExpr) -> Answer:
    """Of what connects when it is made: whether a host is among its arguments."""
    if any(kind in {ARG_STAR, ARG_STAR2} for kind in call.arg_kinds):
        return None
    host = _argument(call, 0, "host")
    return host is not None and not is_none(host) and not _is_empty(host)


def _is_empty(text: Expression) -> bool:
    return isinstance(text, StrExpr) and not text.value


def _is_declared(body: Body, receiver: Expression, name: str) -> bool:
    """Whether a class says itself what its method looks up: that is told by a summary."""
    info = class_of(body.type_of(receiver))
    found = declarative(info, name) if info is not None and not is_framework(info) else None
    return found is not None and found[1] is Role.VALIDATES


def _serializes_queryset(body: Body, serializer: Expression) -> bool:
    """Whether a serializer was made for the rows of a queryset that is not loaded."""
    values = body.reaching_values(serializer)
    return bool(values) and all(
        isinstance(value, CallExpr)
        and "many" in value.arg_names
        and value.arg_names[0] in {None, "instance"}
        and all_are(body.type_of(value.args[0]), QUERYSET)
        and not is_consumed(body, value.args[0])
        for value in values
    )


def _loads_many(body: Body, call: CallExpr) -> Answer:
    """Of ``model_to_dict``: no, if the model has no many-to-many field."""
    info = class_of(body.type_of(call.args[0])) if len(call.args) == 1 else None
    return None if info is not None and has_many_to_many(info) else False


def _serializes(position: int) -> Callable[[Body, CallExpr], Answer]:
    """Of what serializes its argument: whether that is a queryset, or rows with more to load."""

    def answer(body: Body, call: CallExpr) -> Answer:
        rows = _argument(call, position, "queryset")
        type_ = body.type_of(rows) if rows is not None else None
        if rows is None or not all_are(type_, QUERYSET, *_IN_MEMORY):
            return None
        if all_are(type_, QUERYSET) and not is_consumed(body, rows):
            return True
        model = item_class(type_)
        loads_many = model is not None and has_many_to_many(model)
        return None if loads_many and "fields" not in call.arg_names else False

    return answer


def _looks_up(body: Body, call: CallExpr) -> Answer:
    """Of ``full_clean``: no, if the call switches off all but fields, and excludes all relations."""
    model = _owner(body, call.callee)
    switched_off = ("validate_unique", "validate_constraints")
    if model is None or not all(_is_false(_argument(call, -1, name)) for name in switched_off):
        return None
    match _argument(call, 0, "exclude"):
        case ListExpr(items=items) | TupleExpr(items=items) | SetExpr(items=items):
            excluded = {item.value for item in items if isinstance(item, StrExpr)}
        case None:
            excluded = set()
        case _:
            return None
    names = {name for base in model.mro for name in base.names}
    relations = filter(None, (relation(model, name) for name in names - excluded))
    keys = [each for each in relations if each.kind in _KEYS]
    if all(each.nullable for each in keys):
        return None if keys else False
    return True


def _is_false(value: Expression | None) -> bool:
    return isinstance(value, NameExpr) and value.fullname == "builtins.False"


def _hashes(body: Body, call: CallExpr) -> Answer:
    """Of ``make_password``: no, for None, and for a hasher of the project's, which may be fast."""
    password, hasher = _argument(call, 0, "password"), _argument(call, 2, "hasher")
    if password is not None and is_none(password):
        return False
    return False if hasher is not None and not isinstance(hasher, StrExpr) else None


def _sets(*names: str) -> Callable[[Body, CallExpr], Answer]:
    """Of a generic view: no, if it leaves attributes or methods to Django, whose answer is no."""

    def answer(body: Body, call: CallExpr) -> Answer:
        view = _owner(body, call.callee)
        if view is None or view.fallback_to_any:
            return None
        own = (base for base in view.mro if not base.fullname.startswith(_DJANGO))
        return None if any(name in base.names for base in own for name in names) else False

    return answer


def _owner(body: Body, callee: Expression) -> TypeInfo | None:
    """The class of the object whose method is called."""
    match callee:
        case SuperExpr(info=info):
            return info
        case MemberExpr(expr=receiver):
            return class_of(body.type_of(receiver))
        case _:
            return None


def _argument(call: CallExpr, position: int, keyword: str) -> Expression | None:
    for index, (argument, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
        if name == keyword or (name is None and index == position):
            return argument
    return None


_PAGINATION: Final = ("get_paginate_by", "paginate_by")
_EMPTINESS: Final = ("allow_empty", "get_allow_empty")

_CONDITIONS: Final[Mapping[str, Callable[[Body, CallExpr], Answer]]] = {
    "django.contrib.auth.hashers.make_password": _hashes,
    "django.db.models.base.Model.full_clean": _looks_up,
    "django.core.serializers.base.Serializer.serialize": _serializes(0),
    "django.core.serializers.serialize": _serializes(1),
    "django.forms.models.model_to_dict": _loads_many,
    "django.views.generic.list.BaseListView.get": _sets(*_PAGINATION, *_EMPTINESS),
    "django.views.generic.list.MultipleObjectMixin.get_context_data": _sets(*_PAGINATION),
}
