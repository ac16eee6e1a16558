"""Replacements of uses without a call: a queryset evaluated, a session read."""

from keyword import iskeyword
from typing import Final

from mypy.nodes import (
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    DelStmt,
    DictionaryComprehension,
    Expression,
    ExpressionStmt,
    ForStmt,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    IntExpr,
    ListComprehension,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    SetComprehension,
    SliceExpr,
    TypeInfo,
    UnaryExpr,
    WhileStmt,
)
from mypy.types import Instance

from mypy_async_django.bridge.models import row_class
from mypy_async_django.bridge.types import alternatives
from mypy_async_django.catalogue.builtin import BOOL, NEXT, Use
from mypy_async_django.catalogue.row import Api
from mypy_async_django.finding import Note, quoted
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse, called_name
from mypy_async_django.suggestion.calls import is_sensitive
from mypy_async_django.suggestion.wording import (
    WHOLE_BLOCK,
    WHOLE_USE,
    as_iterator,
    in_place,
    needs_transaction,
    operand,
    operation_in_thread,
    placed,
    replacing,
    use,
    use_in_thread,
)


def for_use(body: Body, found: ImplicitUse, api: Api) -> tuple[str | Note, ...]:
    """The notes for a value that must not be used so on the event loop."""
    if needs_transaction(body, found.value):
        return (WHOLE_BLOCK,)
    twin = body.catalogue.twin(api)
    value = operand(body, found.value)
    match twin:
        case None if api.thread_bound:
            return (WHOLE_USE,)
        case None if found.use in _ITERATING:
            return (use_in_thread(body, found.value, found.use, sensitive=is_sensitive(api)),)
        case None:
            thread = operation_in_thread(body, found.value, sensitive=is_sensitive(api))
            return (thread or WHOLE_BLOCK,)
        case "__aiter__":
            return (*_left_thread(body, found), _evaluated_in_place(body, found, value))
        case "aiterator":
            return (_iterated(body, found, value),)
        case _:
            return (_item_twin(body, found, value, twin),)


_LEFT_THREAD: Final = (
    "The thread only built the queryset; to evaluate it there, pass it to "
    '"sync_to_async(list)(...)"'
)


def _left_thread(body: Body, found: ImplicitUse) -> tuple[str, ...]:
    """A note for a queryset that a thread has built and not evaluated."""
    for value in body.reaching_values(found.value):
        match value:
            case AwaitExpr(expr=CallExpr() as call) if offloaded_by(body, call):
                return (_LEFT_THREAD,)
    return ()


_ITERATING: Final = frozenset({Use.ITERATE, Use.LENGTH, Use.TRUTH, Use.CONTAINS, Use.FORMAT})


def _evaluated_in_place(body: Body, found: ImplicitUse, value: str) -> Note:
    """A queryset's async form of the use."""
    node: Node = found.value
    match found.use, found.within:
        case Use.TRUTH, OpExpr() as operation if not _is_only_tested(body, operation):
            return _either(body, found, operation, value)
        case Use.TRUTH, _ if isinstance(named := body.parent(found.value), AssignmentExpr):
            node = named  # what it names stays a queryset: it is used as one
            code = f"await ({body.source.text(named)}).aexists()"
        case Use.TRUTH, within:
            node = within if _is_call_of(within, "bool") else node
            code = f"await {value}.aexists()"
        case Use.LENGTH, within:
            node = within if _is_call_of(within, "len") else node
            code = f"await {value}.acount()"
        case (
            Use.CONTAINS,
            ComparisonExpr(operands=[left, _], operators=[operator]) as node,
        ) if _may_be_searched(body, found.value):
            negated = "not " if operator == "not in" else ""
            code = f"{negated}await {value}.acontains({body.source.text(left)})"
        case Use.INDEX, IndexExpr(index=IntExpr(value=position)) as node:
            code = f"{all_rows(body, found.value, f'[{position or str()}:{position + 1}]')}[0]"
        case Use.INDEX, IndexExpr(index=index) as node:
            code = f"{all_rows(body, found.value)}[{body.source.text(index)}]"
        case Use.ITERATE, ForStmt() as loop:
            return _async_for(body, loop, loop.expr)
        case Use.ITERATE, (GeneratorExpr() | DictionaryComprehension()) as comprehension:
            return _async_comprehension(body, comprehension, found.value)
        case Use.ITERATE, CallExpr(callee=NameExpr(name="list"), args=[_]) as node:
            code = all_rows(body, found.value)
        case Use.ITERATE, CallExpr(callee=NameExpr(name="set"), args=[_]) as node:
            code = "{" + all_rows(body, found.value)[1:-1] + "}"
        case Use.ITERATE, CallExpr() as node if found.value in node.args:
            rows = all_rows(body, found.value)
            code = body.source.with_replaced(node, found.value, rows) or rows
        case _:
            code = all_rows(body, found.value)
    return replacing(body, node, placed(body, node, code) if isinstance(node, Expression) else code)


def _is_call_of(node: Node | None, function: str) -> bool:
    match node:
        case CallExpr(callee=NameExpr(name=name), args=[_]):
            return name == function
        case _:
            return False


def _iterated(body: Body, found: ImplicitUse, value: str) -> Note:
    """The async form of a use of ``books.iterator()``, which may have been made before."""
    made = found.value
    if isinstance(made, NameExpr):
        [made, *others] = body.reaching_values(made) or (made,)
        if others or not isinstance(made, CallExpr):
            return Note('Make it with "aiterator()" instead, and use "async for"')
    twin = body.source.text(made).replace(".iterator(", ".aiterator(")
    is_name = made is not found.value
    iterator = value if is_name else twin
    match found.within:
        case ForStmt() as loop:
            note = _async_for(body, loop, loop.expr, iterator)
        case CallExpr(args=[_, *default]) as call if called_name(body, call) == NEXT:
            given = ", ".join([iterator, *map(body.source.text, default)])
            note = in_place(body, call, f"await anext({given})")
        case GeneratorExpr() | DictionaryComprehension() as comprehension:
            note = _async_comprehension(body, comprehension, found.value, iterator)
        case _:
            name = "row"
            if isinstance(made, CallExpr) and isinstance(made.callee, MemberExpr):
                name = _row_name(body, made.callee.expr)
            rows = f"[{name} async for {name} in {iterator}]"
            node = found.value
            if _is_call_of(found.within, "list") and isinstance(found.within, Expression):
                node = found.within
            note = in_place(body, node, rows)
    if not is_name or note.edit is None:
        return note
    text = f"{note.text}, and {quoted(twin)} where {quoted(value)} is assigned"
    there = replacing(body, made, twin)
    if there.edit is None or len(_reads_of(body, found.value)) > 1:
        return Note(text)  # all uses have to change at once
    changes = (*there.edit.changes, *note.edit.changes)
    return note._replace(text=text, edit=note.edit._replace(changes=changes))


def _reads_of(body: Body, name: Expression) -> list[NameExpr]:
    """The names that may refer to the same value as a local name, with that name."""
    bindings = set(body.flow.reaching(name)) if isinstance(name, NameExpr) else set()
    return [other for other in body.every(NameExpr) if bindings & set(body.flow.reaching(other))]


def _async_for(body: Body, loop: ForStmt, end: Expression, iterator: str = "") -> Note:
    """The header of a loop, up to the end of what it iterates, with ``async for``."""
    code = f"async for {body.source.text(loop.index)} in {iterator or _iterable(body, end)}"
    return replacing(body, loop, code, end=end)


def _is_only_tested(body: Body, operation: OpExpr) -> bool:
    """Whether only the truth of an ``and`` or ``or`` is used, not its value."""
    match body.parent(operation):
        case OpExpr() as outer:
            return _is_only_tested(body, outer)
        case ConditionalExpr(cond=condition):
            return operation is condition
        case GeneratorExpr() | DictionaryComprehension() as comprehension:
            return any(operation in conditions for conditions in comprehension.condlists)
        case CallExpr(callee=RefExpr(fullname=name)) if name == BOOL:
            return True
        case around:
            return isinstance(around, AssertStmt | ExpressionStmt | IfStmt | UnaryExpr | WhileStmt)


def _either(body: Body, found: ImplicitUse, operation: OpExpr, value: str) -> Note:
    """An ``and`` or ``or`` whose value is used, with the test of its first operand spelled out."""
    if found.value is not operation.left:
        return replacing(body, found.value, all_rows(body, found.value))
    test, other = f"await {value}.aexists()", body.source.text(operation.right)
    found_first, found_none = (value, other) if operation.op == "or" else (other, value)
    code = f"{found_first} if {test} else {found_none}"
    code = f"({code})" if isinstance(body.parent(operation), OpExpr) else code
    return replacing(body, operation, code)


def _is_sliced(body: Body, queryset: Expression) -> bool:
    """Whether a queryset may be a slice of one, which can be neither ordered nor filtered."""
    queue = [queryset]
    for rows in queue:  # grows; in a loop a name may be a slice of itself
        match rows:
            case IndexExpr(index=SliceExpr()):
                return True
            case CallExpr(callee=MemberExpr(expr=earlier)):
                further: tuple[Expression, ...] = (earlier,)
            case _:
                further = body.reaching_values(rows)
        queue += [each for each in further if each not in queue]
    return False


def all_rows(body: Body, queryset: Expression, part: str = "") -> str:
    """A list of a queryset's rows, or of a slice: ``[book async for book in books[:1]]``."""
    name = _row_name(body, queryset)
    sliced = f"{_to_slice(body, queryset, is_known=False)}{part}"
    rows = sliced if part else _iterable(body, queryset)
    return f"[{name} async for {name} in {rows}]"


def _iterable(body: Body, queryset: Expression) -> str:
    """A queryset's text to iterate over with ``async for``."""
    match queryset:
        case IndexExpr(base=base, index=SliceExpr() as part):
            return f"{_to_slice(body, base, is_known=True)}[{body.source.text(part)}]"
        case _:
            return body.source.text(queryset)


def _to_slice(body: Body, queryset: Expression, *, is_known: bool) -> str:
    """A queryset's text to take a slice of: once it is evaluated, its slices are lists.

    With ``is_known``, only if this body may evaluate it; without, also if other code may.
    """
    match queryset:
        case CallExpr() | OpExpr():
            is_loaded = False
        case NameExpr():
            made = body.reaching_values(queryset)
            is_made_here = bool(made) and all(
                isinstance(each, CallExpr | IndexExpr) for each in made
            )
            is_loaded = _may_be_evaluated(body, queryset) or not (is_known or is_made_here)
        case _:
            is_loaded = not is_known
    text = operand(body, queryset)
    return f"{text}.all()" if is_loaded else text


def _may_be_evaluated(body: Body, queryset: NameExpr) -> bool:
    """Whether a body iterates over the queryset of a local name, or passes it on."""
    for other in _reads_of(body, queryset):
        match body.parent(other):
            case _ if other is queryset:
                pass
            case MemberExpr() | IfStmt() | WhileStmt() | OpExpr() | UnaryExpr():
                pass
            case IndexExpr(base=base) if base is other:
                pass
            case _:
                return True
    return False


def _async_comprehension(
    body: Body,
    node: GeneratorExpr | DictionaryComprehension,
    queryset: Expression,
    iterator: str = "",
) -> Note:
    """The comprehension with ``async for`` over a queryset, which may be called otherwise."""
    text = body.source.text
    if isinstance(node, GeneratorExpr):
        value = text(node.left_expr)
    else:
        value = (f"{text(node.key)}: " if node.key else "**") + text(node.value)
    for index, sequence, conditions, is_async in zip(
        node.indices, node.sequences, node.condlists, node.is_async, strict=True
    ):
        is_queryset = sequence is queryset
        keyword = "async for" if is_queryset or is_async else "for"
        rows = iterator or _iterable(body, sequence) if is_queryset else text(sequence)
        value += f" {keyword} {text(index)} in {rows}"
        value += "".join(f" if {text(condition)}" for condition in conditions)
    outer = body.parent(node)
    if isinstance(outer, ListComprehension | SetComprehension):
        node_replaced: Expression = outer
    else:
        node_replaced = node
    if isinstance(node, GeneratorExpr) and not isinstance(outer, SetComprehension):
        return replacing(body, node_replaced, as_iterator(body, node, f"[{value}]"))
    return replacing(body, node_replaced, "{" + value + "}")


def _row_model(body: Body, queryset: Expression) -> TypeInfo | None:
    """The model whose instances a queryset's rows are; None for other rows."""
    type_ = body.type_of(queryset)
    for item in alternatives(type_) if type_ else ():
        if isinstance(item, Instance):
            return row_class(item)
    return None


def _may_be_searched(body: Body, queryset: Expression) -> bool:
    return _row_model(body, queryset) is not None and not _is_sliced(body, queryset)


def _row_name(body: Body, queryset: Expression) -> str:
    model = _row_model(body, queryset)
    name = model.name.lower() if model is not None else "row"
    return "row" if iskeyword(name) else name


def _item_twin(body: Body, found: ImplicitUse, value: str, twin: str) -> Note:
    """The twin of an item's use: ``await session.aget("key")``, with the new value to assign it."""
    text = body.source.text
    match found.within:
        case IndexExpr(index=index) as item:
            key = text(index)
        case ComparisonExpr(operands=[left, _], operators=[operator]) as comparison:
            negated = "not " if operator == "not in" else ""
            return replacing(body, comparison, f"{negated}await {value}.{twin}({text(left)})")
        case _:
            return in_place(body, found.value, f"await {value}.{twin}()")
    statement = body.parent(item)
    match statement:
        case AssignmentStmt(lvalues=[target], rvalue=new) if target is item:
            return replacing(body, statement, f"await {value}.{twin}({key}, {text(new)})")
        case OperatorAssignmentStmt(op=operator, rvalue=new) if statement.lvalue is item:
            old = f"await {value}.aget({key}, ...)"  # what it is without the key, is not to be seen
            return Note(use(f"await {value}.aset({key}, {old} {operator} {text(new)})"))
        case DelStmt(expr=target) if target is item:
            return replacing(body, statement, f"await {value}.{twin}({key})")
        case _ if found.use is Use.INDEX:
            code = placed(body, item, f"await {value}.{twin}({key})")
            return replacing(body, item, code, text=_NONE_WITHOUT_KEY, is_safe=False)
        case _:
            return Note(WHOLE_BLOCK)


_NONE_WITHOUT_KEY: Final = "Use {}, which is None without the key"
