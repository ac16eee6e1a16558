"""Catalogue matches: the calls, implicit uses and property reads of a body that it has rows for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Final, NamedTuple

from mypy.literals import literal_hash
from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Decorator,
    Expression,
    IntExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    OverloadedFuncDef,
    StrExpr,
    SuperExpr,
    SymbolNode,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.models import QUERYSET
from mypy_async_django.bridge.types import (
    all_are,
    class_object,
    classes,
    is_awaitable,
    member,
)
from mypy_async_django.bridge.untyped_bases import untyped_bases
from mypy_async_django.catalogue.builtin import METHODS, Use
from mypy_async_django.catalogue.django_database import TRANSACTIONS
from mypy_async_django.catalogue.frameworks.installed import TASK_RESULTS
from mypy_async_django.catalogue.frameworks.rest_framework import SERIALIZED
from mypy_async_django.catalogue.loops import MADE_SYNC, SENDERS
from mypy_async_django.catalogue.offload import TO_SYNC
from mypy_async_django.catalogue.row import ADDRESS, Api, Effect
from mypy_async_django.index.abstract import CALL
from mypy_async_django.index.matches.conditions import decided
from mypy_async_django.index.matches.configured import as_configured
from mypy_async_django.index.matches.first_time import has_run
from mypy_async_django.index.matches.guards import is_guarded
from mypy_async_django.index.resolution.callees import is_task
from mypy_async_django.index.resolution.declared import declared_calls
from mypy_async_django.index.resolution.module_level import reaches_coroutine, values_of
from mypy_async_django.index.resolution.offloading import is_called_early
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.missing_imports import missing_name
from mypy_async_django.index.syntax.operations import (
    ImplicitUse,
    Read,
    called_name,
    calls,
    full_name,
    function_named,
    implicit_uses,
    reads,
)
from mypy_async_django.index.values.result_cache import is_loaded

_SYNC: Final = "asgiref.sync"
_NOBODY: Final = "django.contrib.auth.models.AnonymousUser"


class Match(NamedTuple):
    """An operation of a body and the row of what it runs; a property read is a Read."""

    operation: CallExpr | ImplicitUse | Read
    api: Api

    @property
    def node(self) -> Expression:
        """The expression that an error points at."""
        match self.operation:
            case ImplicitUse(value=value):
                return value
            case Read(node=node):
                return node
            case call:
                return call

    @property
    def receiver(self) -> Expression | None:
        """The object whose method it runs, or whose property it reads."""
        match self.operation:
            case ImplicitUse(value=value):
                return value
            case Read(receiver=receiver):
                return receiver
            case call:
                return call.callee.expr if isinstance(call.callee, MemberExpr) else None

    @property
    def is_explicit(self) -> bool:
        """Whether the code shows it: a call, or a block that is entered."""
        operation = self.operation
        if isinstance(operation, ImplicitUse):
            return operation.use is Use.ENTER
        return isinstance(operation, CallExpr)

    @property
    def is_of_transaction(self) -> bool:
        """Whether it begins, ends or asks for a transaction, which has a rule of its own."""
        return self.api.name in TRANSACTIONS


@once
def matches(body: Body) -> tuple[Match, ...]:
    """All that a body does and the catalogue knows; every rule asks.

    Left out is what finds its rows in memory, and what a bridge was meant to call: a mistake of
    another kind.
    """
    return tuple(
        matched
        for matched in _matches(body)
        if not is_loaded(body, matched.operation) and not is_caught(body, matched.node)
    )


def _matches(body: Body) -> Iterator[Match]:
    for call in calls(body):
        api = api_of_call(body, call)
        if api is None or is_spared(call, api) or is_awaitable(body.type_of(call)):
            continue
        if is_called_early(body, call) or is_guarded(body, call, api):
            continue
        if body.is_awaited(call) and _is_async_instead(body, call, api):
            continue  # its async class in its place, against the declared type
        if api.name in SENDERS and reaches_coroutine(body, call):
            api = api._replace(effect=Effect.NESTS, when=None)
        if (api := decided(body, call, api)) is None or (api.is_kept and has_run(body, call)):
            continue
        receiver = call.callee.expr if isinstance(call.callee, MemberExpr) else None
        if (api := as_configured(body, receiver, api)) is None:
            continue
        if api.harmless_if_new and receiver and _is_made_here(body, receiver):
            continue
        if not api.first_use_only or (receiver and _is_untouched(body, receiver)):
            yield Match(call, api)
    for use in (*implicit_uses(body), *_represented(body)):
        row = api_of_member(body, use.value, METHODS[use.use]) or _api_of_iterator(body, use)
        row = decided(body, use, row) if row else None
        if row and (api := as_configured(body, use.value, row)):
            yield Match(use, api)
    for read in reads(body):
        api = _api_of_read(body, read)
        api = decided(body, read, api) if api else None
        if api and (not api.first_use_only or _is_untouched(body, read.receiver)):
            yield Match(read, api)


def _represented(body: Body) -> Iterator[ImplicitUse]:
    """The querysets that an endpoint returns, whose rows its framework represents."""
    for found in declared_calls(body):
        given = found.given
        if given is found.node and found.is_many and all_are(body.type_of(given), QUERYSET):
            yield ImplicitUse(given, Use.ITERATE, found.node)


def _is_async_instead(body: Body, call: CallExpr, api: Api) -> bool:
    """Whether the object whose method is called may be of the async class that its row names.

    So may be what a parameter or an attribute is only declared to be, and an object of a subclass
    that another package makes of the sync one: who awaits the call knows better.
    """
    if api.instead is None or not api.instead.rpartition(".")[2][:1].isupper():
        return False
    if isinstance(call.callee, MemberExpr) and _is_of_other_package(body, call.callee.expr, api):
        return True
    root = call.callee
    while isinstance(root, MemberExpr):
        root = root.expr
    is_made = isinstance(root, CallExpr) or any(
        isinstance(value, CallExpr) for value in body.reaching_values(root)
    )
    return isinstance(call.callee, MemberExpr) and not is_made


def _is_of_other_package(body: Body, receiver: Expression, api: Api) -> bool:
    package = api.name.partition(".")[0]
    owners = classes(body.type_of(receiver))
    return bool(owners) and all(info.module_name.partition(".")[0] != package for info in owners)


def arguments_unless(call: CallExpr, api: Api) -> Iterator[tuple[Expression, str]]:
    """The arguments that decide whether a call is harmless, with the constant that makes it so."""
    for argument in (api.unless or "").split():
        wanted, _, constant = argument.partition("=")
        for position, (value, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
            if wanted == (name or str(position)):
                yield value, constant


def api_of_call(body: Body, call: CallExpr) -> Api | None:
    """The row of the function, class or method that a call runs."""
    return api_of_function(body, call.callee)


def api_of_function(body: Body, callee: Expression) -> Api | None:
    """The row of the function, class or method that an expression refers to."""
    name = full_name(body, callee)
    row = body.catalogue.api(name) if name is not None else None
    if row is None and isinstance(callee, SuperExpr):
        row = _inherited(body, callee.info.mro[1:], (callee.name,)) if callee.info else None
    elif row is None and isinstance(callee, MemberExpr):
        row = api_of_member(body, callee.expr, (callee.name,))
    if row is not None or not body.catalogue.has_method(CALL) or function_named(body, callee):
        return row
    if body.catalogue.has_module(_SYNC) and _is_made_sync(body, callee):
        return body.catalogue.api(MADE_SYNC)
    return api_of_member(body, callee, CALL)


def _is_made_sync(body: Body, callee: Expression) -> bool:
    """Whether a function is what ``async_to_sync`` made, here or at the module's top level."""
    values = values_of(body, callee) if isinstance(callee, NameExpr | CallExpr) else ()
    return bool(values) and all(
        isinstance(value, CallExpr) and _makes_sync(body, value) for value in values
    )


def _makes_sync(body: Body, call: CallExpr) -> bool:
    if isinstance(call.callee, CallExpr):  # with options: async_to_sync(force_new_loop=True)(f)
        return called_name(body, call.callee) in TO_SYNC
    is_function = bool(call.args) and call.arg_names[0] in {None, "awaitable"}
    return is_function and called_name(body, call) in TO_SYNC


def _api_of_iterator(body: Body, use: ImplicitUse) -> Api | None:
    """The row of a call like ``books.iterator()`` whose result is iterated here."""
    iterators = _iterators(body) if use.use is Use.ITERATE else {}
    values = body.reaching_values(use.value) if iterators else ()
    return next((iterators[value] for value in values if value in iterators), None)


@once
def _iterators(body: Body) -> Mapping[Expression, Api]:
    """The calls that make something which does its work once it is iterated."""
    found = ((call, _iterator(body, call)) for call in calls(body))
    return {call: row for call, row in found if row is not None}


def _iterator(body: Body, call: CallExpr) -> Api | None:
    name = called_name(body, call)
    if name is not None and (row := body.catalogue.iterator(name)):
        return row
    if not isinstance(call.callee, MemberExpr) or call.callee.name not in body.catalogue.iterating:
        return None
    names = (
        f"{base.fullname}.{call.callee.name}"
        for info in classes(body.type_of(call.callee.expr))
        for base in info.mro
    )
    return next((row for name in names if (row := body.catalogue.iterator(name))), None)


def _is_untouched(body: Body, receiver: Expression) -> bool:
    """Whether an object is new here, or behind a local name that was not used before.

    Calls of the same kind leave it as it was: one socket's ``connect`` and ``recv``.
    """
    if not isinstance(receiver, NameExpr):
        return isinstance(receiver, CallExpr)
    makers = body.definition_sites(receiver)
    return bool(makers) and not any(
        isinstance(node, NameExpr)
        and node is not receiver
        and body.definition_sites(node) & makers
        and body.flow.reaches(node, receiver)
        and not _is_of_same_kind(body, node)
        for node in body.nodes
    )


def _is_made_here(body: Body, receiver: Expression) -> bool:
    """Whether an object is new, as `_is_untouched`, and no argument.

    An attribute counts if every path to the call assigns it a new object, and nothing else uses it.
    """
    if isinstance(receiver, MemberExpr):
        return _is_attribute_made_here(body, receiver)
    makers = body.definition_sites(receiver) if isinstance(receiver, NameExpr) else [receiver]
    return all(isinstance(maker, CallExpr) for maker in makers) and _is_untouched(body, receiver)


def _is_attribute_made_here(body: Body, attribute: MemberExpr) -> bool:
    same = literal_hash(attribute)
    others = [
        node
        for node in body.every(MemberExpr)
        if node is not attribute
        and literal_hash(node) == same
        and body.flow.reaches(node, attribute)
    ]
    made = [body.parent(node) for node in others]
    return (
        len(made) == 1
        and isinstance(made[0], AssignmentStmt)
        and (
            isinstance(made[0].rvalue, CallExpr)
            and not body.flow.reaches(body.function, attribute, avoiding={made[0]})
        )
    )


def _is_of_same_kind(body: Body, name: NameExpr) -> bool:
    method = body.parent(name)
    call = body.parent(method) if isinstance(method, MemberExpr) else None
    if not isinstance(call, CallExpr) or call.callee is not method:
        return False
    api = api_of_call(body, call)
    return api is not None and api.first_use_only


def is_spared(call: CallExpr, api: Api) -> bool:
    """Whether an argument makes the call harmless: ``form.save(commit=False)``."""
    return any(constant in _constants(value) for value, constant in arguments_unless(call, api))


def _constants(value: Expression) -> frozenset[str]:
    """The constant that an expression is, or those that it joins with ``|``."""
    match value:
        case NameExpr() | MemberExpr():
            return frozenset({value.name})
        case IntExpr():
            return frozenset({str(value.value)})
        case StrExpr(value=text) if _is_address(text):
            return frozenset({ADDRESS})
        case OpExpr(op="|"):
            return _constants(value.left) | _constants(value.right)
        case _:
            return frozenset()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _api_of_read(body: Body, read: Read) -> Api | None:
    row = api_of_member(body, read.receiver, (read.name,))
    if row is None:
        return None
    found = [member(info, read.name) for info in classes(body.type_of(read.receiver))]
    if not any(found):
        return row if row.name in SERIALIZED else None  # a base that mypy has not found
    return row if all(each and _is_property(each[1].node) for each in found) else None


def _is_property(node: SymbolNode | None) -> bool:
    match node:
        case Decorator():
            return node.var.is_property
        case OverloadedFuncDef():
            return node.is_property
        case Var():
            return True  # a descriptor such as cached_property
        case _:
            return False


def api_of_member(body: Body, receiver: Expression, names: tuple[str, ...]) -> Api | None:
    """The row of a method or property, the first of ``names`` that the receiver's class has."""
    if not body.catalogue.has_method(names):
        return None
    type_ = body.type_of(receiver)
    of_class = class_object(type_)
    is_protocol = of_class is not None and names[0].startswith("__")
    if is_protocol and not (names == CALL and of_class and _calls_by_metaclass(of_class)):
        return None  # a class's own protocol is its metaclass's
    if type_ is None and (made := _untyped_class(body, receiver)) is not None:
        return body.catalogue.api(f"{made}.{names[0]}")
    owners = (of_class,) if of_class else _users(classes(type_))
    rows = [_inherited(body, owner.mro, names) for owner in owners]
    return rows[0] if rows and all(rows) else None


def _untyped_class(body: Body, receiver: Expression) -> str | None:
    """The class, in a package without types, of an object that a call makes here."""
    found = {_untyped_maker(body, value) for value in body.reaching_values(receiver)}
    return found.pop() if len(found) == 1 else None


def _untyped_maker(body: Body, value: Expression) -> str | None:
    match value:
        case CallExpr(callee=MemberExpr(expr=task, name=name)) if name in TASK_RESULTS:
            return TASK_RESULTS[name] if is_task(body, task) else None
        case CallExpr(callee=callee):
            return missing_name(body, callee)
        case _:
            return None


def _calls_by_metaclass(info: TypeInfo) -> bool:
    """Whether the metaclass decides what calling a class does; the row goes by the class."""
    found = member(info.metaclass_type.type, CALL[0]) if info.metaclass_type else None
    return found is not None and found[0].fullname != "builtins.type"


def _users(owners: tuple[TypeInfo, ...]) -> tuple[TypeInfo, ...]:
    """The classes without AnonymousUser: what is free for nobody costs a query for somebody."""
    somebody = tuple(info for info in owners if info.fullname != _NOBODY)
    return somebody or owners


def _inherited(body: Body, mro: Sequence[TypeInfo], names: tuple[str, ...]) -> Api | None:
    """The row of the method that a class inherits; None where a subclass has its own."""
    for index, base in enumerate(mro):
        for name in names:
            row = body.catalogue.api(f"{base.fullname}.{name}")
            if row is not None:
                return row
            for untyped in untyped_bases(base):
                if (row := body.catalogue.api(f"{untyped}.{name}")) is not None:
                    return row
            symbol = base.names.get(name)
            if symbol is not None and not symbol.plugin_generated:
                if _is_property(symbol.node):
                    return None  # the way to a client's methods: ``client.chat.completions``
                classes_of = tuple(base.fullname for base in mro)
                return body.catalogue.family(classes_of, index, name, partial(_defines, mro))
    return None


def _defines(mro: Sequence[TypeInfo], name: str) -> bool:
    return any(name in base.names for base in mro)
