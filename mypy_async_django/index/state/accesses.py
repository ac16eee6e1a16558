"""The accesses of an async function to shared state: rows of models, module variables."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    AwaitExpr,
    CallExpr,
    Decorator,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IntExpr,
    MemberExpr,
    NameExpr,
    RefExpr,
    StrExpr,
    TypeInfo,
    Var,
    WhileStmt,
    WithStmt,
)
from mypy.types import Instance

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    RELATED_MANAGERS,
    is_django_method,
    is_model,
    model_class,
)
from mypy_async_django.bridge.types import classes, is_a
from mypy_async_django.catalogue.queries import (
    SAME_ROWS,
    SYNCHRONISERS,
    SYNCHRONISING,
    Access,
    query_method,
)
from mypy_async_django.index.resolution.offloading import Offloaded, offloaded_by
from mypy_async_django.index.state.races import first_reads, is_lock, plain_writes
from mypy_async_django.index.state.shared_variables import SharedVariable, Sharing
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import calls

_DEEPEST: Final = 3

Values = Mapping[str, str]
"""Maps lookups or parameters to the text of their value; equal texts mean equal values."""

_NOTHING: Final[Values] = {}


class Rows(NamedTuple):
    """An access to rows of a model: those matched by these lookups, or created with these values."""

    access: Access
    model: TypeInfo
    lookups: Values
    written: Values

    def meets(self, other: "Rows") -> bool:
        """Whether the order of the two accesses certainly matters."""
        if self.model is not other.model or other.access is Access.CREATE:
            return False
        if self.access is Access.CREATE:
            return _agree(other.lookups, self.written)
        if not (_agree(self.lookups, other.lookups) or _agree(other.lookups, self.lookups)):
            return False
        match self.access, other.access:
            case Access.DELETE, Access.READ | Access.COUNT:
                return True
            case Access.UPDATE, Access.READ:
                return True
            case Access.UPDATE, Access.COUNT:
                return any(lookup.split("__")[0] in self.written for lookup in other.lookups)
            case Access.UPDATE, Access.UPDATE:
                return any(other.written.get(k, v) != v for k, v in self.written.items())
            case _:
                return False


class Accesses(NamedTuple):
    """The accesses of a coroutine, including those of awaited coroutines of its module."""

    rows: tuple[Rows, ...] = ()
    written: frozenset[SharedVariable] = frozenset()
    read: frozenset[SharedVariable] = frozenset()


def accesses_of(body: Body, call: CallExpr, given: Values = _NOTHING, depth: int = 0) -> Accesses:
    """The accesses of the coroutine that a call creates; empty if its body is unknown.

    ``given`` maps the body's own parameters to their values.
    """
    own = tuple(rows_accessed(body, call, given))
    if own:
        return Accesses(own)
    function, module = called_coroutine(call), body.module
    if function is None or module is None or depth > _DEEPEST:
        return Accesses()
    if not _is_in(function, module.tree.fullname):
        return Accesses()
    inner = module.body_of(function)
    if _waits_for_others(inner):
        return Accesses()
    return _accesses(inner, _arguments(body, call, function, given), depth)


def called_coroutine(call: CallExpr) -> FuncDef | None:
    """The async function that a call refers to by name."""
    match call.callee:
        case RefExpr(node=FuncDef() as function):
            pass
        case RefExpr(node=Decorator(func=function, var=Var(is_property=False))):
            pass
        case _:
            return None
    return function if function.is_coroutine and not function.is_generator else None


def _is_in(function: FuncDef, module: str) -> bool:
    return "." not in function.fullname or function.fullname.startswith(f"{module}.")


def _accesses(body: Body, given: Values, depth: int) -> Accesses:
    rows: list[Rows] = []
    written, read = set(_written(body)), set(_read(body))
    for call in calls(body):
        found = tuple(rows_accessed(body, call, given))
        rows += found
        if not found and body.is_awaited(call):
            inner = accesses_of(body, call, given, depth + 1)
            rows += inner.rows
            written |= inner.written
            read |= inner.read
    for queryset in _iterated(body):
        rows += _selected(body, queryset, given)
    return Accesses(tuple(rows), frozenset(written), frozenset(read))


def _written(body: Body) -> Iterator[SharedVariable]:
    for place in plain_writes(body):
        if place.sharing is Sharing.MODULE:
            yield place


def _read(body: Body) -> Iterator[SharedVariable]:
    """The shared variables read, except those that a loop polls, which imposes its own order."""
    for place, node in first_reads(body):
        if place.sharing is Sharing.MODULE and not any(
            isinstance(around, WhileStmt) for around in body.ancestors(node)
        ):
            yield place


def _waits_for_others(body: Body) -> bool:
    """Whether a coroutine synchronises with others: by a lock, an event, a queue."""
    for node in body.nodes:
        match node:
            case WithStmt(expr=managers) if any(is_lock(body, manager) for manager in managers):
                return True
            case AwaitExpr(expr=CallExpr(callee=MemberExpr(name=name, expr=owner))):
                infos = classes(body.type_of(owner))
                if name in SYNCHRONISING and any(is_a(info, *SYNCHRONISERS) for info in infos):
                    return True
            case AwaitExpr(expr=awaited):
                infos = classes(body.type_of(awaited))
                if any(is_a(info, *SYNCHRONISERS) for info in infos):
                    return True
            case _:
                pass
    return False


def rows_accessed(body: Body, call: CallExpr, given: Values = _NOTHING) -> Iterator[Rows]:
    """The rows that a queryset method accesses, called on the event loop or in a thread."""
    offloaded = offloaded_by(body, call)
    function = offloaded.function if offloaded else call.callee
    if not isinstance(function, MemberExpr):
        return
    name = function.name if offloaded else function.name.removeprefix("a")
    if not query_method(name).accesses or (not offloaded and name == function.name):
        return
    model, lookups = _query(body, function.expr, given) or (None, {})
    if model is None:
        return
    arguments = _named(body, offloaded or call, given)
    for access in query_method(name).accesses:
        match access:
            case Access.CREATE:
                yield Rows(access, model, {}, arguments or {})
            case Access.UPDATE if arguments is not None:
                yield Rows(access, model, lookups, arguments)
            case Access.READ | Access.COUNT | Access.DELETE if arguments is not None:
                values = {k: v for k, v in arguments.items() if k != "defaults"}
                yield Rows(access, model, {**lookups, **values}, {})
            case _:
                pass


def _selected(body: Body, queryset: Expression, given: Values) -> list[Rows]:
    model, lookups = _query(body, queryset, given) or (None, {})
    return [Rows(Access.READ, model, lookups, {})] if model is not None else []


def _iterated(body: Body) -> Iterator[Expression]:
    for node in body.nodes:
        match node:
            case ForStmt(is_async=True, expr=source):
                yield source
            case GeneratorExpr(is_async=[True, *_], sequences=[source, *_]):
                yield source
            case _:
                pass


def _query(
    body: Body, queryset: Expression, given: Values, names: frozenset[NameExpr] = frozenset()
) -> tuple[TypeInfo, Values] | None:
    """The model and the lookups of a queryset; None if a step is unknown.

    ``names`` are those that it was followed through: a loop may make a query of itself.
    """
    match queryset:
        case NameExpr() if queryset not in names:
            values = body.reaching_values(queryset)
            if len(values) == 1 and values[0] is not queryset:
                return _query(body, values[0], given, names | {queryset})
        case CallExpr(callee=MemberExpr(expr=before, name=name)):
            query = _query(body, before, given, names)
            if query is not None and name in SAME_ROWS:
                return query
            lookups = _named(body, queryset, given) if name == "filter" else None
            if query is not None and lookups is not None:
                return query[0], {**query[1], **lookups}
        case MemberExpr():
            model = _model(body, queryset)
            return (model, {}) if model is not None else None
        case _:
            pass
    return None


def _model(body: Body, manager: MemberExpr) -> TypeInfo | None:
    """The model of a manager that returns all rows."""
    type_ = body.type_of(manager)
    if not isinstance(type_, Instance) or not is_a(type_.type, MANAGER, QUERYSET):
        return None
    is_plain = is_django_method(type_.type, "get_queryset") and not is_a(
        type_.type, *RELATED_MANAGERS
    )
    model = model_class(type_) if is_plain else None
    return model if model is not None and is_model(model) else None


def _named(body: Body, call: CallExpr | Offloaded, given: Values) -> Values | None:
    """The keyword arguments of a call; None if it has other arguments as well."""
    found: dict[str, str] = {}
    for kind, name, value in zip(call.arg_kinds, call.arg_names, call.args, strict=True):
        if kind is not ARG_NAMED or name is None:
            return None
        found[name] = value_text(body, value, given)
    return found


def _arguments(body: Body, call: CallExpr, function: FuncDef, given: Values) -> Values:
    """The argument values that a call passes to an async function, by parameter."""
    found: dict[str, str] = {}
    names = [argument.variable.name for argument in function.arguments]
    for position, (kind, name, value) in enumerate(
        zip(call.arg_kinds, call.arg_names, call.args, strict=True)
    ):
        if kind is ARG_POS and position < len(names):
            found[names[position]] = value_text(body, value, given)
        elif kind is ARG_NAMED and name is not None:
            found[name] = value_text(body, value, given)
    return found


def value_text(body: Body, value: Expression, given: Values = _NOTHING) -> str:
    """The text of a value: a constant, a parameter's value, or a unique text."""
    match value:
        case StrExpr() | IntExpr():
            return repr(value.value)
        case NameExpr() if bindings := body.flow.reaching(value):
            kinds = {binding.kind for binding in bindings}
            if kinds == {BindingKind.ARGUMENT} and value.name in given:
                return given[value.name]
            return f"{value.name} {sorted(id(binding.node) for binding in bindings)}"
        case MemberExpr(expr=owner, name=name):
            return f"{value_text(body, owner, given)}.{name}"
        case RefExpr(fullname=name) if name:
            return name
        case _:
            return f"value {id(value)}"


def _agree(some: Values, others: Values) -> bool:
    """Whether all of the values are among the others."""
    return all(others.get(name) == value for name, value in some.items())
