"""Callee resolution: the functions that an expression in a call may be."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from mypy.nodes import (
    GDEF,
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    LambdaExpr,
    MemberExpr,
    OverloadedFuncDef,
    RefExpr,
    SuperExpr,
    SymbolNode,
    SymbolTableNode,
    TypeInfo,
    Var,
)
from mypy.types import AnyType, CallableType, FunctionLike, Instance, get_proper_type

from mypy_async_django.bridge.tree import maker_of
from mypy_async_django.bridge.types import (
    alternatives,
    class_object,
    class_of,
    classes,
    common_member,
    definition,
    is_a,
    is_awaitable,
    is_coroutine_type,
    member,
)
from mypy_async_django.catalogue.builtin import PARTIAL
from mypy_async_django.catalogue.frameworks.installed import TASK_MAKERS, TASK_RUNNERS, TASKS
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import (
    FUNCTIONS,
    called_name,
    full_name,
    function_named,
    owners,
)

CACHED_PROPERTIES: Final = ("functools.cached_property", "django.utils.functional.cached_property")
CACHED_FUNCTION: Final = "functools._lru_cache_wrapper"
CONSTRUCTORS: Final = ("__new__", "__init__")
POST_INIT: Final = "__post_init__"


class Named(NamedTuple):
    """A function that an expression names; ``is_awaited`` says that its result must be awaited."""

    function: FuncDef
    is_awaited: bool


def named_function(body: Body, callee: Expression) -> Named | None:
    """The one named function, sync or async, that an expression refers to; None if not just one."""
    nodes = [node for node in _named(body, callee) if isinstance(node, FUNCTIONS)]
    match nodes:
        case [FuncDef() as function]:
            return Named(function, function.is_coroutine and not function.is_async_generator)
        case [Decorator(func=function, var=Var(type=CallableType() as type_))]:
            result = get_proper_type(type_.ret_type)
            return Named(function, is_coroutine_type(result))
        case [Decorator(func=function)] if body.effects and body.effects.is_awaited(function):
            return Named(function, is_awaited=True)
        case _:
            return None


def sync_callees(body: Body, callee: Expression) -> Iterator[FuncDef | LambdaExpr]:
    """The sync functions that run when the value of an expression is called."""
    for node in behind(body, callee):
        function = node if isinstance(node, LambdaExpr) else sync_function(node)
        if function is not None:
            yield function


def behind(body: Body, callee: Expression) -> Iterator[SymbolNode | LambdaExpr]:
    """The functions that a value is on every path: through aliases and ``functools.partial``."""
    if task := _task_run(body, callee):
        yield task
        return
    if function := function_named(body, callee):
        yield function
        return
    is_class = isinstance(callee, RefExpr) and isinstance(callee.node, TypeInfo)
    values = (callee,) if is_class else body.reaching_values(callee) or (callee,)
    found = [list(_made_from(body, value)) for value in values]
    yield from (node for node in found[0] if all(node in other for other in found))


def _task_run(body: Body, callee: Expression) -> FuncDef | None:
    """The function that a method of a task runs here: ``close_old.apply()``."""
    match callee:
        case MemberExpr(expr=RefExpr(node=Decorator() as node) as task, name=name) if (
            name in TASK_RUNNERS and not node.func.is_coroutine
        ):
            return node.func if is_task(body, task) else None
        case _:
            return None


def is_task(body: Body, task: Expression) -> bool:
    """Whether a name is that of a task: what a framework's decorator makes of a function."""
    if not isinstance(task, RefExpr) or not isinstance(task.node, Decorator):
        return False
    info = class_of(body.type_of(task))
    makers = (full_name(body, maker_of(each)) for each in task.node.original_decorators)
    return is_a(info, *TASKS) if info else any(maker in TASK_MAKERS for maker in makers)


def _made_from(body: Body, value: Expression) -> Iterator[SymbolNode | LambdaExpr]:
    match value:
        case CallExpr(args=[function, *_]) if called_name(body, value) == PARTIAL:
            yield from _named(body, function)
        case _:
            yield from _named(body, value)


def _named(body: Body, callee: Expression) -> Iterator[SymbolNode | LambdaExpr]:
    """The functions that an expression refers to, without following local variables."""
    match callee:
        case LambdaExpr():
            yield callee
        case _ if function := function_named(body, callee):
            yield function
        case SuperExpr() if callee.info is not None:
            yield from inherited(callee)
        case _ if info := class_object(body.type_of(callee)):
            is_dataclass = any("dataclass" in base.metadata for base in info.mro)
            for name in (*CONSTRUCTORS, POST_INIT) if is_dataclass else CONSTRUCTORS:
                yield from _first([found[1]] if (found := member(info, name)) else [])
        case _ if variable := _variable(body, callee):
            yield variable
        case MemberExpr():
            method = common_member(owners(body, callee.expr), callee.name)
            if _is_generated(method) and (made := definition(body.type_of(callee))):
                yield made
        case _:
            if method := common_member(classes(body.type_of(callee)), "__call__"):
                yield method


def _variable(body: Body, callee: Expression) -> Var | None:
    """The module or class variable that an expression names, if it may hold a function."""
    match callee:
        case RefExpr(node=Var() as variable) if callee.kind == GDEF:
            pass
        case MemberExpr(node=None, expr=receiver, name=name):
            found = common_member(owners(body, receiver), name)
            if not isinstance(found, Var) or not found.is_initialized_in_class:
                return None
            variable = found
        case _:
            return None
    type_ = get_proper_type(variable.type)
    is_partial = isinstance(type_, Instance) and type_.type.fullname == PARTIAL
    is_function = type_ is None or isinstance(type_, FunctionLike)
    return variable if is_function or is_partial else None


def _is_generated(method: SymbolNode | None) -> bool:
    """Whether a plugin generated a method, as django-stubs does for managers: its type tells more.

    For a plain variable that holds a function mypy stores the type, but not which function it is.
    """
    return not isinstance(method, Var) or isinstance(get_proper_type(method.type), AnyType)


def inherited(node: SuperExpr) -> Iterator[SymbolNode]:
    """What ``super().name`` finds in the base classes."""
    if node.info is not None:
        yield from _first(base.names.get(node.name) for base in node.info.mro[1:])


def _first(symbols: Iterable[SymbolTableNode | None]) -> Iterator[SymbolNode]:
    for symbol in symbols:
        if symbol is not None and symbol.node is not None:
            yield symbol.node
            return


def sync_function(node: SymbolNode | None) -> FuncDef | None:
    """The function that runs when a name is called.

    None where a decorator makes it async, and for abstract methods: an override runs instead.
    """
    match node:
        case FuncDef():
            return None if node.is_coroutine or node.abstract_status else node
        case Decorator():
            is_called = not node.var.is_property and not node.func.abstract_status
            return node.func if is_called and _keeps_sync(node) else None
        case OverloadedFuncDef():
            return sync_function(node.impl) if isinstance(node.impl, FuncDef | Decorator) else None
        case _:
            return None


def _keeps_sync(node: Decorator) -> bool:
    """Whether calling the decorated name runs the function synchronously."""
    if node.var.type is None:
        return not node.decorators  # a plain class method or static method, not yet checked
    match get_proper_type(node.var.type):
        case CallableType() as type_:
            # What returns a value or something to await may run the function in a thread. mypy takes
            # ``partial(sync_to_async, thread_sensitive=True)`` for a maker of such functions.
            result = get_proper_type(type_.ret_type)
            while isinstance(result, CallableType):
                result = get_proper_type(result.ret_type)
            return not any(map(is_awaitable, alternatives(result)))
        case Instance() as made:
            return made.type.fullname == CACHED_FUNCTION or is_a(made.type, *TASKS)
        case _:
            return False


def getter(node: SymbolNode | None) -> FuncDef | None:
    """The getter of a property, cached or not; None for an abstract one."""
    function = _getter(node)
    return None if function is None or function.abstract_status else function


def _getter(node: SymbolNode | None) -> FuncDef | None:
    match node:
        case Decorator() if node.var.is_property:
            return node.func
        case Decorator(var=Var(type=Instance() as made)) if is_a(made.type, *CACHED_PROPERTIES):
            return node.func
        case OverloadedFuncDef(items=[Decorator() as getter, *_]) if node.is_property:
            return getter.func
        case _:
            return None
