"""Parameter reads: relations that a function reads on its arguments, and calls that lack them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_NAMED,
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    Expression,
    FuncDef,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    Node,
    ReturnStmt,
    StrExpr,
    Var,
)
from mypy.types import CallableType, get_proper_type

from mypy_async_django.bridge.models import (
    RELATED_MANAGERS,
    is_column,
    is_model,
    is_single_relation,
    is_to_many,
    may_hold_rows,
)
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import all_are, alternatives, class_of, is_a, known
from mypy_async_django.catalogue.builtin import METHODS, Use
from mypy_async_django.catalogue.django import REQUEST, VIEW
from mypy_async_django.catalogue.django_contrib import ANSWERED_BY_LOADED_SESSIONS
from mypy_async_django.catalogue.queries import FROM_ROWS
from mypy_async_django.index.abstract import (
    ALL,
    ITEM,
    Call,
    Dispatch,
    Follow,
    Instance,
    Of,
    Passed,
    roots,
    row_keys,
)
from mypy_async_django.index.matches.abstraction import abstraction, may_be_row
from mypy_async_django.index.matches.actions import (
    call_of,
    callbacks,
    dynamic_uses,
    run_of,
)
from mypy_async_django.index.matches.matches import matches
from mypy_async_django.index.matches.rendered import rendered_users
from mypy_async_django.index.paths import ANY, Attribute
from mypy_async_django.index.paths import ITEM as ITEM_OF_VALUE
from mypy_async_django.index.queries import Row
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.call_targets import (
    Called,
    call_targets,
    methods_used,
    properties_read,
)
from mypy_async_django.index.resolution.callees import CONSTRUCTORS, named_function
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.operations import (
    Read,
    attributes_in,
    called_name,
    calls,
    implicit_uses,
    reads,
)
from mypy_async_django.index.values.entry_points import Source, is_handler, source_of
from mypy_async_django.index.values.escapes import escapes
from mypy_async_django.index.values.inner_functions import run_here
from mypy_async_django.index.values.lazy_evaluation import looked_into
from mypy_async_django.index.values.library_calls import handed
from mypy_async_django.index.values.relations import may_be_changed, may_be_set
from mypy_async_django.index.values.rendering import renderings
from mypy_async_django.index.values.requests import (
    LOAD,
    SESSION,
    USER,
    loaded_users,
    may_be_loaded,
)
from mypy_async_django.index.values.sources import Argument, sources

_USER: Final = "django.contrib.auth.base_user.AbstractBaseUser"
_GETTER: Final = "operator.attrgetter"

Path = tuple[str, ...]

#: Where classes come from whose instances are no rows, nor have rows as subclasses.
_NO_ROWS: Final = ("builtins.", "datetime.", "decimal.", "django.", "pathlib.", "uuid.")


class PassedOn(NamedTuple):
    """A parameter that a function passes on to a parameter of another, by its full name."""

    parameter: str
    function: str
    to: str


class Lacking(NamedTuple):
    """A call or read whose function needs what the instance's query did not load.

    ``name`` is the attribute that was not loaded of ``row``, which is what the function is ``given``,
    or behind it. ``way`` is the call chain to the read, as full names of functions.
    """

    node: Expression
    given: Expression
    row: Row
    name: str
    way: tuple[str, ...]


def follows_of(body: Body) -> Iterator[tuple[Follow, Node]]:
    """What a function follows of its parameters, unless it may have loaded it, with the nodes.

    Where a parameter's type is unknown, all attributes: the call will tell which are relations.
    """
    values = abstraction(body)
    for read in reads(body):
        if not _may_be_relation(body, read) or is_caught(body, read.node):
            continue
        follow = Follow(values.value(read.receiver), read.name)
        is_open = any(roots(follow.value))
        if is_open and not may_be_set(body, read.receiver, read.name, read.node):
            yield follow, read.node
    for use in implicit_uses(body):
        name = METHODS[use.use][0]
        if name in FROM_ROWS and _may_be_related(body, use.value):
            yield Follow(values.value(use.value), name), use.value
    for call in calls(body):
        match call.callee:
            case MemberExpr(expr=related, name=name) if name in FROM_ROWS:
                if _may_be_related(body, related):
                    yield Follow(values.value(related), name), call
            case _:
                pass
    yield from _looked_into(body)
    yield from _asked_of_templates(body)
    yield from _asked_of_requests(body)


def _looked_into(body: Body) -> Iterator[tuple[Follow, Node]]:
    """The parameters that a body looks into: what is lazy about a user is loaded then."""
    for node in body.every(NameExpr):
        if node in looked_into(body) and (parameter := _parameter(body, node)):
            type_ = body.type_of(node)
            if type_ is None or all_are(type_, _USER):
                yield Follow(Of((parameter,)), LOAD), node


def _asked_of_templates(body: Body) -> Iterator[tuple[Follow, Node]]:
    """What a template reads of the values that a body renders it with."""
    values = abstraction(body)
    for rendering in renderings(body):
        for item in rendering.items:
            given = values.value(item.value)
            if not isinstance(given, Of) or item.path:
                continue
            for use in rendering.uses_of(item) or ():
                steps = tuple(ALL if step == "all" else step for step in use.path)
                if steps:
                    yield Follow(Of((*given.path, *steps[:-1])), _followed(steps[-1])), item.value
                elif use.use is Use.ITERATE:
                    yield Follow(given, METHODS[use.use][0]), item.value


def _followed(step: str) -> str:
    """What a step of a template follows: the rows of a relation, or an attribute."""
    return METHODS[Use.ITERATE][0] if step in {ITEM, ALL} else step


def _may_be_related(body: Body, value: Expression) -> bool:
    """Whether a value may be a relation to many rows, or all rows of one."""
    match value:
        case CallExpr(callee=MemberExpr(name="all", expr=MemberExpr() as manager), args=[]):
            pass
        case MemberExpr() as manager:
            pass
        case _:
            return False
    type_ = body.type_of(manager)
    return type_ is None or all_are(type_, *RELATED_MANAGERS)


def _asked_of_requests(body: Body) -> Iterator[tuple[Follow, Node]]:
    """The users and sessions that a function loads from a request it is given."""
    for user in loaded_users(body, for_callers=True):
        if source := source_of(body, user.receiver):
            yield _load(source, USER), user.receiver
    for rendered in rendered_users(body, for_callers=True):
        if source := source_of(body, rendered.request):
            yield _load(source, _LOADS[rendered.name]), rendered.request
    for matched in () if body.is_coroutine else matches(body):
        session = matched.receiver
        is_answered = matched.api.name in ANSWERED_BY_LOADED_SESSIONS
        if not is_answered or not isinstance(session, MemberExpr):
            continue
        source = source_of(body, session.expr)
        if source and all_are(body.type_of(session.expr), REQUEST):
            yield _load(source, SESSION), matched.node


def _load(request: Source, what: tuple[str, str]) -> Follow:
    return Follow(Of((request.parameter, *request.path, what[0])), what[1])


def _may_be_relation(body: Body, read: Read) -> bool:
    info = class_of(body.type_of(read.receiver))
    if info is not None:
        return is_model(info) and is_single_relation(info, read.name)
    parent = body.parent(read.node)
    is_called = isinstance(parent, CallExpr) and parent.callee is read.node
    return not is_called and not read.name.startswith("_")


def passes_of(body: Body) -> Iterator[PassedOn]:
    """The parameters that a function passes on as they came in, with or without a call to see."""
    for taken in _passed(body):
        if is_caught(body, taken.node):
            continue
        if parameter := _parameter(body, taken.given):
            yield PassedOn(parameter, taken.function.fullname, taken.parameter)


def _passed(body: Body) -> Iterator["_Taken"]:
    for taken in _taken(body, _is_argument):
        is_row = _parameter(body, taken.given) is not None and _may_be_followed(body, taken.given)
        if is_row and not may_be_changed(body, taken.given, taken.node):
            yield taken


def touches_of(body: Body) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The parameters of which a function only reads, calls and sets attributes, with their names.

    It may pass them on to functions that `passes_of` tells. What is formatted counts as a call of
    ``__str__``. A constructor may keep an argument in an attribute of the new object. Parameters
    that cannot receive a model instance are left out.
    """
    function = body.function
    if not isinstance(function, FuncDef) or not function.body.body:
        return  # mypy leaves out the bodies of modules whose errors it does not show
    names = [
        argument.variable.name  # mypy leaves names out of "arg_names"
        for index, argument in enumerate(function.arguments)
        if not argument.kind.is_star() and _may_receive_row(function, index)
    ]
    touched: dict[str, set[str]] = defaultdict(set)
    for value, attribute in _each_touch(body) if names else ():
        for parameter in _parameters_in(body, value):
            touched[parameter].add(attribute)
    for name in names:
        if "" not in touched[name]:
            yield name, tuple(sorted(touched[name]))


def _may_receive_row(function: FuncDef, index: int) -> bool:
    """Whether a parameter may receive a model instance, as far as its type is known."""
    if index == 0 and function.info and not function.is_static:
        is_mixin = all(base.type.fullname == "builtins.object" for base in function.info.bases)
        return is_mixin or is_model(function.info)  # a mixin may be one of a model
    type_ = function.type.arg_types[index] if isinstance(function.type, CallableType) else None
    infos = map(class_of, alternatives(get_proper_type(type_))) if type_ is not None else (None,)
    return may_hold_rows(known(type_)) or any(
        info is None
        or info.fullname == "builtins.object"
        or is_model(info)
        or not info.fullname.startswith(_NO_ROWS)
        for info in infos
    )


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
    for call in calls(body):
        for function, place, items in handed(body, call):
            yield from ((items.value, name) for name in _read_of_parameter(function, place))
    passed = {taken.given for taken in _passed(body)}
    for _, given in escapes(body):
        if given not in passed:
            yield given, ""


def _read_of_parameter(function: Expression, place: int) -> Iterator[str]:
    """The attributes that a lambda reads of a parameter; empty for all else that it may do."""
    names = function.arg_names[place : place + 1] if isinstance(function, LambdaExpr) else []
    inside = list(walk(function)) if names else []
    read = {node.expr: node.name for node in inside if isinstance(node, MemberExpr)}
    if not names:
        yield ""
    yield from (
        read.get(node, "")
        for node in inside
        if isinstance(node, NameExpr) and node.name == names[0] and node.node is not None
    )


def _parameters_in(body: Body, value: Expression) -> frozenset[str]:
    """The parameters that a value, or something in it, may come from."""
    return frozenset(
        source.parameter
        for path in ((), (ITEM_OF_VALUE,), (ANY,))
        for source in sources(body, value, path).items
        if isinstance(source, Argument)
        and not any(isinstance(step, Attribute) for step in source.path)  # read as such
    )


def _may_be_followed(body: Body, value: Expression) -> bool:
    """Whether a value may be a row or a request, as far as its type is known."""
    type_ = body.type_of(value)
    infos = map(class_of, alternatives(type_)) if type_ is not None else ()
    return may_be_row(body, value) or any(info and is_a(info, REQUEST) for info in infos)


def lacking(body: Body) -> Iterator[Lacking]:
    """The calls and properties that read on an instance of this body what its query left out."""
    if body.effects is None:
        return
    values = abstraction(body)
    for node, use in uses(body):
        if not any(row_keys(use)) or is_caught(body, node):
            continue
        for path, way in body.effects.needs(use, values.condition(node)).items():
            given, rows = values.rows[path[0]]
            missing = _missing_of_all(rows, path[1:])
            if missing is None:
                continue
            is_done = may_be_set(body, given, path[1], _beginning(node))
            if not is_done and not _is_read_before(body, path, node):
                yield Lacking(node, given, *missing, way)
                break
    yield from _lacking_in_getters(body)
    for inner in run_here(body) if body.is_coroutine else ():
        yield from lacking(inner)


def _lacking_in_getters(body: Body) -> Iterator[Lacking]:
    """What ``attrgetter("author.name")`` lacks of the rows that a library function hands to it."""
    for call in calls(body):
        for getter, _, given in handed(body, call):
            if not isinstance(getter, CallExpr) or called_name(body, getter) != _GETTER:
                continue
            rows = sources(body, given.value, given.path).rows
            texts = [each.value for each in getter.args if isinstance(each, StrExpr)]
            for path in [tuple(text.split(".")) for text in texts] if rows else ():
                missing = _missing_of_all(rows, path)
                is_done = may_be_set(body, given.value, path[0], call) or is_caught(body, call)
                if missing is not None and not is_done:
                    yield Lacking(call, given.value, *missing, (_GETTER,))


def _is_read_before(body: Body, path: Path, node: Expression) -> bool:
    """Whether the body itself has read the first step of a path: that is reported, or loaded it."""
    key, name, *_ = path
    return any(
        read.name == name
        and body.flow.reaches(read.node, node)
        and getattr(abstraction(body).value(read.receiver), "given", ()) == (key,)
        for read in reads(body)
    )


def _beginning(node: Expression) -> Expression:
    """What a node evaluates first: of a call of a method, the method."""
    return node.callee if isinstance(node, CallExpr) else node


def uses(body: Body) -> Iterator[tuple[Expression, Call | Dispatch]]:
    """What a body calls and runs otherwise, with the values that it gives; coroutines too."""
    for called in call_targets(body):
        if called.is_callee:  # the others are among the callbacks
            yield called.node, run_of(body, called)
    for callback in callbacks(body):
        yield callback.node, callback.use
    for called, use in coroutine_calls(body):
        yield called.node, use
    for dynamic in dynamic_uses(body):
        yield dynamic.node, dynamic.use


def coroutine_calls(body: Body) -> Iterator[tuple[Called, Call]]:
    """The calls of async functions, with what they pass."""
    for call in calls(body):
        found = named_function(body, call.callee)
        if found is not None and found.function.is_coroutine:
            called = Called(call, found.function)
            awaited = call_of(body, called)
            if isinstance(receiver := awaited.receiver, Instance):
                # What is stored in its attributes, the coroutine reports itself.
                awaited = replace(awaited, receiver=replace(receiver, kept=()))
            yield called, awaited


class Loading(NamedTuple):
    """A call whose function loads the user or session of the request, or view, that it is given.

    ``way`` is the call chain, as full names of functions, with what is loaded at the end.
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
        for (_, *path), way in _needs(body, taken).items():
            *prefix, name, load = path if len(path) > 1 else (*path, "")
            loaded = _LOADED.get((name, load))
            if loaded is None or not _leads_to_request(body, taken.given, tuple(prefix)):
                continue
            if not may_be_loaded(body, taken.given, name, taken.node):
                yield Loading(taken.node, taken.function, (*way, loaded))
    yield from _users_handed_on(body)


def _needs(body: Body, taken: "_Taken") -> Mapping[Path, Path]:
    """What a function follows of what it gets for a parameter, and by which functions."""
    given = Passed(ARG_NAMED.value, taken.parameter, Instance("", given=("",)))
    use = Call(taken.function.fullname, None, (given,))
    return body.effects.needs(use) if body.effects is not None else {}


def _users_handed_on(body: Body) -> Iterator[Loading]:
    """The calls of functions that look into the user of a request that nobody has loaded."""
    requests = {
        value.expr: value
        for call in calls(body)
        for given in _handed(call)
        for value in body.reaching_values(given)
        if isinstance(value, MemberExpr) and value.name == USER[0]
        if all_are(body.type_of(value.expr), REQUEST)
    }
    if not requests or body.effects is None:
        return

    def is_user(given: Expression) -> bool:
        return not requests.keys().isdisjoint(
            getattr(value, "expr", None) for value in body.reaching_values(given)
        )

    for taken in _taken(body, is_user):
        needs = _needs(body, taken)
        [read, *_] = body.reaching_values(taken.given)
        if not needs or not isinstance(read, MemberExpr):
            continue
        if not may_be_loaded(body, read.expr, USER[0], taken.node):
            way = min(needs.values(), key=len)
            yield Loading(taken.node, taken.function, (*way, _LOADED[USER]))


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


def _missing_of_all(rows: Sequence[Row], path: Path) -> tuple[Row, str] | None:
    """The first step of a path that none of the rows has loaded, with the first row's."""
    missing = [_missing(row, path) for row in rows]
    return missing[0] if all(missing) else None


def _missing(row: Row, path: Path) -> tuple[Row, str] | None:
    """The first step of a path that the row's query did not load."""
    model, (name, *rest) = row.model, path
    if model is None:
        return None
    if is_column(model, name) and not row.has_column(name):
        return row, name
    if is_single_relation(model, name):
        if not row.has_loaded(name):
            return row, name
        return _missing(row.follow(name), tuple(rest)) if rest else None
    if not is_to_many(model, name):
        return None
    rest = rest[1:] if rest[:1] == [ALL] else rest
    match rest:
        case [use, *_] if (use == ITEM or use in FROM_ROWS) and not row.has_prefetched(name):
            return row, name
        case [use, *further] if use == ITEM and further:
            return _missing(row.follow(name), tuple(further))
        case _:
            return None


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
