"""The operations of a body: calls, implicit uses of values (iteration, truth tests), attribute reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    LDEF,
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    Decorator,
    DelStmt,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    ListExpr,
    MatchStmt,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    OverloadedFuncDef,
    RefExpr,
    SetExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    TypeAlias,
    TypeInfo,
    UnaryExpr,
    Var,
    WhileStmt,
    WithStmt,
    YieldFromExpr,
)
from mypy.types import Instance

from mypy_async_django.bridge.types import class_object, classes, common_member, definition
from mypy_async_django.catalogue.builtin import CHAIN, EVALUATORS, Use
from mypy_async_django.index.syntax.body import EVALUATING_METHODS, Body, once, once_each
from mypy_async_django.index.syntax.missing_imports import missing_name

#: The symbol nodes of functions.
FUNCTIONS: Final = (FuncDef, Decorator, OverloadedFuncDef)


class ImplicitUse(NamedTuple):
    """A use of ``value`` that runs one of its special methods: iteration, truth test, formatting.

    ``within`` is the statement or expression of the use: the loop, the call of ``list``.
    """

    value: Expression
    use: Use
    within: Node


class Read(NamedTuple):
    """An attribute read by the expression ``node``: ``book.author`` or ``hasattr(book, "author")``."""

    node: MemberExpr | CallExpr
    receiver: Expression
    name: str


@once
def calls(body: Body) -> Sequence[CallExpr]:
    """The calls of a body that can run.

    Without method calls on string constants, which is how mypy represents f-strings.
    """
    return [
        call
        for call in body.every(CallExpr)
        if not (isinstance(call.callee, MemberExpr) and isinstance(call.callee.expr, StrExpr))
        and body.types.is_reached(call.callee)
    ]


@once
def reads(body: Body) -> Sequence[Read]:
    """The attribute reads of a body; not assignments, deletions, or attributes of string constants."""
    found = [
        Read(node, node.expr, node.name)
        for node in body.every(MemberExpr)
        if not isinstance(node.expr, StrExpr) and not _is_target(body, node)
    ]
    for call in body.every(CallExpr):
        match call:
            case CallExpr(
                callee=RefExpr(fullname="builtins.getattr" | "builtins.hasattr"),
                args=[receiver, StrExpr(value=name), *_],
            ):
                found.append(Read(call, receiver, name))
            case _:
                pass
    return found


def attributes_in(targets: Iterable[Expression]) -> Iterator[MemberExpr]:
    """The attributes among the targets of an assignment, also inside tuple targets."""
    queue = list(targets)
    for target in queue:
        match target:
            case MemberExpr():
                yield target
            case TupleExpr() | ListExpr():
                queue.extend(target.items)
            case _:
                pass


@once
def implicit_uses(body: Body) -> Sequence[ImplicitUse]:
    """The implicit uses in a body: iteration, truth tests, indexing, formatting and so on."""
    found = [
        use
        for kind, uses in _USES_BY.items()
        for node in body.every(kind)
        for use in uses(body, node)
    ]
    return [*found, *_uses_by_chains(body, found)]


def _uses_by_chains(body: Body, uses: Sequence[ImplicitUse]) -> Iterator[ImplicitUse]:
    """The iterations of the arguments of ``chain(books, others)``, where the chain is iterated."""
    if not any(called_name(body, call) == CHAIN for call in body.every(CallExpr)):
        return
    iterated = {
        value for use in uses if use.use is Use.ITERATE for value in body.reaching_values(use.value)
    }
    for call in body.every(CallExpr):
        if call in iterated and called_name(body, call) == CHAIN:
            for argument, kind in zip(call.args, call.arg_kinds, strict=True):
                if kind == ARG_POS:
                    yield ImplicitUse(argument, Use.ITERATE, call)


def called_name(body: Body, call: CallExpr) -> str | None:
    """The full name of the function or class that a call runs; None if it depends on a value.

    The name is the one at the definition, resolved through import aliases, re-exports and local
    names for functions, such as ``get = Book.objects.get``. For a module that mypy has not found it is
    the name by the import.
    """
    return full_name(body, call.callee)


def full_name(body: Body, callee: Expression) -> str | None:
    """The full name of the function or class that an expression refers to; see `called_name`."""
    if isinstance(callee, RefExpr) and callee.fullname:
        match callee.node:
            case FuncDef() | OverloadedFuncDef() | Decorator() | TypeInfo() as node:
                return node.fullname
            case TypeAlias(target=Instance() as target):
                return target.type.fullname
            case Var(is_suppressed_import=True):
                return missing_name(body, callee)
            case Var(is_self=False) if callee.kind != LDEF:
                # mypy's cache does not keep the function that a callable type was made from.
                return callee.fullname
            case Var(is_self=False) | None if "@" not in callee.fullname:
                return _function_name(body, callee) or callee.fullname
    return (
        _function_name(body, callee) if isinstance(callee, NameExpr) else missing_name(body, callee)
    )


@once_each
def function_named(
    body: Body, callee: Expression
) -> FuncDef | Decorator | OverloadedFuncDef | None:
    """The function that an expression refers to by name, or as a method of its receiver's class."""
    node = callee.node if isinstance(callee, RefExpr) else None
    if node is None and isinstance(callee, MemberExpr):
        node = common_member(owners(body, callee.expr), callee.name)
    match node:
        case FuncDef():
            return node
        case Decorator() if not node.var.is_property:
            return node
        case OverloadedFuncDef() if not node.is_property:
            return node
        case _:
            return None


def owners(body: Body, receiver: Expression) -> tuple[TypeInfo, ...]:
    """The classes in which the attributes of a value, or of a class, are looked up."""
    type_ = body.type_of(receiver)
    of_class = class_object(type_)
    return (of_class,) if of_class else classes(type_)


def _function_name(body: Body, callee: Expression) -> str | None:
    found = definition(body.type_of(callee))
    return found.fullname if found else None


def _uses_by_call(body: Body, call: CallExpr) -> Iterator[ImplicitUse]:
    if not call.args:
        return
    for argument, kind in zip(call.args, call.arg_kinds, strict=True):
        if kind == ARG_STAR:
            yield ImplicitUse(argument, Use.ITERATE, call)
    name = _evaluator_name(body, call)
    evaluator = EVALUATORS.get(name) if name else None
    if evaluator is None or (evaluator.alone and len(call.args) > 1 and _positional(call) > 1):
        return
    for argument, kind in list(zip(call.args, call.arg_kinds, strict=True))[
        evaluator.first : evaluator.last + 1
    ]:
        if kind != ARG_POS and not (kind == ARG_NAMED and name == "builtins.str.format"):
            continue
        if evaluator.use is Use.TRUTH:
            yield from _tests(call, [argument])
        else:
            yield ImplicitUse(argument, evaluator.use, call)


def _positional(call: CallExpr) -> int:
    return sum(kind == ARG_POS for kind in call.arg_kinds)


def _evaluator_name(body: Body, call: CallExpr) -> str | None:
    name = called_name(body, call)
    if name is not None:
        return name
    # A method of a builtin class: "".join(rows), found.extend(rows).
    if isinstance(call.callee, MemberExpr) and call.callee.name in EVALUATING_METHODS:
        return _function_name(body, call.callee)
    return None


def _uses_by_comprehension(
    body: Body, node: GeneratorExpr | DictionaryComprehension
) -> Iterator[ImplicitUse]:
    own = set(_conditions_inside(body, node))
    for sequence, is_async in zip(node.sequences, node.is_async, strict=True):
        if not is_async and (sequence is node.sequences[0] or own):
            yield ImplicitUse(sequence, Use.ITERATE, node)
    for conditions in node.condlists:
        yield from _tests(node, [condition for condition in conditions if condition in own])


def _conditions_inside(
    body: Body, node: GeneratorExpr | DictionaryComprehension
) -> Iterator[Expression]:
    """The conditions of a comprehension that run here; none of a generator that is passed on."""
    value = node.left_expr if isinstance(node, GeneratorExpr) else node.value
    if body.parent(value) is node:
        yield value
        for conditions in node.condlists:
            yield from conditions


def _stars(node: Node, items: list[Expression]) -> Iterator[ImplicitUse]:
    for item in items:
        if isinstance(item, StarExpr):
            yield ImplicitUse(item.expr, Use.ITERATE, node)


def _loop(body: Body, loop: ForStmt) -> Iterator[ImplicitUse]:
    if not loop.is_async:
        yield ImplicitUse(loop.expr, Use.ITERATE, loop)


def _delegation(body: Body, node: YieldFromExpr) -> Iterator[ImplicitUse]:
    yield ImplicitUse(node.expr, Use.ITERATE, node)


def _display(body: Body, node: ListExpr | TupleExpr | SetExpr) -> Iterator[ImplicitUse]:
    yield from _stars(node, node.items)


def _extension(body: Body, node: OperatorAssignmentStmt) -> Iterator[ImplicitUse]:
    if node.op == "+":
        yield ImplicitUse(node.rvalue, Use.ITERATE, node)  # as list.extend does


def _comparison(body: Body, node: ComparisonExpr) -> Iterator[ImplicitUse]:
    for operator, (left, right) in zip(node.operators, pairwise(node.operands), strict=True):
        if operator in {"in", "not in"}:
            yield ImplicitUse(right, Use.CONTAINS, node)
        elif operator in {"==", "!="}:
            yield ImplicitUse(left, Use.EQUAL, node)


def _guards(body: Body, node: MatchStmt) -> Iterator[ImplicitUse]:
    yield from _tests(node, [guard for guard in node.guards if guard is not None])


def _block(body: Body, node: WithStmt) -> Iterator[ImplicitUse]:
    if not node.is_async:
        for context in node.expr:
            yield ImplicitUse(context, Use.ENTER, node)


def _unpacking(body: Body, statement: AssignmentStmt) -> Iterator[ImplicitUse]:
    takes_apart = any(isinstance(target, TupleExpr | ListExpr) for target in statement.lvalues)
    if takes_apart and not isinstance(statement.rvalue, TupleExpr | ListExpr):
        yield ImplicitUse(statement.rvalue, Use.ITERATE, statement)


def _indexing(body: Body, node: IndexExpr) -> Iterator[ImplicitUse]:
    if isinstance(node.index, SliceExpr) and node.index.stride is None:
        return  # builds a lazy object, where the object is lazy
    if not isinstance(node.index, SliceExpr) and _is_slice(body, node.index):
        return  # builds a lazy object, where the object is lazy
    if node.analyzed is not None:
        return  # a type
    parent = body.parent(node)
    if isinstance(parent, DelStmt):
        yield ImplicitUse(node.base, Use.DELETE_ITEM, node)
    elif _is_target(body, node):
        augmented = isinstance(parent, OperatorAssignmentStmt)  # asks for the old item first
        yield ImplicitUse(node.base, Use.INDEX if augmented else Use.ASSIGN_ITEM, node)
    else:
        yield ImplicitUse(node.base, Use.INDEX, node)


def _is_slice(body: Body, index: Expression) -> bool:
    infos = classes(body.type_of(index))
    return bool(infos) and all(info.fullname == "builtins.slice" for info in infos)


def _is_target(body: Body, node: Expression) -> bool:
    match body.parent(node):
        case AssignmentStmt() as statement:
            return node in statement.lvalues
        case OperatorAssignmentStmt() as statement:
            return node is statement.lvalue and isinstance(node, IndexExpr)
        case DelStmt():
            return True
        case TupleExpr() | ListExpr() | StarExpr() as outer:
            return _is_target(body, outer)
        case ForStmt() as loop:
            return node is loop.index
        case WithStmt() as statement:
            return node in statement.target
        case _:
            return False


def _conditions(body: Body, node: Node) -> Iterator[ImplicitUse]:
    match node:
        case IfStmt():
            yield from _tests(node, node.expr)
        case WhileStmt() | AssertStmt():
            yield from _tests(node, [node.expr])
        case ConditionalExpr():
            yield from _tests(node, [node.cond])
        case UnaryExpr(op="not"):
            yield from _tests(node, [node.expr])
        case OpExpr(op="and" | "or"):
            yield from _tests(node, [node.left])
        case OpExpr(op="%") if isinstance(node.left, StrExpr):
            values = node.right.items if isinstance(node.right, TupleExpr) else [node.right]
            for value in values:
                yield ImplicitUse(value, Use.FORMAT, node)


def _tests(within: Node, conditions: list[Expression]) -> Iterator[ImplicitUse]:
    """The truth tests of a condition; of ``a and b`` only ``b``, as ``a`` is tested as an operand."""
    for condition in conditions:
        match condition:
            case OpExpr(op="and" | "or"):
                yield from _tests(within, [condition.right])
            case ConditionalExpr():
                yield from _tests(within, [condition.if_expr, condition.else_expr])
            case AssignmentExpr():
                yield from _tests(within, [condition.value])
            case UnaryExpr(op="not"):
                pass  # tests its operand itself
            case ComparisonExpr() | CallExpr(callee=RefExpr(fullname="builtins.isinstance")):
                pass  # plain booleans
            case _:
                yield ImplicitUse(condition, Use.TRUTH, within)


_USES_BY: Final[Mapping[type[Node], Callable[[Body, Any], Iterable[ImplicitUse]]]] = {
    AssertStmt: _conditions,
    AssignmentStmt: _unpacking,
    CallExpr: _uses_by_call,
    ComparisonExpr: _comparison,
    ConditionalExpr: _conditions,
    DictionaryComprehension: _uses_by_comprehension,
    ForStmt: _loop,
    GeneratorExpr: _uses_by_comprehension,
    IfStmt: _conditions,
    IndexExpr: _indexing,
    ListExpr: _display,
    MatchStmt: _guards,
    OpExpr: _conditions,
    OperatorAssignmentStmt: _extension,
    SetExpr: _display,
    TupleExpr: _display,
    UnaryExpr: _conditions,
    WhileStmt: _conditions,
    WithStmt: _block,
    YieldFromExpr: _delegation,
}
