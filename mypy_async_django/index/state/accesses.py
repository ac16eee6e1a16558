"""What a coroutine does to state that others see: rows of models, variables of modules."""

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
    METHODS,
    SAME_ROWS,
    SYNCHRONISERS,
    SYNCHRONISING,
    Access,
)
from mypy_async_django.index.resolution.offloading import Offloaded, offloaded_by
from mypy_async_django.index.state.races import first_reads, is_lock, plain_writes
from mypy_async_django.index.state.shared_variables import Place, Scope
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import calls

_DEEPEST: Final = 3

Values = Mapping[str, str]
"""By the name of a lookup or parameter its value, as text that is the same for the same value."""

_NOTHING: Final[Values] = {}


class Rows(NamedTuple):
    """Some rows of a model: those that these lookups find, or that are made of these values."""

    access: Access
    model: TypeInfo
    lookups: Values
    written: Values

    def meets(self, other: "Rows") -> bool:
        """Whether it surely makes a difference which of the two comes first."""
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
    """What a coroutine does, itself and through coroutines of its module that it awaits."""

    rows: tuple[Rows, ...] = ()
    written: frozenset[Place] = frozenset()
    read: frozenset[Place] = frozenset()


def accesses_of(body: Body, call: CallExpr, given: Values = _NOTHING, depth: int = 0) -> Accesses:
    """What the coroutine does that a call makes, as far as its module shows.

    ``given`` are the values of the body's own parameters.
    """
    own = tuple(_rows(body, call, given))
    if own:
        return Accesses(own)
    function, surroundings = called_coroutine(call), body.surroundings
    if function is None or surroundings is None or depth > _DEEPEST:
        return Accesses()
    if not _is_in(function, surroundings.tree.fullname):
        return Accesses()
    inner = surroundings.body_of(function)
    if _waits_for_others(inner):
        return Accesses()
    return _accesses(inner, _arguments(body, call, function, given), depth)


def called_coroutine(call: CallExpr) -> FuncDef | None:
    """The coroutine function that a call names."""
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
        found = tuple(_rows(body, call, given))
        rows += found
        if not found and body.is_awaited(call):
            inner = accesses_of(body, call, given, depth + 1)
            rows += inner.rows
            written |= inner.written
            read |= inner.read
    for queryset in _iterated(body):
        rows += _selected(body, queryset, given)
    return Accesses(tuple(rows), frozenset(written), frozenset(read))


def _written(body: Body) -> Iterator[Place]:
    for place in plain_writes(body):
        if place.scope is Scope.MODULE:
            yield place


def _read(body: Body) -> Iterator[Place]:
    """The places read, but those that a loop waits for: it brings its own order."""
    for place, node in first_reads(body):
        if place.scope is Scope.MODULE and not any(
            isinstance(around, WhileStmt) for around in body.ancestors(node)
        ):
            yield place


def _waits_for_others(body: Body) -> bool:
    """Whether a coroutine arranges its order with others: by a lock, an event, a queue."""
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


def _rows(body: Body, call: CallExpr, given: Values) -> Iterator[Rows]:
    """The rows that a call of a queryset's method touches, in the loop or in a thread."""
    offloaded = offloaded_by(body, call)
    function = offloaded.function if offloaded else call.callee
    if not isinstance(function, MemberExpr):
        return
    name = function.name if offloaded else function.name.removeprefix("a")
    if name not in METHODS or (not offloaded and name == function.name):
        return
    model, lookups = _query(body, function.expr, given) or (None, {})
    if model is None:
        return
    arguments = _named(body, offloaded or call, given)
    for access in METHODS[name]:
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


def _query(body: Body, queryset: Expression, given: Values) -> tuple[TypeInfo, Values] | None:
    """The model and the lookups of a queryset; None where a step may mean anything."""
    match queryset:
        case NameExpr():
            values = body.values(queryset)
            if len(values) == 1 and values[0] is not queryset:
                return _query(body, values[0], given)
        case CallExpr(callee=MemberExpr(expr=before, name=name)):
            query = _query(body, before, given)
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
    """The model whose rows a plain manager gives, all of them."""
    type_ = body.type_of(manager)
    if not isinstance(type_, Instance) or not is_a(type_.type, MANAGER, QUERYSET):
        return None
    is_plain = is_django_method(type_.type, "get_queryset") and not is_a(
        type_.type, *RELATED_MANAGERS
    )
    model = model_class(type_) if is_plain else None
    return model if model is not None and is_model(model) else None


def _named(body: Body, call: CallExpr | Offloaded, given: Values) -> Values | None:
    """The keyword arguments; None where there are others too."""
    found: dict[str, str] = {}
    for kind, name, value in zip(call.arg_kinds, call.arg_names, call.args, strict=True):
        if kind is not ARG_NAMED or name is None:
            return None
        found[name] = _value(body, value, given)
    return found


def _arguments(body: Body, call: CallExpr, function: FuncDef, given: Values) -> Values:
    """The values of a coroutine function's parameters in a call."""
    found: dict[str, str] = {}
    names = [argument.variable.name for argument in function.arguments]
    for position, (kind, name, value) in enumerate(
        zip(call.arg_kinds, call.arg_names, call.args, strict=True)
    ):
        if kind is ARG_POS and position < len(names):
            found[names[position]] = _value(body, value, given)
        elif kind is ARG_NAMED and name is not None:
            found[name] = _value(body, value, given)
    return found


def _value(body: Body, value: Expression, given: Values) -> str:
    """The text of a constant, of a parameter's value, or of what only equals itself."""
    match value:
        case StrExpr() | IntExpr():
            return repr(value.value)
        case NameExpr() if bindings := body.flow.reaching(value):
            kinds = {binding.kind for binding in bindings}
            if kinds == {BindingKind.ARGUMENT} and value.name in given:
                return given[value.name]
            return f"{value.name} {sorted(id(binding.node) for binding in bindings)}"
        case MemberExpr(expr=owner, name=name):
            return f"{_value(body, owner, given)}.{name}"
        case RefExpr(fullname=name) if name:
            return name
        case _:
            return f"value {id(value)}"


def _agree(some: Values, others: Values) -> bool:
    """Whether all of the values are among the others."""
    return all(others.get(name) == value for name, value in some.items())
