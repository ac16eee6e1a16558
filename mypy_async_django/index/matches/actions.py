"""Actions: what the nodes of a body run, with the values of receivers and arguments."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_POS,
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MemberExpr,
    SuperExpr,
    TypeInfo,
    Var,
)

from mypy_async_django.bridge.types import alternatives, class_object, class_of, known
from mypy_async_django.catalogue.builtin import METHODS, Use
from mypy_async_django.index.abstract import (
    CALL,
    UNKNOWN,
    Arguments,
    Call,
    Chosen,
    ClassObject,
    Closure,
    Created,
    Dispatch,
    Entry,
    Function,
    Getter,
    Instance,
    Member,
    Of,
    OneOf,
    Partial,
    Passed,
    ResultOf,
    Value,
    Variable,
    either,
)
from mypy_async_django.index.matches.abstraction import abstraction
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.resolution.call_targets import (
    Called,
    call_targets,
    run_at_once,
)
from mypy_async_django.index.resolution.callees import CONSTRUCTORS, POST_INIT, sync_callees
from mypy_async_django.index.resolution.declared import DeclaredCall
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import calls, function_named, implicit_uses, reads
from mypy_async_django.index.values.library_calls import handed

#: Values whose methods the caller decides.
_OPEN: Final = (
    Of
    | Member
    | Entry
    | Chosen
    | ClassObject
    | Created
    | OneOf
    | ResultOf
    | Variable
    | Closure
    | Partial
    | Getter
)


class Dynamic(NamedTuple):
    """A node that runs what the class of a value decides; by an ``implicit`` use if it is no call."""

    node: Expression
    use: Dispatch
    implicit: Use | None = None


def run_of(body: Body, called: Called) -> Call | Dispatch:
    """What a call target runs: a named function, or one inside the body with its summary."""
    function = called.function
    if isinstance(function, Var) or not body.is_nested(function):
        return call_of(body, called)
    return Dispatch(abstraction(body).closure(function), CALL, arguments_of(body, called))


def call_of(body: Body, called: Called) -> Call:
    """The call of a function with what it passes: the receiver, and the arguments."""
    values = abstraction(body)
    function, node = called.function, called.node
    assert not isinstance(function, LambdaExpr)
    name = function.fullname
    if called.declared is not None:
        return Call(name, None, _represented(body, called.declared))
    match node:
        case CallExpr() if called.use is None and called.is_callee:
            arguments = values.arguments(node)
            is_awaited = body.is_awaited(node)
            if isinstance(function, FuncDef) and function.info and not function.is_static:
                is_virtual = not isinstance(node.callee, SuperExpr)
                receiver = _receiver(body, node, function)
                return Call(name, receiver, arguments, is_virtual, is_awaited)
            return Call(name, None, arguments, is_awaited=is_awaited)
        case CallExpr() if called.use is None:
            return Call(name, None, _handed_to(body, node, function))
        case MemberExpr(expr=receiver) if called.use is None or called.use is Use.ASSIGN:
            return Call(name, values.passed(receiver, node))
        case _ if called.use is not None:
            return Call(name, values.passed(node, node))
        case _:
            return Call(name)


def _handed_to(body: Body, call: CallExpr, function: FuncItem | Var) -> Arguments:
    """What a library function hands to a function that it is given."""
    for argument in run_at_once(body, call):
        if any(run is function for run in sync_callees(body, argument)):
            value = abstraction(body).value(argument)
            earlier = value.arguments if isinstance(value, Partial) else ()
            return (*earlier, *_handed(body, call, argument))
    return ()


def _represented(body: Body, declared: DeclaredCall) -> Arguments:
    """What a method that represents an object is called with."""
    if declared.given is None:
        return ()
    values = abstraction(body)
    value = values.value(declared.given)
    given = values.item(value) if declared.is_many else value
    return (Passed(ARG_POS.value, None, given),)


def arguments_of(body: Body, called: Called) -> Arguments:
    """What a function inside the body is called with."""
    node = called.node
    if isinstance(node, CallExpr) and called.is_callee:
        return abstraction(body).arguments(node)
    return _handed_to(body, node, called.function) if isinstance(node, CallExpr) else ()


def _receiver(body: Body, call: CallExpr, function: FuncDef) -> Value:
    values, callee = abstraction(body), call.callee
    info = class_object(body.type_of(callee))
    if function.name in (*CONSTRUCTORS, POST_INIT) and info is not None:
        return Created(info.fullname, values.arguments(call))
    match callee:
        case SuperExpr():
            return _itself(body)
        case MemberExpr(expr=receiver, name=name) if name == function.name:
            return values.passed(receiver, call)
        case _:
            return UNKNOWN


def _itself(body: Body) -> Value:
    """The first argument of a method: ``self``."""
    function = body.function
    arguments = function.arguments if isinstance(function, FuncDef) else []
    if not arguments or not isinstance(function, FuncDef) or not function.info:
        return UNKNOWN
    return Of((arguments[0].variable.name,), Instance(function.info.fullname))


@once
def dynamic_uses(body: Body) -> list[Dynamic]:
    """What a body does with values of which types do not tell what runs.

    Left out is what the catalogue or a call target speaks for.
    """
    spoken_for = {
        (matched.node, getattr(matched.operation, "use", None)) for matched in matches(body)
    }
    spoken_for |= {(called.node, called.use) for called in call_targets(body)}
    return [
        dynamic
        for dynamic in (*_dynamic_uses(body), *_decorated_calls(body))
        if (dynamic.node, dynamic.implicit) not in spoken_for
    ]


def _decorated_calls(body: Body) -> Iterator[Dynamic]:
    """The calls of functions behind decorators of which mypy knows no type."""
    values = abstraction(body)
    for call in calls(body):
        function = function_named(body, call.callee)
        if not isinstance(function, Decorator) or known(function.var.type) is not None:
            continue
        if function.func.is_coroutine or function.func.is_generator or body.is_awaited(call):
            continue
        match call.callee:
            case MemberExpr(node=None, expr=receiver, name=name):
                use = Dispatch(values.value(receiver), (name,), values.arguments(call))
            case _:
                use = Dispatch(Function(function.fullname), CALL, values.arguments(call))
        yield Dynamic(call, use)


def _dynamic_uses(body: Body) -> Iterator[Dynamic]:
    """The uses of values of which the type leaves open what they are."""
    return (each for each in _each_use(body) if _is_telling(each.use.value))


def _each_use(body: Body) -> Iterator[Dynamic]:
    values = abstraction(body)
    callees: set[Expression] = set()
    for call in calls(body):
        callees.add(call.callee)
        match call.callee:
            case SuperExpr():
                continue
            case MemberExpr(expr=receiver, name=name) if call.callee.node is None:
                if _is_open(body, receiver):
                    yield Dynamic(
                        call,
                        Dispatch(
                            values.seen(values.value(receiver)), (name,), values.arguments(call)
                        ),
                    )
            case callee:
                if _is_open(body, callee):
                    yield Dynamic(
                        call,
                        Dispatch(values.seen(values.value(callee)), CALL, values.arguments(call)),
                    )
        yield from _run(body, call)
    for use in implicit_uses(body):
        if _is_open(body, use.value):
            used = Dispatch(values.seen(values.value(use.value)), METHODS[use.use])
            yield Dynamic(use.value, used, use.use)
    for read in reads(body):
        if read.node not in callees and _is_open(body, read.receiver):
            yield Dynamic(
                read.node,
                Dispatch(values.seen(values.value(read.receiver)), (read.name,), is_read=True),
            )


def callbacks(body: Body) -> Iterator[Dynamic]:
    """The functions that the calls of a body are given and run on items of another argument."""
    for call in calls(body):
        yield from _run(body, call)


def _run(body: Body, call: CallExpr) -> Iterator[Dynamic]:
    values = abstraction(body)
    for argument in run_at_once(body, call):
        yield Dynamic(call, Dispatch(values.value(argument), CALL, _handed(body, call, argument)))


def _handed(body: Body, call: CallExpr, argument: Expression) -> Arguments:
    """What a library function hands to a function that is its argument, by position."""
    values = abstraction(body)
    found: dict[int, list[Value]] = defaultdict(list)
    for function, place, given in handed(body, call):
        if function is argument:
            found[place].append(values.handed(given))
    places = range(max(found, default=-1) + 1)
    return tuple(
        Passed(ARG_POS.value, None, either(found[place]) if found[place] else UNKNOWN)
        for place in places
    )


def _is_telling(value: Value) -> bool:
    """Whether more is known of a value than its type says."""
    return isinstance(value, _OPEN) or _is_given(value)


def _is_given(value: Value) -> bool:
    return isinstance(value, Instance) and bool(value.given)


def _is_open(body: Body, value: Expression) -> bool:
    """Whether the type of a value leaves open which class it is of."""
    type_ = body.type_of(value)
    if type_ is None:
        return True
    info = class_of(type_)
    if info is None:  # one of several classes
        return None in alternatives(type_) or _is_given(abstraction(body).value(value))
    return _is_wide(info) or info.fullname == "builtins.function"


def _is_wide(info: TypeInfo) -> bool:
    return info.is_protocol or info.is_abstract or info.fullname in _WIDE


_WIDE: Final = frozenset({"builtins.object", "django.db.models.base.Model"})
