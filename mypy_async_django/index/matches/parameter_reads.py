"""Parameter reads: relations that a function reads on its arguments, and calls that lack them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    Expression,
    FuncDef,
    IntExpr,
    MemberExpr,
    NameExpr,
    Node,
    ReturnStmt,
    StrExpr,
    Var,
)

from mypy_async_django.bridge.models import is_column, is_model, is_single_relation
from mypy_async_django.bridge.types import all_are, alternatives, class_of, is_a
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.django import REQUEST, VIEW
from mypy_async_django.catalogue.django_contrib import ANSWERED_BY_LOADED_SESSIONS
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.matches.rendered import rendered_users
from mypy_async_django.index.queries import Row
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.call_targets import methods_used, properties_read
from mypy_async_django.index.resolution.callees import CONSTRUCTORS, named_function
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.operations import (
    Read,
    attributes_in,
    calls,
    implicit_uses,
    reads,
)
from mypy_async_django.index.values.entry_points import is_handler, source_of
from mypy_async_django.index.values.escapes import escapes
from mypy_async_django.index.values.paths import ANY, ITEM, Attribute
from mypy_async_django.index.values.provenance import rows_of
from mypy_async_django.index.values.relations import may_be_changed, may_be_set
from mypy_async_django.index.values.requests import (
    SESSION,
    USER,
    loaded_users,
    may_be_loaded,
)
from mypy_async_django.index.values.sources import Argument, sources

Path = tuple[str, ...]


class Need(NamedTuple):
    """Attributes that a function reads, one after the other, on what a parameter gets."""

    parameter: str
    path: Path


class Passed(NamedTuple):
    """A parameter that a function passes on to a parameter of another, by its full name."""

    parameter: str
    function: str
    to: str


class Lacking(NamedTuple):
    """A call or read whose function needs what the instance's query did not load.

    ``name`` is the attribute that was not loaded of ``row``, which is what the function is ``given``,
    or behind it. ``way`` are the full names of the functions through which the read happens.
    """

    node: Expression
    given: Expression
    row: Row
    name: str
    way: tuple[str, ...]


def needs_of(body: Body) -> Iterator[Need]:
    """The relations that a function reads on its parameters, unless it may have loaded them.

    Where a parameter's type is unknown, all attributes: the call will tell which are relations.
    """
    for read in reads(body):
        root, path = _chain(read)
        if not _is_argument(root) or not _may_be_relation(body, read):
            continue
        parameter = _parameter(body, root)
        if is_caught(body, read.node):
            continue
        if parameter and not may_be_set(body, read.receiver, read.name, read.node):
            yield Need(parameter, path)
    yield from _asked_of_requests(body)


def _asked_of_requests(body: Body) -> Iterator[Need]:
    """The users and sessions that a function loads from a request it is given."""
    for user in loaded_users(body, for_callers=True):
        if source := source_of(body, user.receiver):
            yield Need(source.parameter, (*source.path, *USER))
    for rendered in rendered_users(body, for_callers=True):
        if source := source_of(body, rendered.request):
            yield Need(source.parameter, (*source.path, *_LOADS[rendered.name]))
    for matched in () if body.is_coroutine else matches(body):
        session = matched.receiver
        is_answered = matched.api.name in ANSWERED_BY_LOADED_SESSIONS
        if not is_answered or not isinstance(session, MemberExpr):
            continue
        source = source_of(body, session.expr)
        if source and all_are(body.type_of(session.expr), REQUEST):
            yield Need(source.parameter, (*source.path, *SESSION))


def _may_be_relation(body: Body, read: Read) -> bool:
    info = class_of(body.type_of(read.receiver))
    if info is not None:
        return is_model(info) and is_single_relation(info, read.name)
    parent = body.parent(read.node)
    is_called = isinstance(parent, CallExpr) and parent.callee is read.node
    return not is_called and not read.name.startswith("_")


def passes_of(body: Body) -> Iterator[Passed]:
    """The parameters that a function passes on as they came in, with or without a call to see."""
    for taken in _passed(body):
        if is_caught(body, taken.node):
            continue
        if parameter := _parameter(body, taken.given):
            yield Passed(parameter, taken.function.fullname, taken.parameter)


def _passed(body: Body) -> Iterator["_Taken"]:
    for taken in _taken(body, _is_argument):
        is_row = _parameter(body, taken.given) is not None and _may_be_row(body, taken.given)
        if is_row and not may_be_changed(body, taken.given, taken.node):
            yield taken


def touches_of(body: Body) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The parameters of which a function only reads, calls and sets attributes, with their names.

    It may pass them on to functions that `passes_of` tells. What is formatted counts as a call of ``__str__``. A constructor may keep an argument in an
    attribute of the new object.
    """
    function = body.function
    if not isinstance(function, FuncDef) or not function.body.body:
        return  # mypy leaves out the bodies of modules whose errors it does not show
    touched: dict[str, set[str]] = defaultdict(set)
    for value, attribute in _each_touch(body):
        for parameter in _parameters_in(body, value):
            touched[parameter].add(attribute)
    for argument in function.arguments:  # mypy leaves names out of "arg_names"
        name = argument.variable.name
        if not argument.kind.is_star() and "" not in touched[name]:
            yield name, tuple(sorted(touched[name]))


def _each_touch(body: Body) -> Iterator[tuple[Expression, str]]:
    """The values that a body does something with, and the attribute that it uses, if it is one."""
    for read in reads(body):
        yield read.receiver, read.name
    for use in implicit_uses(body):
        if use.use is Use.FORMAT:
            yield use.value, "__str__"
    is_constructor = isinstance(body.function, FuncDef) and body.function.name in CONSTRUCTORS
    for assignment in body.every(AssignmentStmt):
        for target in attributes_in(assignment.lvalues):
            yield target.expr, target.name
        is_kept = not is_constructor and not all(
            isinstance(target, NameExpr) for target in assignment.lvalues
        )
        if is_kept:
            yield assignment.rvalue, ""
    passed = {taken.given for taken in _passed(body)}
    for _, given in escapes(body):
        if given not in passed:
            yield given, ""


def _parameters_in(body: Body, value: Expression) -> frozenset[str]:
    """The parameters that a value, or something in it, may come from."""
    return frozenset(
        source.parameter
        for path in ((), (ITEM,), (ANY,))
        for source in sources(body, value, path).items
        if isinstance(source, Argument)
        and not any(isinstance(step, Attribute) for step in source.path)  # read as such
    )


def _may_be_row(body: Body, value: Expression) -> bool:
    """Whether a value may be a row or a request, as far as its type is known."""
    type_ = body.type_of(value)
    return type_ is None or any(
        info is None or is_model(info) or is_a(info, REQUEST)
        for info in map(class_of, alternatives(type_))
    )


def lacking(body: Body) -> Iterator[Lacking]:
    """The calls and properties that read on an instance of this body what its query left out."""
    if body.effects is not None:
        for taken in _taken(body, _is_no_constant):
            if not is_caught(body, taken.node):
                yield from _lacks(body, taken)


class Loading(NamedTuple):
    """A call whose function loads the user or session of the request, or view, that it is given.

    ``way`` are the full names of the functions, with what is loaded at the end.
    """

    node: Expression
    function: FuncDef
    way: tuple[str, ...]


def request_loads(body: Body) -> Iterator[Loading]:
    """The calls of functions that load what this body did not, as far as it shows."""
    if body.effects is None:
        return
    for taken in _taken(body, lambda given: source_of(body, given) is not None):
        if is_handler(taken.function):
            continue  # reported itself
        for path, way in body.effects.needs(taken.function, taken.parameter):
            *prefix, name, load = path if len(path) > 1 else (*path, "")
            loaded = _LOADED.get((name, load))
            if loaded is None or not _leads_to_request(body, taken.given, tuple(prefix)):
                continue
            if not may_be_loaded(body, taken.given, name, taken.node):
                yield Loading(taken.node, taken.function, (*way, loaded))


def _leads_to_request(body: Body, given: Expression, path: Path) -> bool:
    """Whether a value is a request or, with the path ``request``, a view that has one."""
    return all_are(body.type_of(given), VIEW if path == ("request",) else REQUEST)


_LOADS: Final = {"session": SESSION, "user": USER}
#: What is loaded, as a person would call it.
_LOADED: Final = {USER: "HttpRequest.user", SESSION: "HttpRequest.session"}


class _Taken(NamedTuple):
    """An expression whose value a function gets for a parameter, at a node that makes it run."""

    node: Expression
    given: Expression
    function: FuncDef
    parameter: str


def _taken(body: Body, counts: Callable[[Expression], bool]) -> Iterator[_Taken]:
    """What functions are given by a body's operations, of the expressions that count."""
    for call in calls(body):
        if any(map(counts, _handed(call))) and (found := named_function(body, call.callee)):
            if found.is_awaited and not found.function.is_coroutine:
                continue  # a decorator has it run in a thread
            for name, given in bind(call, found.function):
                if counts(given):
                    yield _Taken(call, given, found.function, name)
    for read, property_ in properties_read(body):
        if counts(read.receiver):
            yield from _self_taken(read.node, read.receiver, property_)
    for use, method in methods_used(body):
        if counts(use.value):
            yield from _self_taken(use.value, use.value, method)


def _handed(call: CallExpr) -> Iterator[Expression]:
    yield from call.args
    if isinstance(call.callee, MemberExpr):
        yield call.callee.expr


def _self_taken(node: Expression, given: Expression, method: FuncDef) -> Iterator[_Taken]:
    if method.arg_names:
        # mypy leaves out the names of what special methods take.
        yield _Taken(node, given, method, method.arg_names[0] or "self")


def _lacks(body: Body, taken: _Taken) -> Iterator[Lacking]:
    rows = rows_of(body, taken.given)
    if not rows or body.effects is None:
        return
    for path, way in body.effects.needs(taken.function, taken.parameter):
        missing = [_missing(row, path) for row in rows]
        first = missing[0]
        if first is not None and all(missing):
            row, name = first
            is_done = may_be_set(body, taken.given, path[0], taken.node)
            if not is_done and not is_caught(body, taken.node):
                yield Lacking(taken.node, taken.given, row, name, way)
                return


def _missing(row: Row, path: Path) -> tuple[Row, str] | None:
    """The first step of a path that the row's query did not load."""
    for name in path:
        model = row.model
        if model is None:
            return None
        if is_column(model, name) and not row.has_column(name):
            return row, name
        if not is_single_relation(model, name):
            return None
        if not row.has_loaded(name):
            return row, name
        row = row.follow(name)
    return None


def _chain(read: Read) -> tuple[Expression, Path]:
    """What a read starts from, and the attributes from there: ``docket.court.name``."""
    names = [read.name]
    receiver = read.receiver
    while isinstance(receiver, MemberExpr):
        names.append(receiver.name)
        receiver = receiver.expr
    return receiver, tuple(reversed(names))


def is_untouched_argument(body: Body, name: NameExpr) -> bool:
    """Whether a name is a parameter as it came in, which the body at most compares and returns."""
    return _parameter(body, name) is not None and all(
        _only_compares(body.parent(other))
        for other in body.every(NameExpr)
        if other.name == name.name
    )


def _only_compares(node: Node | None) -> bool:
    if isinstance(node, ComparisonExpr):
        return {*node.operators} <= {"is", "is not"}
    return isinstance(node, ReturnStmt)


def _parameter(body: Body, expression: Expression) -> str | None:
    """The name of the parameter whose argument an expression is, as it came in."""
    if not isinstance(expression, NameExpr) or not _is_argument(expression):
        return None
    bindings = body.flow.reaching(expression)
    is_given = all(binding.kind is BindingKind.ARGUMENT for binding in bindings)
    return expression.name if bindings and is_given else None


def _is_argument(expression: Expression) -> bool:
    """Whether an expression is a parameter's name: what it holds there, the flow tells."""
    return (
        isinstance(expression, NameExpr)
        and isinstance(expression.node, Var)
        and expression.node.is_argument
    )


def _is_name(expression: Expression) -> bool:
    return isinstance(expression, NameExpr)


def _is_no_constant(expression: Expression) -> bool:
    return not isinstance(expression, StrExpr | IntExpr)
