"""Call targets: the functions that a body runs, by explicit calls and by implicit ones."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Decorator,
    DelStmt,
    Expression,
    FuncDef,
    GeneratorExpr,
    LambdaExpr,
    MemberExpr,
    OperatorAssignmentStmt,
    OpExpr,
    OverloadedFuncDef,
    RefExpr,
    StrExpr,
    SuperExpr,
    SymbolNode,
    TypeInfo,
    Var,
    WithStmt,
)
from mypy.types import CallableType, Instance, get_proper_type

from mypy_async_django.bridge.types import (
    all_are,
    alternatives,
    class_of,
    classes,
    common_member,
    is_a,
    is_awaitable,
    known,
    member,
)
from mypy_async_django.catalogue.builtin import ITERATED_LATER, METHODS, Use
from mypy_async_django.catalogue.transfers import transfers
from mypy_async_django.index.resolution.callees import (
    CACHED_FUNCTION,
    CACHED_PROPERTIES,
    behind,
    getter,
    inherited,
    sync_function,
)
from mypy_async_django.index.resolution.declared import DeclaredCall, declared_calls
from mypy_async_django.index.resolution.offloading import is_run_elsewhere
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import (
    ImplicitUse,
    Read,
    attributes_in,
    called_name,
    calls,
    implicit_uses,
    reads,
)


class _Callback(NamedTuple):
    """The position and keyword of a parameter that takes a callback."""

    position: int
    keyword: str = "callback"


#: Methods of asyncio that run a function on the event loop.
RUN_BY_ASYNCIO: Final = {
    "add_done_callback": _Callback(0),
    "add_reader": _Callback(1),
    "add_signal_handler": _Callback(1),
    "add_writer": _Callback(1),
    "call_at": _Callback(1),
    "call_later": _Callback(1),
    "call_soon": _Callback(0),
    "call_soon_threadsafe": _Callback(0),
}
#: A cache calls its ``default`` on the event loop too, before its first await.
RUN_BY_CACHE: Final = "aget_or_set"
_ASYNCIO: Final = ("asyncio.", "_asyncio.", "uvloop.")
_CACHE: Final = "django.core.cache.backends.base.BaseCache"
_MAPPING: Final = frozenset({"builtins.filter", "builtins.map"})
_ITERATORS: Final = "itertools."


class Called(NamedTuple):
    """A function that runs, and the expression that runs it: by an implicit ``use`` if not a call.

    ``function`` is a variable where a module or class variable holds the function: summaries know
    which one.
    """

    node: Expression
    function: FuncDef | LambdaExpr | Var
    use: Use | None = None
    is_callee: bool = True
    """Whether a call runs it as its callee, not as one of its arguments."""
    declared: DeclaredCall | None = None
    """The call of a method that does what a class declares."""

    @property
    def makes_items(self) -> bool:
        """Whether the call only creates a generator: its body runs where it is iterated."""
        if self.use is not None or isinstance(self.function, Var):
            return False
        return self.function.is_generator


@once
def call_targets(body: Body) -> Sequence[Called]:
    """The sync functions that a body's operations run, as far as types tell.

    A method is looked up in the static class of its receiver; overrides in subclasses are not
    followed. Left out are coroutine functions and those that a decorator turns into another object.
    """
    return tuple(_called_functions(body))


def _called_functions(body: Body) -> Iterator[Called]:
    for call in calls(body):
        for node in behind(body, call.callee):
            function = _run_by_call(body, call, node)
            if function and not (body.is_awaited(call) and _gives_nothing_to_await(node, function)):
                yield Called(call, function)
        for argument in run_at_once(body, call):
            for node in behind(body, argument):
                if function := _run_by_call(body, call, node):
                    yield Called(call, function, is_callee=False)
    for use, method in methods_used(body):
        yield Called(use.value, method, use.use)
    for read, property_ in properties_read(body):
        yield Called(read.node, property_)
    for target, accessor in _accessors_run(body):
        yield Called(target, accessor, Use.ASSIGN)
    for found in declared_calls(body):
        yield Called(found.node, found.method, found.use, declared=found)
    for inner in body.every(SuperExpr):
        for symbol in inherited(inner):
            if property_of_base := getter(symbol):
                yield Called(inner, property_of_base)


def _accessors_run(body: Body) -> Iterator[tuple[MemberExpr, Var]]:
    """The property setters and deleters that run, with the attribute that is assigned or deleted."""
    for target in _assigned(body):
        infos = classes(body.type_of(target.expr))
        property_ = common_member(infos, target.name) if infos else None
        if isinstance(property_, OverloadedFuncDef) and property_.is_property:
            accessor = "deleter" if isinstance(body.parent(target), DelStmt) else "setter"
            name = Var(f"{target.name}.{accessor}")
            name._fullname = f"{property_.fullname}.{accessor}"
            yield target, name


def _assigned(body: Body) -> Iterator[MemberExpr]:
    for assignment in body.every(AssignmentStmt):
        yield from attributes_in(assignment.lvalues)
    yield from attributes_in(changed.lvalue for changed in body.every(OperatorAssignmentStmt))
    yield from attributes_in(deleted.expr for deleted in body.every(DelStmt))


@once
def methods_used(body: Body) -> Sequence[tuple[ImplicitUse, FuncDef]]:
    """The special methods that run implicitly: ``__iter__`` in a loop, ``__exit__`` in a block."""
    return tuple(_methods_used(body))


def _methods_used(body: Body) -> Iterator[tuple[ImplicitUse, FuncDef]]:
    for use in implicit_uses(body):
        infos = classes(body.type_of(use.value))
        for names in _protocol(body, use):
            functions = {_method(info, names) for info in infos}
            function = functions.pop() if len(functions) == 1 else None
            if function and (not function.is_generator or _takes_items(body, use)):
                yield use, function


@once
def properties_read(body: Body) -> Sequence[tuple[Read, FuncDef]]:
    """The attribute reads that run a property, with its getter."""
    found = ((read, _property_read(body, read)) for read in reads(body))
    return [(read, property_) for read, property_ in found if property_ is not None]


def _property_read(body: Body, read: Read) -> FuncDef | None:
    """The getter that an attribute read runs; None where the possible classes differ in it."""
    return getter(common_member(classes(body.type_of(read.receiver)), read.name))


def run_at_once(body: Body, call: CallExpr) -> Iterator[Expression]:
    """The arguments that a call runs as functions: ``sorted(books, key=by_author)``."""
    if not call.args:
        return
    callback, functions = _callback(body, call), _functions_run(body, call)
    for index, (argument, keyword) in enumerate(zip(call.args, call.arg_names, strict=True)):
        is_callback = callback and (index == callback.position or keyword == callback.keyword)
        if is_callback or (f"{keyword}=" if keyword else str(index)) in functions:
            yield argument


def _functions_run(body: Body, call: CallExpr) -> frozenset[str]:
    """The arguments that a library function runs for the items of another, by place or keyword."""
    name = "builtins.list.sort" if _is_list_sort(body, call) else called_name(body, call) or ""
    found = frozenset(row.handed_to for row in transfers(name) if row.handed_to)
    is_lazy = name in _MAPPING or name.startswith(_ITERATORS)
    return frozenset() if found and is_lazy and not is_iterated(body, call) else found


def _callback(body: Body, call: CallExpr) -> _Callback | None:
    """The callback parameter of an asyncio or cache method that runs it on the event loop."""
    callee = call.callee
    if not isinstance(callee, MemberExpr):
        return None
    if callee.name == RUN_BY_CACHE and all_are(body.type_of(callee.expr), _CACHE):
        return _Callback(1, "default")
    if callee.name not in RUN_BY_ASYNCIO:
        return None
    info = class_of(body.type_of(callee.expr))
    is_asyncios = info is not None and any(b.fullname.startswith(_ASYNCIO) for b in info.mro)
    return RUN_BY_ASYNCIO[callee.name] if is_asyncios else None


def _is_list_sort(body: Body, call: CallExpr) -> bool:
    callee = call.callee
    if not isinstance(callee, MemberExpr) or callee.name != "sort":
        return False
    info = class_of(body.type_of(callee.expr))
    return info is not None and is_a(info, "builtins.list")


def _run_by_call(
    body: Body, call: CallExpr, node: SymbolNode | LambdaExpr
) -> FuncDef | LambdaExpr | Var | None:
    if isinstance(node, LambdaExpr | Var):
        return node
    function = sync_function(node)
    if function and isinstance(node, Decorator) and body.is_nested(function):
        function = None if is_run_elsewhere(body, node) else function
    if function is None or not function.is_generator:
        return function
    return function if is_iterated(body, call) else None


def _gives_nothing_to_await(
    node: SymbolNode | LambdaExpr, function: FuncDef | LambdaExpr | Var
) -> bool:
    """Whether a sync function is not what it seems, as its result is awaited.

    A decorator runs it in a thread, or a test has replaced it.
    """
    type_ = function.type if isinstance(function, FuncDef) else None
    result = known(type_.ret_type) if isinstance(type_, CallableType) else None
    if result is None:
        return isinstance(node, Decorator)
    return None not in alternatives(result) and not any(map(is_awaitable, alternatives(result)))


def _method(info: TypeInfo, names: Iterable[str]) -> FuncDef | None:
    """The first of these methods that a class defines other than by ``object``."""
    for name in names:
        found = member(info, name)
        if found and found[0].fullname != "builtins.object":
            return sync_function(found[1].node)
    return None


def _protocol(body: Body, use: ImplicitUse) -> Iterator[tuple[str, ...]]:
    """The methods that a use runs in order, each as the names that Python tries."""
    within = use.within
    if use.use is Use.FORMAT:
        yield _formatting(body, use)
        return
    yield METHODS[use.use]
    if use.use is Use.ENTER and isinstance(within, WithStmt):
        yield ("__exit__",)
    elif use.use is Use.ITERATE and _takes_items(body, use):
        yield ("__next__",)


def _formatting(body: Body, use: ImplicitUse) -> tuple[str, ...]:
    """``__repr__`` alone for ``repr(x)``, ``f"{x!r}"`` and ``"%r" % x``."""
    names = METHODS[Use.FORMAT]
    match use.within:
        case CallExpr(callee=MemberExpr(expr=StrExpr(value=template))):
            return names[2:] if "!r" in template else names
        case CallExpr() as call:
            return names[2:] if called_name(body, call) == "builtins.repr" else names[1:]
        case OpExpr(left=StrExpr(value=template)):
            return names[2:] if "%r" in template else names[1:]
        case _:
            return names


def keeps_result(body: Body, called: Called) -> bool:
    """Whether a result is cached: by a cached property, or by ``lru_cache``."""
    match called.node:
        case MemberExpr(expr=receiver, name=name):
            node = common_member(classes(body.type_of(receiver)), name)
        case CallExpr(callee=RefExpr(node=node)):
            pass
        case _:
            return False
    if not isinstance(node, Decorator):
        return False
    kept = get_proper_type(node.var.type)
    is_kept = isinstance(kept, Instance) and is_a(kept.type, *CACHED_PROPERTIES, CACHED_FUNCTION)
    return is_kept or node.var.is_settable_property  # mypy's own way to know a cached property


def is_iterated(body: Body, value: Expression, asking: frozenset[Expression] = frozenset()) -> bool:
    """Whether this body iterates or enters the generator that an expression creates."""
    asking |= {value}
    return any(
        value in body.reaching_values(use.value) and _takes_items(body, use, asking)
        for use in implicit_uses(body)
    )


def _takes_items(body: Body, use: ImplicitUse, asking: frozenset[Expression] = frozenset()) -> bool:
    """Whether a use runs a generator now: ``map`` does not, unless it is iterated itself."""
    if use.use is not Use.ITERATE:
        return use.use in {Use.ENTER, Use.CONTAINS}
    match use.within:
        case GeneratorExpr() as generator:
            return body.parent(generator.left_expr) is generator
        case CallExpr() as call if called_name(body, call) in ITERATED_LATER:
            return call not in asking and is_iterated(body, call, asking)
        case _:
            return True
