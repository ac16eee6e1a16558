"""Replacements of calls that must not run on the event loop."""

from typing import Final

from mypy.nodes import CallExpr, Decorator, Expression, FuncDef, MemberExpr, NameExpr, SuperExpr

from mypy_async_django.bridge.types import classes, member
from mypy_async_django.catalogue.builtin import LAZY_CALLERS, Use
from mypy_async_django.catalogue.django_database import BOUND_TO_THREAD
from mypy_async_django.catalogue.loops import OF_A_LOOP
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.finding import Note
from mypy_async_django.index.resolution.call_targets import RUN_BY_ASYNCIO, RUN_BY_CACHE, Called
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name
from mypy_async_django.suggestion.wording import (
    FUNCTION_OF,
    RUNNING_ALREADY,
    WHOLE_BLOCK,
    WHOLE_USE,
    arguments_of,
    awaited_node,
    call_in_thread,
    in_place,
    in_thread,
    needs_transaction,
    operand,
    operation_in_thread,
    placed,
    replacing,
    use,
    use_in_thread,
)


def for_call(body: Body, call: CallExpr, api: Api) -> str | Note:
    """The note for a call that must not run on the event loop."""
    if api.name.startswith(BOUND_TO_THREAD) or needs_transaction(body, call):
        return WHOLE_BLOCK
    twin = body.catalogue.twin(api)
    if twin is not None:
        name = _twin(body, call, twin)
        code = placed(body, call, f"await {name}{arguments_of(body, call)}")
        return replacing(
            body, call, code, imports=[twin] if name == twin.rpartition(".")[2] else []
        )
    instead = body.catalogue.instead(api)
    if api.thread_bound:
        return use(instead) if instead else WHOLE_USE
    code = call_in_thread(body, call, sensitive=is_sensitive(api))
    text = f'Use "{instead}" or {{}}' if instead else "Use {}"
    return replacing(body, call, placed(body, call, code), text=text)


def is_sensitive(api: Api) -> bool:
    """Whether an API runs in the thread that holds the connections, as all of Django's does."""
    return api.effect is Effect.RAISES or api.name.startswith("django.")


def _twin(body: Body, call: CallExpr, twin: str) -> str:
    """The twin as it would be named where the call stands."""
    callee = call.callee
    module, _, name = twin.rpartition(".")
    if not module:
        match next(iter(body.reaching_values(callee)), callee):
            case MemberExpr(expr=owner):
                return f"{operand(body, owner)}.{twin}"
            case SuperExpr():
                return f"super().{twin}"
            case _:
                return twin
    if isinstance(callee, NameExpr) and callee.fullname.rpartition(".")[0] == module:
        return name
    if isinstance(callee, MemberExpr) and callee.fullname.rpartition(".")[0] == module:
        return f"{body.source.text(callee.expr)}.{name}"
    return twin if module == "asyncio" else name


#: What an async function awaits instead of what a request loads lazily.
_TWIN_OF_LOADED: Final = {
    "HttpRequest.session": "await request.session.aget(...)",
    "HttpRequest.user": "await request.auser()",
}


_ITERATES: Final = "QuerySet.__iter__"


def for_reached(body: Body, found: Called, effect: Effect, operation: str) -> str | Note:
    """The note for what must not run its function, which reaches an operation, on the event loop."""
    text = body.source.text
    node = found.node
    if effect is Effect.NESTS and operation.endswith(OF_A_LOOP):
        return RUNNING_ALREADY  # in a thread there may be no event loop to get
    function = found.function
    is_bridged = effect is Effect.NESTS  # by a decorator: a sync function for its callers
    if isinstance(function, FuncDef) and function.is_coroutine and not is_bridged:
        if awaited := _TWIN_OF_LOADED.get(operation):
            return f'In "{function.name}", use "{awaited}"'
        if operation == _ITERATES:
            return f'In "{function.name}", loop with "async for", or pass it a list of the rows'
        return f'In "{function.name}", do this in a thread, with "await sync_to_async(...)(...)"'
    if effect is Effect.RAISES and needs_transaction(body, node):
        return WHOLE_BLOCK
    sensitive = effect is not Effect.BLOCKS or body.catalogue.is_of_django(operation)
    match node:
        case CallExpr(callee=MemberExpr(expr=owner, name=name)) if twin := _own_twin(found, name):
            code = f"await {operand(body, owner)}.{twin}{arguments_of(body, node)}"
            return in_place(body, node, code)
        case _ if found.use in FUNCTION_OF:
            return use_in_thread(body, node, found.use, sensitive=sensitive)
        case _ if found.use is not None:
            return operation_in_thread(body, node, sensitive=sensitive) or WHOLE_BLOCK
        case CallExpr(callee=MemberExpr(expr=cache, name=name)) if name == RUN_BY_CACHE:
            code = f"await sync_to_async({text(cache)}.get_or_set){arguments_of(body, node)}"
            return replacing(body, awaited_node(body, node), code)
        case CallExpr(callee=MemberExpr(name=name)) if name in RUN_BY_ASYNCIO:
            return 'Use a callback that starts a thread or a task, with "asyncio.to_thread(...)"'
        case CallExpr() if _is_entered(body, node):
            return WHOLE_BLOCK
        case CallExpr() if found.makes_items or called_name(body, node) in LAZY_CALLERS:
            return use_in_thread(body, node, Use.ITERATE, sensitive=sensitive)
        case CallExpr():
            return in_place(body, node, call_in_thread(body, node, sensitive=sensitive))
        case MemberExpr():
            arguments = f'{text(node.expr)}, "{node.name}"'
            return in_place(body, node, in_thread("getattr", arguments, sensitive=sensitive))
        case _:
            return WHOLE_BLOCK


def _own_twin(found: Called, method: str) -> str | None:
    """The name of the coroutine method that the project itself has beside a method: ``atotal``."""
    function = found.function
    if found.use is not None or not isinstance(function, FuncDef) or not function.info:
        return None
    if function.name != method:
        return None  # it is handed over
    name = f"a{method}"
    symbol = member(function.info, name)
    node = symbol[1].node if symbol else None
    twin = node.func if isinstance(node, Decorator) else node
    if not isinstance(twin, FuncDef) or not twin.is_coroutine:
        return None
    return name if twin.arg_names == function.arg_names else None


def _is_entered(body: Body, node: Expression) -> bool:
    """Whether a call makes a context manager: its block goes to the thread as a whole."""
    return any(member(info, "__enter__") for info in classes(body.type_of(node)))
