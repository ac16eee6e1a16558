"""Functions passed to threads or to ``async_to_sync``, and what they do."""

from collections.abc import Iterator, Sequence
from typing import Final

from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    ReturnStmt,
)
from mypy.types import CallableType, NoneType, ProperType, get_proper_type

from mypy_async_django.bridge.tree import functions, maker_of
from mypy_async_django.bridge.types import all_are, class_object, classes, is_object, known, member
from mypy_async_django.catalogue.builtin import EVALUATORS, METHODS
from mypy_async_django.catalogue.django import ASYNC_CLIENT, RESPONSE, STREAMING_RESPONSE
from mypy_async_django.catalogue.django_database import BOUND_TO_THREAD
from mypy_async_django.catalogue.offload import ASKING, TO_SYNC, Offloader
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.index.abstract import Call
from mypy_async_django.index.matches.closing import closes_connections
from mypy_async_django.index.matches.matches import api_of_function, api_of_member, matches
from mypy_async_django.index.matches.transitive_effects import reached
from mypy_async_django.index.resolution.call_targets import is_iterated
from mypy_async_django.index.resolution.callees import sync_callees
from mypy_async_django.index.resolution.offloading import (
    handed_over,
    is_called_early,
    is_run_elsewhere,
    offloaded_by,
    offloader_of,
)
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import (
    called_name,
    calls,
    full_name,
    function_named,
)

_FIRST: Final = (None, "awaitable")
_DJANGO: Final = "django."


def early_calls(body: Body) -> Iterator[CallExpr]:
    """The calls whose result is passed to an offloader where a function belongs.

    A call of unknown type counts only if it has an effect that the thread was meant for.
    """
    for call in calls(body):
        if is_called_early(body, call) and (
            body.type_of(call) is not None
            or any(_does(body, call.callee, effect) for effect in (Effect.RAISES, Effect.BLOCKS))
        ):
            yield call


def offloads(body: Body) -> Iterator[tuple[CallExpr, Offloader, Expression]]:
    """The calls that offload a function, each with the offloader and the function."""
    for call in calls(body):
        offloader = offloader_of(body, call)
        function = handed_over(call, offloader) if offloader else None
        if offloader is not None and function is not None:
            yield call, offloader, function


def bound_to_loop(body: Body) -> Iterator[tuple[CallExpr, Expression]]:
    """Methods of a connection of the event loop's thread that are passed to another thread."""
    for call, _, function in offloads(body) if body.is_coroutine else ():
        row = api_of_function(body, function) if isinstance(function, MemberExpr) else None
        if row is not None and row.name.startswith(BOUND_TO_THREAD):
            yield call, function


def decorating_offloaders(body: Body) -> Iterator[tuple[Expression, Offloader, FuncDef]]:
    """The offloaders that decorate functions directly, with their options."""
    for decorator, name, function in _lowest_decorators(body):
        offloader = body.catalogue.offloader(name)
        if offloader is not None and offloader.wraps:
            yield decorator, offloader, function


def _lowest_decorators(body: Body) -> Iterator[tuple[Expression, str, FuncDef]]:
    """The innermost decorator of each decorated function, with its full name."""
    for node in body.nodes:
        if isinstance(node, Decorator) and node.original_decorators:
            decorator = node.original_decorators[-1]
            if name := full_name(body, maker_of(decorator)):
                yield decorator, name, node.func


def offloaded_generators(body: Body) -> Iterator[tuple[CallExpr, FuncDef]]:
    """The awaited calls that create a generator in a thread, which the coroutine itself iterates."""
    for call in calls(body) if body.is_coroutine else ():
        function = _created_elsewhere(body, call)
        awaited = body.parent(call)
        if (
            function is not None
            and function.is_generator
            and not function.is_coroutine
            and isinstance(awaited, AwaitExpr)
            and is_iterated(body, awaited)
        ):
            yield call, function


def sync_streams(body: Body) -> Iterator[tuple[Expression, FuncDef]]:
    """The sync generators that a coroutine gives to a streaming response, with their functions."""
    for call in calls(body) if body.is_coroutine else ():
        if called_name(body, call) != STREAMING_RESPONSE:
            continue
        for given, keyword in zip(call.args, call.arg_names, strict=True):
            content = given if keyword in {None, "streaming_content"} else None
            makers = body.reaching_values(content) if content is not None else ()
            found = [_generator(body, maker) for maker in makers]
            if found and found[0] is not None and all(found):
                yield given, found[0]
            break


def _generator(body: Body, value: Expression) -> FuncDef | None:
    """The sync generator function that an expression calls."""
    function = function_named(body, value.callee) if isinstance(value, CallExpr) else None
    if not isinstance(function, FuncDef) or function.is_coroutine or not function.is_generator:
        return None
    return function


def _created_elsewhere(body: Body, call: CallExpr) -> FuncDef | None:
    """The function that a call runs in a thread by an offloader, which may decorate it."""
    offloaded = offloaded_by(body, call)
    match function_named(body, offloaded.function if offloaded else call.callee):
        case FuncDef() as function if offloaded:
            return function
        case Decorator(original_decorators=[_]) as decorator if not offloaded:
            return decorator.func if is_run_elsewhere(body, decorator) else None
        case _:
            return None


def awaits_in_vain(body: Body) -> Iterator[tuple[CallExpr, Expression]]:
    """The awaited offloader calls that only create a function, with the function they wrap."""
    for call, offloader, function in offloads(body):
        if offloader.wraps and body.is_awaited(call):
            yield call, function


def database_work(
    body: Body, function: Expression | FuncDef, arguments: Sequence[Expression] = ()
) -> tuple[str, ...] | None:
    """The call path from a function to its use of the database; None if it has none.

    Empty for a method of Django itself, as ``Book.objects.get``, and for ``list`` of a queryset.
    """
    if isinstance(function, FuncDef):
        return _work_inside(body, function)
    evaluator = EVALUATORS.get(full_name(body, function) or "")
    if evaluator is not None and arguments:
        row = api_of_member(body, arguments[0], METHODS[evaluator.use])
        return () if row and row.effect is Effect.RAISES else None
    return _does(body, function, Effect.RAISES)


def _work_inside(body: Body, function: FuncDef) -> tuple[str, ...] | None:
    """As `database_work`, for a function that an offloader decorates."""
    if body.module is None:
        return None
    inside = body.module.body_of(function)
    if closes_connections(inside):
        return None
    if any(
        matched.api.effect is Effect.RAISES and not matched.api.when for matched in matches(inside)
    ):
        return ()
    return next((found.path for found in reached(inside, Effect.RAISES)), None)


def _does(body: Body, function: Expression, effect: Effect) -> tuple[str, ...] | None:
    row = api_of_function(body, function)
    if row is not None:
        return () if row.effect is effect and not row.when else None
    for item in sync_callees(body, function):
        inside = Call("") if body.is_nested(item) else None
        way = body.effects.ways(item, call=inside).get(effect) if body.effects else None
        if way is None or body.effects is None:
            continue
        if effect is Effect.RAISES and body.effects.closes_connections(item, way):
            continue
        if not body.catalogue.trusts(item.fullname):
            return way.steps
    return None


def sync_functions_to_sync(body: Body) -> Iterator[tuple[Expression, Expression | FuncDef]]:
    """The uses of ``async_to_sync`` on a function that certainly returns no awaitable."""
    for call in calls(body):
        is_bridge = called_name(body, call) in TO_SYNC and call.args
        function = call.args[0] if is_bridge and call.arg_names[0] in _FIRST else None
        if function and _gives_no_awaitable(body, function) and not _asks_about(body, function):
            yield call, function
    for decorator, name, decorated in _lowest_decorators(body):
        if name in TO_SYNC and _answers_no_awaitable(body, decorated):
            yield decorator, decorated


def _gives_no_awaitable(body: Body, function: Expression) -> bool:
    type_ = body.type_of(function)
    if not isinstance(type_, CallableType) or class_object(type_):
        return False
    row = api_of_function(body, function)
    if row is not None and row.instead == ASYNC_CLIENT:
        return False
    result = get_proper_type(type_.ret_type)
    if _may_be_view(body, function, result):
        return False
    if _is_no_awaitable(result):
        return True
    found = list(sync_callees(body, function))
    return len(found) == 1 and _answers_no_awaitable(body, found[0])


def _may_be_view(body: Body, function: Expression, result: ProperType) -> bool:
    """Whether a function may be an async view whose declared type is that of a sync one.

    So may be whatever ``View.as_view()`` or ``dispatch`` gives, and each variable that holds a view.
    """
    if not all_are(result, RESPONSE):
        return False
    named = function_named(body, function)
    return named is None or named.fullname.startswith(_DJANGO)


def _asks_about(body: Body, function: Expression) -> bool:
    """Whether the body tests if an expression is a coroutine function."""
    text = body.source.text(function)
    return any(
        call.args and body.source.text(call.args[0]) == text
        for call in calls(body)
        if called_name(body, call) in ASKING
    )


def _answers_no_awaitable(body: Body, function: FuncDef | LambdaExpr) -> bool:
    """Whether a sync function of this module returns no awaitable."""
    if not isinstance(function, FuncDef) or function.is_coroutine or function.is_generator:
        return False
    if isinstance(function.type, CallableType) and known(function.type.ret_type) is not None:
        return _is_no_awaitable(get_proper_type(function.type.ret_type))
    # A method may be overridden by a coroutine function.
    if body.module is None or function.info or not _stands_in(body, function):
        return False
    inside = body.module.body_of(function)
    answers = [node.expr for node in inside.nodes if isinstance(node, ReturnStmt)]
    return all(_is_no_awaitable(inside.type_of(answer)) for answer in answers if answer)


def _stands_in(body: Body, function: FuncDef) -> bool:
    """Whether a function is defined in the body's module, so that its code is available."""
    module = body.module
    return module is not None and any(found is function for _, found in functions(module.tree))


def _is_no_awaitable(type_: ProperType | None) -> bool:
    if type_ is None or is_object(type_):
        return False
    if isinstance(type_, NoneType):
        return True
    found = classes(type_)
    return bool(found) and not any(
        member(info, "__await__") or info.fallback_to_any for info in found
    )


def is_switched_off(call: Expression, option: str) -> bool:
    """Whether a call has ``option=False``."""
    return isinstance(call, CallExpr) and any(
        name == option and isinstance(value, NameExpr) and value.fullname == "builtins.False"
        for value, name in zip(call.args, call.arg_names, strict=True)
    )
