"""The replacement that a person would type."""

from typing import Final

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ComparisonExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IndexExpr,
    IntExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    SetComprehension,
    SetExpr,
    TupleExpr,
)
from mypy.types import Instance, get_proper_type

from mypy_async_django.bridge.models import is_django_method, is_single_relation
from mypy_async_django.bridge.types import alternatives, class_of, classes, is_a, member
from mypy_async_django.catalogue import Api, Effect
from mypy_async_django.catalogue.builtin import Use
from mypy_async_django.catalogue.loops import MADE_SYNC
from mypy_async_django.index.body import Body
from mypy_async_django.index.called import RUN_IN_LOOP, Called, is_nested, named_function
from mypy_async_django.index.coroutines import makes_coroutine
from mypy_async_django.index.offloading import Offloaded, offloaded_by, offloader_of
from mypy_async_django.index.operations import ImplicitUse, Read, called_name
from mypy_async_django.index.polling import Polling
from mypy_async_django.index.queries import Row
from mypy_async_django.index.races import Race
from mypy_async_django.index.relations import Unloaded
from mypy_async_django.index.saves import StaleSave
from mypy_async_django.index.toplevel import values_of

_LONGEST_ARGUMENTS: Final = 60


#: A connection, and what it makes, belongs to the thread that asked for it.
_BOUND_TO_THREAD: Final = ("django.db.backends.",)


def use(code: str) -> str:
    """A note that shows the code to write instead."""
    return f'Use "{code}"'


def for_call(body: Body, call: CallExpr, api: Api) -> str:
    """The note for a call that must not run on the event loop."""
    if api.name.startswith(_BOUND_TO_THREAD):
        return WHOLE_BLOCK
    twin = body.catalogue.twin(api)
    if twin is not None:
        return use(
            _in_place(body, call, f"await {_twin(body, call, twin)}{_arguments(body, call)}")
        )
    thread = use(_in_place(body, call, in_thread(body, call, api)))
    instead = body.catalogue.instead(api)
    return f'Use "{instead}", or {thread[4:]}' if instead else thread


def in_thread(body: Body, call: CallExpr, api: Api) -> str:
    """The call run in a thread: for Django's APIs the one that holds the database connection."""
    function = body.source.text(call.callee)
    arguments = _arguments(body, call)
    if api.effect is Effect.RAISES or api.name.startswith("django."):
        return f"await sync_to_async({function}){arguments}"
    rest = arguments[1:-1]
    return f"await asyncio.to_thread({function}{', ' + rest if rest else ''})"


def for_read(body: Body, read: Read, api: Api) -> str:
    """The note for a property that must not be read on the event loop."""
    twin = body.catalogue.twin(api)
    receiver = body.source.text(read.receiver)
    if twin is not None:
        return use(_in_place(body, read.node, f"await {receiver}.{twin}()"))
    return use(_in_place(body, read.node, _read_in_thread(body, read)))


def _read_in_thread(body: Body, read: Read) -> str:
    receiver = body.source.text(read.receiver)
    if isinstance(read.node, CallExpr):
        return f"await sync_to_async({body.source.text(read.node.callee)}){_arguments(body, read.node)}"
    return f'await sync_to_async(getattr)({receiver}, "{read.name}")'


def for_use(body: Body, found: ImplicitUse, api: Api) -> tuple[str, ...]:
    """The notes for a value that must not be used so on the event loop."""
    twin = body.catalogue.twin(api)
    value = body.source.text(found.value)
    if isinstance(found.value, AwaitExpr):
        value = f"({value})"
    match twin:
        case None if found.use in _ITERATING:
            return (use(f"await sync_to_async(list)({value})"),)
        case None if isinstance(found.within, IndexExpr):
            rows = f"(await sync_to_async(list)({value}))"
            return (use(f"{rows}[{body.source.text(found.within.index)}]"),)
        case None:
            return (WHOLE_BLOCK,)
        case "__aiter__":
            return (*_left_thread(body, found), use(_evaluated_in_place(body, found, value)))
        case "aiterator":
            code = _evaluated(body, found, value)
            return (use(code.replace(".iterator(", ".aiterator(")),)
        case _:
            return (use(_item_twin(body, found, value, twin)),)


WHOLE_BLOCK: Final = (
    'Move the whole block into a sync function and call that: "await sync_to_async(...)(...)"'
)


_LEFT_THREAD: Final = (
    'The thread only built the queryset; to evaluate it there, call "sync_to_async(list)(...)" '
    "with it"
)


def _left_thread(body: Body, found: ImplicitUse) -> tuple[str, ...]:
    """A note for a queryset that a thread has built and not evaluated."""
    for value in body.values(found.value):
        match value:
            case AwaitExpr(expr=CallExpr() as call) if offloaded_by(body, call):
                return (_LEFT_THREAD,)
    return ()


_ITERATING: Final = frozenset({Use.ITERATE, Use.LENGTH, Use.TRUTH, Use.CONTAINS, Use.FORMAT})


def _evaluated_in_place(body: Body, found: ImplicitUse, value: str) -> str:
    code = _evaluated(body, found, value)
    if isinstance(found.within, IndexExpr) and code.startswith("await "):
        return _in_place(body, found.within, code)
    return code


def _evaluated(body: Body, found: ImplicitUse, value: str) -> str:
    """A queryset's async form of the use."""
    match found.use, found.within:
        case Use.TRUTH, _:
            return f"await {value}.aexists()"
        case Use.LENGTH, _:
            return f"await {value}.acount()"
        case Use.CONTAINS, ComparisonExpr() as comparison if _row_is_model(body, found.value):
            left = comparison.operands[comparison.operands.index(found.value) - 1]
            negated = "not " if "not in" in comparison.operators else ""
            return f"{negated}await {value}.acontains({body.source.text(left)})"
        case Use.INDEX, IndexExpr(index=IntExpr(value=0)):
            return f"await {value}.afirst()"
        case Use.INDEX, IndexExpr(index=index):
            return f"{all_rows(body, found.value)}[{body.source.text(index)}]"
        case Use.ITERATE, ForStmt(index=index):
            return f"async for {body.source.text(index)} in {value}"
        case Use.ITERATE, (GeneratorExpr() | DictionaryComprehension()) as comprehension:
            return _async_comprehension(body, comprehension)
        case Use.ITERATE, CallExpr(callee=NameExpr(name="list"), args=[_]):
            return all_rows(body, found.value)
        case Use.ITERATE, CallExpr(callee=NameExpr(name="set"), args=[_]):
            return "{" + all_rows(body, found.value)[1:-1] + "}"
        case Use.ITERATE, CallExpr() as call if found.value in call.args:
            text = body.source.text(call)
            return text.replace(value, all_rows(body, found.value), 1)
        case _:
            return all_rows(body, found.value)


def all_rows(body: Body, queryset: Expression) -> str:
    """A list of a queryset's rows: ``[book async for book in books]``."""
    name = _row_name(body, queryset)
    return f"[{name} async for {name} in {body.source.text(queryset)}]"


def _async_comprehension(body: Body, node: GeneratorExpr | DictionaryComprehension) -> str:
    text = body.source.text
    if isinstance(node, GeneratorExpr):
        value = text(node.left_expr)
    else:
        value = (f"{text(node.key)}: " if node.key else "**") + text(node.value)
    for position, (index, sequence, conditions) in enumerate(
        zip(node.indices, node.sequences, node.condlists, strict=True)
    ):
        keyword = "for" if position and not node.is_async[position] else "async for"
        value += f" {keyword} {text(index)} in {text(sequence)}"
        value += "".join(f" if {text(condition)}" for condition in conditions)
    if isinstance(node, GeneratorExpr) and not isinstance(body.parent(node), SetComprehension):
        return f"[{value}]"
    return "{" + value + "}"


def _row(body: Body, queryset: Expression) -> Instance | None:
    type_ = body.type_of(queryset)
    for item in alternatives(type_) if type_ else ():
        if isinstance(item, Instance) and item.args:
            row = get_proper_type(item.args[-1])
            return row if isinstance(row, Instance) else None
    return None


def _row_is_model(body: Body, queryset: Expression) -> bool:
    row = _row(body, queryset)
    return row is not None and is_a(row.type, "django.db.models.base.Model")


def _row_name(body: Body, queryset: Expression) -> str:
    row = _row(body, queryset)
    if row is not None and _row_is_model(body, queryset):
        return row.type.name.lower()
    return "row"


def _item_twin(body: Body, found: ImplicitUse, value: str, twin: str) -> str:
    """The twin of an item's use: ``await session.aget("key")``, with the new value to assign it."""
    text = body.source.text
    match found.within:
        case IndexExpr(index=index) as item:
            key = text(index)
        case ComparisonExpr(operands=[left, *_]):
            return f"await {value}.{twin}({text(left)})"
        case _:
            return f"await {value}.{twin}()"
    match body.parent(item):
        case AssignmentStmt(lvalues=[target], rvalue=new) if target is item:
            return f"await {value}.{twin}({key}, {text(new)})"
        case OperatorAssignmentStmt(op=operator, rvalue=new):
            return f"await {value}.aset({key}, await {value}.aget({key}) {operator} {text(new)})"
        case _:
            return f"await {value}.{twin}({key})"


def _twin(body: Body, call: CallExpr, twin: str) -> str:
    """The twin as it would be named where the call stands."""
    callee = call.callee
    module, _, name = twin.rpartition(".")
    if not module:
        method = next(iter(body.values(callee)), callee)
        prefix = f"{body.source.text(method.expr)}." if isinstance(method, MemberExpr) else ""
        return prefix + twin
    if isinstance(callee, NameExpr) and callee.fullname.rpartition(".")[0] == module:
        return name
    if isinstance(callee, MemberExpr) and callee.fullname.rpartition(".")[0] == module:
        return f"{body.source.text(callee.expr)}.{name}"
    return twin if module == "asyncio" else name


def _arguments(body: Body, call: CallExpr) -> str:
    text = body.source.text(call)[len(body.source.text(call.callee)) :].strip()
    return text if text.startswith("(") and len(text) <= _LONGEST_ARGUMENTS else "(...)"


def _in_place(body: Body, node: Expression, code: str) -> str:
    """The code in brackets where something is taken from the node's value at once."""
    match body.parent(node):
        case MemberExpr(expr=inner) | IndexExpr(base=inner) | CallExpr(callee=inner):
            return f"({code})" if inner is node else code
        case _:
            return code


def for_unloaded(body: Body, found: Unloaded) -> str:
    """The note for a relation or column that the instance's query should have loaded."""
    row = found.rows[0] if found.rows else None
    read = found.read
    if row is None or row.given is not None or found.is_forgotten:
        return use(_in_place(body, read.node, _read_in_thread(body, read)))
    if not row.has_column(read.name):
        receiver = body.source.text(read.receiver)
        load = f'await {receiver}.arefresh_from_db(fields=["{read.name}"])'
        return f'Load the column with {_query(row)}, or "{load}"'
    return for_row(body, row, "__".join(_followed(body, read)))


def _followed(body: Body, read: Read) -> list[str]:
    """The relations that the expression around a read follows from it: ``author.publisher``."""
    names = [read.name]
    node: Node = read.node
    while isinstance(parent := body.parent(node), MemberExpr):
        info = class_of(body.type_of(parent.expr))
        if info is None or not is_single_relation(info, parent.name):
            break
        names.append(parent.name)
        node = parent
    return names


def for_row(body: Body, row: Row, name: str) -> str:
    """The note for a row whose query should have loaded a relation, by its lookup."""
    root = row.query.root
    if row.given is not None:
        return f'Load it in a thread: "await sync_to_async(getattr)(..., "{name}")"'
    path = "__".join((*row.path, name))
    if root is None:
        return f'Use "select_related("{path}")" for {_query(row)}'
    text = body.source.text(root)
    manager = text if isinstance(root, MemberExpr) else f"{text}.objects"
    return f'Use "{manager}.select_related("{path}")" for {_query(row)}'


def _query(row: Row) -> str:
    """A query as a person would find it."""
    root = row.query.root
    return f"the query on line {root.line}" if root else f"the query of {row.query.maker}"


def for_coroutine(body: Body, call: CallExpr | AwaitExpr) -> str:
    """The note for a coroutine that is not awaited."""
    text = body.source.text(call)
    if isinstance(call, AwaitExpr):
        return use(f"await ({text})")
    if body.is_coroutine:
        return use(_awaited(body, call, text))
    if synchronous := _synchronous(body, call):
        return use(_in_place(body, call, synchronous))
    if isinstance(body.function, FuncDef) and is_nested(body.function):
        return f'Make "{body.name}" a coroutine function and await the call'
    function = body.source.text(call.callee)
    run = use(_in_place(body, call, f"async_to_sync({function}){_arguments(body, call)}"))
    if isinstance(body.function, FuncDef):
        return f'{run}, or make "{body.name}" a coroutine function and await the call'
    return run


def _awaited(body: Body, call: CallExpr, text: str) -> str:
    """The await in place; a generator becomes a list, for its source would become async."""
    outer = body.parent(call)
    if isinstance(outer, SetExpr | ListExpr | TupleExpr | CallExpr) and _is_waited_for(body, call):
        return f"asyncio.create_task({text})"
    for node in body.ancestors(call):
        if isinstance(node, GeneratorExpr) and call is not node.sequences[0]:
            if isinstance(body.parent(node), ListComprehension | SetComprehension):
                break
            return f"[{_unbracketed(body.source.text(node)).replace(text, f'await {text}', 1)}]"
    return _in_place(body, call, f"await {text}")


def _unbracketed(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _is_waited_for(body: Body, call: CallExpr) -> bool:
    """Whether a coroutine stands in the set for ``asyncio.wait``, which takes tasks."""
    return any(
        isinstance(node, CallExpr) and called_name(body, node) == "asyncio.tasks.wait"
        for node in body.ancestors(call)
    )


def called(body: Body, offloaded: Offloaded) -> str:
    """The call that a thread makes, as one would write it without the thread."""
    text = body.source.text
    arguments = [
        f"{name}={text(argument)}" if name else text(argument)
        for argument, name in zip(offloaded.args, offloaded.arg_names, strict=True)
    ]
    return f"{text(offloaded.function)}({', '.join(arguments)})"


def _synchronous(body: Body, call: CallExpr) -> str | None:
    """What the coroutine does, without one: the sync method of a twin, the offloaded function."""
    if offloaded := offloaded_by(body, call):
        return called(body, offloaded)
    callee = call.callee
    if isinstance(callee, MemberExpr) and callee.name.startswith("a"):
        info = class_of(body.type_of(callee.expr))
        if info is not None and is_django_method(info, callee.name[1:]):
            text = body.source.text(callee.expr)
            return f"{text}.{callee.name[1:]}{_arguments(body, call)}"
    return None


def for_reached(body: Body, found: Called, effect: Effect) -> str:
    """The note for what must not run its function on the event loop."""
    text = body.source.text
    node = found.node
    match node:
        case _ if found.use is not None:
            function, arguments = _FUNCTION_OF.get(found.use), text(node)
        case CallExpr(callee=MemberExpr(name=name)) if name in RUN_IN_LOOP:
            return 'Use a callback that starts a thread or a task: "asyncio.to_thread(...)"'
        case CallExpr() if _is_entered(body, node):
            function, arguments = None, ""
        case CallExpr() if found.makes_items or called_name(body, node) in _LAZY:
            function, arguments = "list", text(node)
        case CallExpr():
            function, arguments = text(node.callee), _arguments(body, node)[1:-1]
        case MemberExpr():
            function, arguments = "getattr", f'{text(node.expr)}, "{node.name}"'
        case _:
            function, arguments = None, ""
    if function is None:
        return WHOLE_BLOCK
    code = f"await sync_to_async({function})({arguments})"
    if effect is Effect.BLOCKS:
        code = f"await asyncio.to_thread({function}{', ' + arguments if arguments else ''})"
    return use(_in_place(body, node, code))


#: What to run in a thread in the place of a use without a call.
_FUNCTION_OF: Final = {
    Use.FORMAT: "str",
    Use.ITERATE: "list",
    Use.LENGTH: "len",
    Use.TRUTH: "bool",
}
_LAZY: Final = frozenset({"builtins.filter", "builtins.map"})


def _is_entered(body: Body, node: Expression) -> bool:
    """Whether a call makes a context manager: its block goes to the thread as a whole."""
    return any(member(info, "__enter__") for info in classes(body.type_of(node)))


def for_race(body: Body, race: Race) -> str:
    """The note for a write that depends on a read before an await."""
    text = body.source.text
    match race.write:
        case OperatorAssignmentStmt(op=op, rvalue=AwaitExpr() as awaited, lvalue=target):
            return use(f"value = {text(awaited)}; {text(target)} {op}= value")
        case _ if race.is_guard:
            return 'Use "async with lock:" around the test, the await and the write'
        case _:
            return (
                f'Read "{text(race.target)}" after the await, or use "async with lock:" around all'
            )


#: The operators that an ``F()`` expression has.
_OF_F: Final = frozenset({"+", "-", "*", "/", "%", "**"})


def for_stale_save(body: Body, found: StaleSave) -> str:
    """The note for a save that puts back what was loaded some time before."""
    text = body.source.text
    match found.change, classes(body.type_of(found.instance)):
        case OperatorAssignmentStmt(op=op, rvalue=value), [model] if op in _OF_F:
            added = f"({text(value)})" if isinstance(value, OpExpr) else text(value)
            change = f'{found.field}=F("{found.field}") {op} {added}'
            rows = f"{model.name}.objects.filter(pk={found.instance.name}.pk)"
            return use(f"await {rows}.aupdate({change})")
        case _:
            return (
                'Load it with "select_for_update()" and save it in one sync function with a '
                'transaction: "await sync_to_async(...)(...)"'
            )


def in_place(body: Body, node: Expression, code: str) -> str:
    """A note with the code that replaces a node, in brackets where its place asks for them."""
    return use(_in_place(body, node, code))


def for_uncalled(body: Body, function: Expression) -> str:
    """The note for a coroutine function where a coroutine, or a task, is wanted."""
    text = f"{body.source.text(function)}()"
    for node in body.ancestors(function):
        if isinstance(node, CallExpr):
            waits = called_name(body, node) == "asyncio.tasks.wait"
            return use(f"asyncio.create_task({text})" if waits else text)
    return use(f"await {text}")


def for_early_call(body: Body, around: CallExpr, call: CallExpr) -> str:
    """The note for a call in the place of a function: ``sync_to_async(f)(x)`` for ``(f(x))()``."""
    text = body.source.text
    function, arguments = text(call.callee), _arguments(body, call)
    offloader, outer = offloader_of(body, around), body.parent(around)
    if offloader is not None and offloader.wraps:
        bridged = text(around).replace(text(call), function, 1) + arguments
    else:
        rest = f", {arguments[1:-1]}" if arguments != "()" else ""
        bridged = text(around).replace(text(call), function + rest, 1)
    whole = outer if isinstance(outer, CallExpr) and outer.callee is around else around
    return use(f"await {bridged}" if body.is_awaited(whole) else bridged)


def for_polling(body: Body, found: Polling) -> str:
    """The note for a loop that waits for other code."""
    state = body.source.text(found.state)
    match found.condition:
        case ComparisonExpr() | OpExpr():
            return use("await condition.wait_for(lambda: ...)") + ', with an "asyncio.Condition"'
        case _:
            return (
                f'Make it an "{found.event}", and use "await {state}.wait()" here and '
                f'"{state}.set()" there'
            )


def for_bridged(body: Body, around: CallExpr, function: Expression) -> str:
    """The note for a coroutine function that needs no bridge."""
    outer = body.parent(around)
    is_called = isinstance(outer, CallExpr) and outer.callee is around
    arguments = _arguments(body, outer) if is_called and isinstance(outer, CallExpr) else "(...)"
    return use(f"await {body.source.text(function)}{arguments}")


def for_nested_loop(body: Body, call: CallExpr, api: Api) -> str:
    """The note for a call that runs a coroutine in an event loop of its own."""
    text = body.source.text
    match values_of(body, call.callee), call.args:
        case [CallExpr(args=[function])], _ if _is_to_await(body, function):
            code = f"{text(function)}{_arguments(body, call)}"
        case _ if api.name == MADE_SYNC:
            return _RUNNING_ALREADY
        case _, [function, *rest] if makes_coroutine(body.type_of(function)):
            code = f"{text(function)}({', '.join(map(text, rest))})"
        case _, [coroutine]:
            code = text(coroutine)
        case _:
            return _RUNNING_ALREADY
    return use(_in_place(body, call, f"await {code}"))


_RUNNING_ALREADY: Final = "The event loop is running already: await what is to be run"


def _is_to_await(body: Body, function: Expression) -> bool:
    named = named_function(body, function)
    return named is None or named.is_awaited
