"""Polling loops: they sleep until other code changes shared state."""

from collections.abc import Iterator
from typing import NamedTuple

from mypy.nodes import (
    LDEF,
    AssignmentStmt,
    AwaitExpr,
    Block,
    BreakStmt,
    CallExpr,
    ComparisonExpr,
    ContinueStmt,
    Decorator,
    Expression,
    ExpressionStmt,
    FloatExpr,
    FuncDef,
    IfStmt,
    IndexExpr,
    IntExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    PassStmt,
    RefExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    SymbolNode,
    TypeInfo,
    UnaryExpr,
    Var,
    WhileStmt,
)

from mypy_async_django.bridge.tree import children, functions
from mypy_async_django.bridge.types import class_of, known, member
from mypy_async_django.catalogue.shared import ASYNC_SLEEPS, BLOCKING_SLEEPS, CHANGING_METHODS
from mypy_async_django.index.state.shared_variables import SharedVariable, Sharing, shared_variable
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name

_EVENT = ASYNC_SLEEPS["asyncio.tasks.sleep"]
_LITERALS = (IntExpr, FloatExpr, StrExpr)


class Polling(NamedTuple):
    """A loop that sleeps until ``condition`` changes; other code assigns ``state``.

    ``event`` is the full name of the event class to use instead. A loop that does not even sleep
    lets no other code run.
    """

    loop: WhileStmt
    condition: Expression
    state: Expression
    place: SharedVariable
    event: str
    sleeps: bool


def pollings(body: Body) -> Iterator[Polling]:
    """The loops of an async function that only wait for other code of the module."""
    for loop in body.nodes:
        if not isinstance(loop, WhileStmt) or loop.else_body is not None:
            continue
        event = None
        condition: Expression | None = None if _is_true(loop.expr) else loop.expr
        for statement in loop.body.body:
            if found := _sleep(body, statement):
                event = found
            elif condition is None and (leaving := _leaving(statement)):
                condition = leaving
            elif not isinstance(statement, PassStmt | ContinueStmt):
                break
        else:
            if condition is not None:
                yield from _waiting(body, loop, condition, event)


def local_twins(body: Body, place: SharedVariable) -> Iterator[NameExpr]:
    """The assignments that create an unused local variable with the name of a shared variable."""
    if place.path:
        return
    bindings = [b for b in body.flow.bindings() if b.name == place.root.name]
    if any(
        binding.kind is not BindingKind.ASSIGN
        or body.flow.is_captured(binding)
        or body.flow.uses(binding)
        for binding in bindings
    ):
        return
    for binding in bindings:
        if isinstance(binding.node, NameExpr):
            yield binding.node


def _waiting(
    body: Body, loop: WhileStmt, condition: Expression, event: str | None
) -> Iterator[Polling]:
    states = list(_states(body, condition))
    if None in states:
        return
    for state in states:
        place = shared_variable(body, state) if state is not None else None
        if state is not None and place is not None and _is_set_elsewhere(body, place):
            sleeps = event is not None
            yield Polling(loop, condition, state, place, event or _EVENT, sleeps)
            return


def _sleep(body: Body, statement: Statement) -> str | None:
    """The event class that goes with the sleep function that a statement calls.

    ``await time.sleep(1)`` is meant as a sleep as well, although awaiting None raises.
    """
    match statement:
        case ExpressionStmt(expr=AwaitExpr(expr=CallExpr() as call) | (CallExpr() as call)):
            name = called_name(body, call) or ""
            is_awaited = isinstance(statement.expr, AwaitExpr)
            if name in BLOCKING_SLEEPS:
                return _EVENT
            return ASYNC_SLEEPS.get(name) if is_awaited else None
        case _:
            return None


def _leaving(statement: Statement) -> Expression | None:
    """The condition of ``if condition: break``."""
    match statement:
        case IfStmt(expr=[condition], body=[Block(body=[last])], else_body=None):
            is_plain = isinstance(last, ReturnStmt) and (
                last.expr is None or isinstance(last.expr, NameExpr)
            )
            return condition if isinstance(last, BreakStmt) or is_plain else None
        case _:
            return None


def _is_true(condition: Expression) -> bool:
    match condition:
        case NameExpr(name="True") | IntExpr(value=1):
            return True
        case _:
            return False


def _states(body: Body, condition: Expression) -> Iterator[Expression | None]:
    """The variables that a condition reads; None for a part that is not a plain read, as a call."""
    match condition:
        case OpExpr(op="and" | "or", left=left, right=right):
            yield from _states(body, left)
            yield from _states(body, right)
        case UnaryExpr(op="not", expr=inner):
            yield from _states(body, inner)
        case ComparisonExpr(operands=operands):
            for operand in operands:
                yield from _states(body, operand)
        case CallExpr(callee=RefExpr(fullname="builtins.len"), args=[argument]):
            yield from _states(body, argument)
        case NameExpr() | MemberExpr() | IndexExpr():
            yield condition if _is_plain(body, condition) else None
        case IntExpr() | FloatExpr() | StrExpr():
            pass
        case _:
            yield None


def _is_plain(body: Body, state: Expression) -> bool:
    """Whether a read runs no user code: a name, a plain attribute, an item of a dict."""
    match state:
        case NameExpr():
            return True
        case IndexExpr(base=base, index=index):
            info = class_of(body.type_of(base))
            is_builtin = info is not None and info.module_name == "builtins"
            return is_builtin and isinstance(index, _LITERALS) and _is_plain(body, base)
        case MemberExpr() if isinstance(state.node, Var | TypeInfo):
            return True
        case MemberExpr(expr=base, name=name):
            return _is_variable(body, base, name) and _is_plain(body, base)
        case _:
            return False


def _is_variable(body: Body, owner: Expression, name: str) -> bool:
    type_ = body.type_of(owner)
    info = class_of(type_)
    if info is None and isinstance(owner, NameExpr) and isinstance(owner.node, TypeInfo):
        info = owner.node
    found = member(info, name) if info is not None else None
    if found is None or not isinstance(found[1].node, Var) or found[1].node.is_property:
        return False
    attribute = class_of(known(found[1].node.type))
    return attribute is None or member(attribute, "__get__") is None


def _is_set_elsewhere(body: Body, place: SharedVariable) -> bool:
    """Whether an async function of the module, or a function that one calls, assigns the variable."""
    module = body.module
    if module is None:
        return False
    around = list(functions(module.tree))
    for _, function in around:
        if function is body.function or function.name == "__init__":
            continue
        if any(_sets(function, node, place) for node in _own(function)) and (
            function.is_coroutine or _is_called_by_coroutine(function, [f for _, f in around])
        ):
            return True
    return False


def _sets(function: FuncDef, node: Node, place: SharedVariable) -> bool:
    match node:
        case AssignmentStmt(lvalues=targets):
            return not _is_first(node, place) and any(
                _is_same(function, target, place) for target in targets
            )
        case OperatorAssignmentStmt(lvalue=target):
            return _is_same(function, target, place)
        case CallExpr(callee=MemberExpr(expr=owner, name=name)) if name in CHANGING_METHODS:
            return _is_same(function, owner, place)
        case _:
            return False


def _is_first(statement: AssignmentStmt, place: SharedVariable) -> bool:
    """Whether an assignment is the first one of the variable, in the enclosing function."""
    return any(
        isinstance(target, NameExpr)
        and target.node is place.root
        and (target.is_inferred_def or statement.unanalyzed_type is not None)
        for target in statement.lvalues
    )


def _is_same(function: FuncDef, target: Expression, place: SharedVariable) -> bool:
    """Whether an assignment in another function is to the variable, or to a local that shadows it."""
    path: list[str] = []
    current = target
    while True:
        match current:
            case MemberExpr(expr=base, name=name) if not isinstance(current.node, Var):
                path.append(f".{name}")
                current = base
            case IndexExpr(base=base, index=(StrExpr() | IntExpr()) as key):
                path.append(f"[{key.value!r}]")
                current = base
            case RefExpr():
                return tuple(reversed(path)) == place.path and _is_root(function, current, place)
            case _:
                return False


def _is_root(function: FuncDef, name: RefExpr, place: SharedVariable) -> bool:
    if place.sharing is Sharing.INSTANCE:
        first = function.arguments[0].variable if function.arguments else None
        owner = function.info or None
        same_class = owner is not None and owner is _class_of(place.root)
        return same_class and name.node is first
    if name.node is place.root:
        return True
    hides = isinstance(name, NameExpr) and name.kind == LDEF and name.name == place.root.name
    return hides and not place.path and name.node not in {a.variable for a in function.arguments}


def _class_of(parameter: SymbolNode) -> TypeInfo | None:
    return class_of(known(parameter.type)) if isinstance(parameter, Var) else None


def _is_called_by_coroutine(called: FuncDef, around: list[FuncDef]) -> bool:
    for function in around:
        if function.is_coroutine:
            for node in _own(function):
                match node:
                    case CallExpr(callee=RefExpr(node=Decorator(func=found))) if found is called:
                        return True
                    case CallExpr(callee=RefExpr(node=found)) if found is called:
                        return True
                    case _:
                        pass
    return False


def _own(function: FuncDef) -> Iterator[Node]:
    """The nodes of a function without those of nested functions."""
    stack: list[Node] = [function.body]
    while stack:
        node = stack.pop()
        if not isinstance(node, FuncDef):
            yield node
            stack.extend(children(node))
