"""Coroutines that a body creates, and async functions used where a coroutine is expected."""

from collections.abc import Iterator

from mypy.nodes import (
    AssertStmt,
    AwaitExpr,
    CallExpr,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    ListExpr,
    MemberExpr,
    RefExpr,
    SetExpr,
    StarExpr,
    TupleExpr,
    TypeInfo,
)
from mypy.types import FunctionLike, ProperType

from mypy_async_django.bridge.types import (
    all_are,
    classes,
    definition,
    is_coroutine_type,
    is_left_to_subclasses,
    is_object,
    known,
    makes_coroutine,
    may_be_none,
)
from mypy_async_django.catalogue.builtin import MAP, Use
from mypy_async_django.catalogue.offload import AWAITERS, RUNNERS, SCHEDULERS
from mypy_async_django.index.coroutines.untyped_coroutines import calls_untyped_coroutine
from mypy_async_django.index.coroutines.value_uses import FinalUse, ValueUse, final_use
from mypy_async_django.index.resolution.call_targets import properties_read
from mypy_async_django.index.resolution.callees import named_function
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name, calls, implicit_uses

_AWAITABLE = "typing.Awaitable"
_TAKERS = AWAITERS | RUNNERS | SCHEDULERS


def coroutine_values(body: Body) -> Iterator[tuple[CallExpr | AwaitExpr | MemberExpr, FinalUse]]:
    """The calls that return a coroutine and the reads of async properties, each with its final use.

    Also calls that return another awaitable, if it is mistaken for its result, and awaits that return a
    coroutine: ``await sync_to_async(lambda: load())()`` returns one that nothing awaits. If an
    offloader is passed an async function itself, another rule reports it.
    """
    for node in body.nodes:
        if not isinstance(node, AwaitExpr) or _is_of_misused_bridge(body, node.expr):
            continue
        if is_coroutine_type(body.type_of(node)):
            yield node, final_use(body, node)
    for call in calls(body):
        if calls_coroutine(body, call):
            use = final_use(body, call)
            if not _may_give_generator(body, call, use) and not _decorates(body, call):
                yield call, use
        elif _maps_coroutine_function(body, call):
            yield call, final_use(body, call, inside=True)
        elif _gives_awaitable(type_ := body.type_of(call)) and not is_coroutine_type(type_):
            use = final_use(body, call)
            if use.use in _MISTAKEN and not isinstance(use.node, AssertStmt):
                yield call, use
    for read, getter in properties_read(body):
        if getter.is_coroutine and isinstance(read.node, MemberExpr):
            yield read.node, final_use(body, read.node)


def calls_coroutine(body: Body, call: Expression) -> bool:
    """Whether an expression is a call that returns a coroutine, whatever the receiver's class is."""
    if not isinstance(call, CallExpr):
        return False
    is_found = is_coroutine_type(body.type_of(call)) or calls_untyped_coroutine(body, call)
    return is_found and not (
        isinstance(call.callee, MemberExpr) and _has_sync_override(body, call.callee)
    )


def _has_sync_override(body: Body, method: MemberExpr) -> bool:
    """Whether a subclass in the module has a sync method in place of the receiver's async one."""
    names = body.module.tree.names.values() if body.module is not None else ()
    subclasses = [each.node for each in names if isinstance(each.node, TypeInfo)]
    return any(
        isinstance(own := info.names[method.name].node, FuncDef)
        and not own.is_coroutine
        and not makes_coroutine(known(own.type))
        for owner in classes(body.type_of(method.expr))
        for info in subclasses
        if owner in info.mro[1:] and method.name in info.names
    )


def _may_give_generator(body: Body, call: CallExpr, use: FinalUse) -> bool:
    """Whether ``async for`` gets the result of a method that subclasses implement as a generator.

    Without a ``yield`` in it, ``async def rows(self) -> AsyncIterator[Row]: ...`` declares a coroutine.
    """
    if not (isinstance(use.node, ForStmt) and use.node.is_async):
        return False
    method = definition(body.type_of(call.callee))
    tree = body.module.tree if body.module is not None else None
    return method is not None and is_left_to_subclasses(method, tree)


def _decorates(body: Body, call: CallExpr) -> bool:
    """Whether a call is ``app.get("/")(page)``: a decorator, whatever its type says that it returns."""
    is_made = isinstance(call.callee, CallExpr) and not definition(body.type_of(call.callee))
    return is_made and len(call.args) == 1 and isinstance(body.type_of(call.args[0]), FunctionLike)


def mypy_knows(body: Body, value: Expression) -> bool:
    """Whether mypy itself has checked an expression and knows its type."""
    found = body.types.type_of(value) if body.is_checked else None
    return found is not None and not is_object(found)


#: Uses that are wrong for any awaitable, also for a task that runs by itself.
_MISTAKEN = frozenset({ValueUse.TESTED, ValueUse.FORMATTED})


def uncalled_functions(body: Body) -> Iterator[Expression]:
    """Async functions used where a coroutine is expected: ``gather(run)``, ``if check:``.

    Without truth tests in bodies that mypy checks, as mypy reports those.
    """
    for call in calls(body):
        if called_name(body, call) in _TAKERS:
            yield from _uncalled(body, call.args)
    if not body.is_checked:
        tested = (use.value for use in implicit_uses(body) if use.use is Use.TRUTH)
        yield from _uncalled(body, list(tested))


def _gives_awaitable(type_: ProperType | None) -> bool:
    return all_are(type_, _AWAITABLE) and not may_be_none(type_)


def _uncalled(body: Body, expressions: list[Expression]) -> Iterator[Expression]:
    for expression in expressions:
        match expression:
            case ListExpr() | SetExpr() | TupleExpr():
                yield from _uncalled(body, expression.items)
            case StarExpr():
                yield from _uncalled(body, [expression.expr])
            case RefExpr() if makes_coroutine(body.type_of(expression)):
                yield expression


def _is_of_misused_bridge(body: Body, awaited: Expression) -> bool:
    offloaded = offloaded_by(body, awaited) if isinstance(awaited, CallExpr) else None
    named = named_function(body, offloaded.function) if offloaded else None
    return named is not None and named.is_awaited


def _maps_coroutine_function(body: Body, call: CallExpr) -> bool:
    return (
        called_name(body, call) == MAP
        and bool(call.args)
        and makes_coroutine(body.type_of(call.args[0]))
        and isinstance(body.parent(call), CallExpr | ForStmt | GeneratorExpr)
    )
