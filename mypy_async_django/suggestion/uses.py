"""Replacements of uses without a call: a queryset evaluated, a session read."""

from typing import Final

from mypy.nodes import (
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    DictionaryComprehension,
    Expression,
    ExpressionStmt,
    ForStmt,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    IntExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    SetComprehension,
    SliceExpr,
    UnaryExpr,
    WhileStmt,
)
from mypy.types import Instance, get_proper_type

from mypy_async_django.bridge.models import is_model
from mypy_async_django.bridge.types import alternatives
from mypy_async_django.catalogue.builtin import BOOL, Use
from mypy_async_django.catalogue.row import Api
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import ImplicitUse
from mypy_async_django.suggestion.calls import is_sensitive
from mypy_async_django.suggestion.wording import (
    FUNCTION_OF,
    WHOLE_BLOCK,
    WHOLE_USE,
    in_thread,
    placed,
    use,
)


def for_use(body: Body, found: ImplicitUse, api: Api) -> tuple[str, ...]:
    """The notes for a value that must not be used so on the event loop."""
    twin = body.catalogue.twin(api)
    value = body.source.text(found.value)
    if isinstance(found.value, AwaitExpr):
        value = f"({value})"
    match twin:
        case None if api.thread_bound:
            return (WHOLE_USE,)
        case None if found.use in _ITERATING:
            function = FUNCTION_OF.get(found.use, "list")
            return (use(in_thread(function, value, sensitive=is_sensitive(api))),)
        case None if isinstance(found.within, IndexExpr):
            rows = in_thread("list", value, sensitive=is_sensitive(api))
            return (use(f"({rows})[{body.source.text(found.within.index)}]"),)
        case None:
            return (WHOLE_BLOCK,)
        case "__aiter__":
            return (*_left_thread(body, found), use(_evaluated_in_place(body, found, value)))
        case "aiterator":
            code = _evaluated(body, found, value)
            return (use(code.replace(".iterator(", ".aiterator(")),)
        case _:
            return (use(_item_twin(body, found, value, twin)),)


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


def _evaluated_in_place(body: Body, found: ImplicitUse, value: str) -> str:
    code = _evaluated(body, found, value)
    if isinstance(found.within, IndexExpr) and code.startswith("await "):
        return placed(body, found.within, code)
    return code


def _evaluated(body: Body, found: ImplicitUse, value: str) -> str:
    """A queryset's async form of the use."""
    match found.use, found.within:
        case Use.TRUTH, OpExpr() as operation if not _is_only_tested(body, operation):
            return _either(body, found, operation, value)
        case Use.TRUTH, _ if isinstance(body.parent(found.value), AssignmentExpr):
            return all_rows(body, found.value)
        case Use.TRUTH, _:
            return f"await {value}.aexists()"
        case Use.LENGTH, _:
            return f"await {value}.acount()"
        case Use.CONTAINS, ComparisonExpr() as comparison if _may_be_searched(body, found.value):
            left = comparison.operands[comparison.operands.index(found.value) - 1]
            negated = "not " if "not in" in comparison.operators else ""
            return f"{negated}await {value}.acontains({body.source.text(left)})"
        case Use.INDEX, IndexExpr(index=IntExpr(value=0)) if not _is_sliced(body, found.value):
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


def _is_only_tested(body: Body, operation: OpExpr) -> bool:
    """Whether nothing but the truth of an ``and`` or ``or`` is asked for."""
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


def _either(body: Body, found: ImplicitUse, operation: OpExpr, value: str) -> str:
    """An ``and`` or ``or`` that gives one of its operands, with the test of the first spelled out."""
    if found.value is not operation.left:
        return all_rows(body, found.value)
    test, other = f"await {value}.aexists()", body.source.text(operation.right)
    found_first, found_none = (value, other) if operation.op == "or" else (other, value)
    code = f"{found_first} if {test} else {found_none}"
    return f"({code})" if isinstance(body.parent(operation), OpExpr) else code


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
    return row is not None and is_model(row.type)


def _may_be_searched(body: Body, queryset: Expression) -> bool:
    return _row_is_model(body, queryset) and not _is_sliced(body, queryset)


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
