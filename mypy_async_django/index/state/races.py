"""Lost updates: shared state is read before an await and written after it from the value read."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mypy.literals import literal_hash
from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    BreakStmt,
    CallExpr,
    ContinueStmt,
    DictExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    SetExpr,
    StarExpr,
    Statement,
    TupleExpr,
    UnaryExpr,
    WhileStmt,
    WithStmt,
    YieldExpr,
)

from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import classes, is_a, member
from mypy_async_django.catalogue.shared import (
    ENTERED_AT_ONCE,
    IN_PLACE,
    LOCK_WORDS,
    LOCKS,
    OF_ONE_REQUEST,
    PLAIN_VALUES,
    STOPPED,
)
from mypy_async_django.index.resolution.concurrency import (
    MANY,
    decorators,
    is_run_once,
    keeps_instance,
    starts,
)
from mypy_async_django.index.state.shared_variables import (
    SharedVariable,
    Sharing,
    is_target,
    read_variable,
    shared_variable,
)
from mypy_async_django.index.state.test_and_set import Claim, claims
from mypy_async_django.index.syntax.bindings import Binding
from mypy_async_django.index.syntax.body import Body, once

_LEAVING = (ReturnStmt, RaiseStmt, ContinueStmt, BreakStmt)
_ENTERING = frozenset({"acquire", "enter_async_context", "enter_context"})


class Race(NamedTuple):
    """A write that depends on a read, with a pause between in which other coroutines can run.

    ``is_guard``: the value read decides whether the write happens, but does not flow into it.
    """

    place: SharedVariable
    read: Expression
    pause: Node
    write: Statement
    target: Expression
    is_guard: bool

    @property
    def waits_by(self) -> str:
        """The keyword of the pause: await, async for, async with or yield."""
        match self.pause:
            case YieldExpr():
                return "yield"
            case WithStmt():
                return "async with"
            case ForStmt() | GeneratorExpr() | DictionaryComprehension():
                return "async for"
            case _:
                return "await"


class _Write(NamedTuple):
    place: SharedVariable
    statement: AssignmentStmt | OperatorAssignmentStmt
    target: Expression
    value: Expression


class _Source(NamedTuple):
    """A read, with the nodes that rebind the local names that carry its value."""

    read: Expression
    ends: frozenset[Node] = frozenset()


@once
def races(body: Body) -> tuple[Race, ...]:
    """The lost updates and the tests that other coroutines overtake, one for each write."""
    writes = [write for write in _writes(body) if not _is_literal(write.value)]
    written = [*(write.statement for write in writes), *(claim.write for claim in claims(body))]
    if not written or not _may_run_beside_itself(body) or _is_service(body, written):
        return ()
    pauses = [node for node in body.nodes if _is_pause(body, node)]
    found = [
        *(_lost_update(body, write, pauses) for write in writes),
        *(_overtaken(body, claim, pauses) for claim in claims(body) if pauses),
    ]
    first: dict[tuple[Node, SharedVariable], Race] = {}
    for race in found:
        if race is not None and (place := _as_shared(body, race)) is not None:
            first.setdefault((race.write, place), race._replace(place=place))
    return tuple(sorted(first.values(), key=lambda race: (race.write.line, race.write.column)))


def plain_writes(body: Body) -> Iterator[SharedVariable]:
    """The shared variables that a body assigns a value that is neither constant nor their own."""
    for write in _writes(body):
        is_plain = isinstance(write.statement, AssignmentStmt) and not _is_literal(write.value)
        if is_plain and not any(_sources(body, write.place, write.value)):
            yield write.place


def first_reads(body: Body) -> Iterator[tuple[SharedVariable, Expression]]:
    """The reads of shared variables that no write in the body precedes."""
    writes = list(_writes(body))
    for node in body.nodes:
        place = read_variable(body, node) if isinstance(node, Expression) else None
        if place is None or not isinstance(node, Expression) or is_target(body, node):
            continue
        own = {write.statement for write in writes if write.place == place}
        if body.flow.reaches(body.function, node, avoiding=own):
            yield place, node


def is_lock(body: Body, expression: Expression) -> bool:
    """Whether the type or the name of an expression is that of a lock."""
    infos = classes(body.type_of(expression))
    words = " ".join([body.source.text(expression), *(info.name for info in infos)]).lower()
    return any(is_a(info, *LOCKS) for info in infos) or any(word in words for word in LOCK_WORDS)


def _lost_update(body: Body, write: _Write, pauses: list[Node]) -> Race | None:
    """The pause between a write and a read whose value flows into the written value."""
    reads = _reads(body).get(write.place, frozenset())
    for source in _of_value(body, write):
        pause = _pause_between(body, source, pauses, write.place, write.statement, reads)
        if pause is not None:
            return Race(write.place, source.read, pause, write.statement, write.target, False)
    return None


def _overtaken(body: Body, claim: Claim, pauses: list[Node]) -> Race | None:
    """The pause between a test and the write that makes it come out differently."""
    tests = frozenset(each.test for each in claims(body) if each.variable == claim.variable)
    reads = tests if claim.is_shift else tests | _reads(body).get(claim.variable, frozenset())
    source = _Source(claim.test, tests - {claim.test})
    pause = _pause_between(body, source, pauses, claim.variable, claim.write, reads)
    if pause is None:
        return None
    return Race(claim.variable, claim.test, pause, claim.write, claim.target, True)


def _pause_between(
    body: Body,
    source: _Source,
    pauses: list[Node],
    place: SharedVariable,
    write: Statement,
    reads: frozenset[Expression],
) -> Node | None:
    """The pause between a read and a write, without a new read, in which others can change it.

    None if there is no pause, or if a lock or a flag keeps them out.
    """
    if is_locked(body, source.read, write):
        return None
    rebound = _bindings_of(body, place.keys)
    lost = source.ends | rebound
    between = body.flow.between(source.read, write, reads | lost)
    for pause in pauses:
        if (
            pause in between
            and body.flow.reaches(source.read, pause, avoiding={source.read, *lost})
            and not _is_flagged(body, source.read, pause, pauses, place, write)
        ):
            return pause
    return None


def _is_flagged(
    body: Body,
    read: Expression,
    pause: Node,
    pauses: list[Node],
    place: SharedVariable,
    write: Statement,
) -> bool:
    """Whether a flag is tested and set without a pause, before the read or before the pause.

    A flag for one key does not keep out coroutines with other keys.
    """
    reaches = body.flow.reaches
    return any(
        claim.write is not write
        and claim.variable.keys <= place.keys
        and (
            not reaches(body.function, read, avoiding={claim.write})
            or not reaches(read, pause, avoiding={claim.write})
        )
        and not any(
            reaches(claim.test, node, avoiding={claim.test})
            and reaches(node, claim.write, avoiding={claim.test})
            for node in pauses
        )
        for claim in claims(body)
    )


def _writes(body: Body) -> Iterator[_Write]:
    for node in body.nodes:
        match node:
            case AssignmentStmt():
                for target in node.lvalues:
                    yield from _targets(body, node, target, node.rvalue)
            case OperatorAssignmentStmt():
                yield from _targets(body, node, node.lvalue, node.rvalue)
            case _:
                pass


def _targets(
    body: Body,
    statement: AssignmentStmt | OperatorAssignmentStmt,
    target: Expression,
    value: Expression,
) -> Iterator[_Write]:
    if isinstance(target, TupleExpr | ListExpr):
        values = value.items if isinstance(value, TupleExpr | ListExpr) else []
        paired = values if len(values) == len(target.items) else [value] * len(target.items)
        for item, part in zip(target.items, paired, strict=True):
            yield from _targets(body, statement, item, part)
    elif place := shared_variable(body, target.expr if isinstance(target, StarExpr) else target):
        yield _Write(place, statement, target, value)


@once
def _reads(body: Body) -> Mapping[SharedVariable, frozenset[Expression]]:
    """The expressions that read each shared variable."""
    found: dict[SharedVariable, set[Expression]] = {}
    for node in body.nodes:
        place = read_variable(body, node) if isinstance(node, Expression) else None
        if place is not None and isinstance(node, Expression):
            is_augmented = isinstance(body.parent(node), OperatorAssignmentStmt)
            if is_augmented or not is_target(body, node):
                found.setdefault(place, set()).add(node)
    return {place: frozenset(reads) for place, reads in found.items()}


def _of_value(body: Body, write: _Write) -> Iterator[_Source]:
    """The reads whose value flows into the written value."""
    if isinstance(write.statement, OperatorAssignmentStmt) and makes_new(body, write.statement):
        yield _Source(write.target)
    yield from _sources(body, write.place, write.value)


def _sources(body: Body, place: SharedVariable, value: Expression) -> Iterator[_Source]:
    """The reads of a shared variable that a value depends on, also through local names."""
    for read, carriers in dependences(body, value, lambda node: read_variable(body, node) == place):
        rivals = _bindings_of(body, frozenset(binding.name for binding in carriers))
        yield _Source(read, rivals - {binding.node for binding in carriers})


def dependences(
    body: Body, value: Expression, is_wanted: Callable[[Expression], bool]
) -> Iterator[tuple[Expression, frozenset[Binding]]]:
    """The wanted expressions that a value depends on, each with the bindings that carry the value."""
    seen: set[Node] = set()
    stack: list[tuple[Expression, frozenset[Binding]]] = [(value, frozenset())]
    while stack:
        current, carriers = stack.pop()
        for node in walk(current):
            if node in seen or body.parent(node) is None or not isinstance(node, Expression):
                continue
            seen.add(node)
            if is_wanted(node):
                yield node, carriers
            if isinstance(node, NameExpr):
                for binding in body.flow.reaching(node):
                    carried = carriers | {binding}
                    stack.extend((part, carried) for part in _parts(binding))


def _parts(binding: Binding) -> Iterator[Expression]:
    """The expressions that a binding takes its value from."""
    if isinstance(binding.node, OperatorAssignmentStmt):
        yield binding.node.lvalue
    if binding.value is not None:
        yield binding.value


def _bindings_of(body: Body, names: frozenset[str]) -> frozenset[Node]:
    if not names:
        return frozenset()
    return frozenset(binding.node for binding in body.flow.bindings() if binding.name in names)


def makes_new(body: Body, statement: OperatorAssignmentStmt) -> bool:
    """Whether an augmented assignment creates a new value instead of changing the old one."""
    infos = classes(body.type_of(statement.lvalue))
    if infos:
        return not any(member(info, name) for info in infos for name in IN_PLACE)
    added = classes(body.type_of(statement.rvalue))
    return bool(added) and all(is_a(info, *PLAIN_VALUES) for info in added)


def _is_literal(value: Expression) -> bool:
    """Whether a value is a literal: a constant, an empty display, a member of an enum."""
    match value:
        case NameExpr() | MemberExpr():
            return value.name in {"None", "True", "False"} or value.name.isupper()
        case UnaryExpr(expr=inner):
            return _is_literal(inner)
        case TupleExpr(items=items) | ListExpr(items=items) | SetExpr(items=items):
            return all(_is_literal(item) for item in items)
        case DictExpr(items=pairs):
            return all(_is_literal(value) for _, value in pairs)
        case CallExpr(callee=RefExpr(fullname="builtins.set" | "builtins.dict" | "builtins.list")):
            return not value.args
        case _:
            return not any(
                isinstance(node, RefExpr | CallExpr | AwaitExpr | YieldExpr) for node in walk(value)
            )


def _is_pause(body: Body, node: Node) -> bool:
    """Whether other coroutines can run while a node is evaluated."""
    match node:
        case AwaitExpr():
            return True
        case ForStmt():
            return node.is_async
        case WithStmt(is_async=True):
            return any(not _is_entered_at_once(body, manager) for manager in node.expr)
        case GeneratorExpr() | DictionaryComprehension():
            return any(node.is_async)
        case YieldExpr():
            return body.is_coroutine
        case _:
            return False


def _is_entered_at_once(body: Body, manager: Expression) -> bool:
    infos = classes(body.type_of(manager))
    return bool(infos) and all(is_a(info, *ENTERED_AT_ONCE) for info in infos)


def is_locked(body: Body, read: Expression, write: Node) -> bool:
    """Whether a lock is held from the read to the write."""
    around = set(body.ancestors(write))
    held = [node for node in body.ancestors(read) if isinstance(node, WithStmt) and node in around]
    if any(is_lock(body, manager) for statement in held for manager in statement.expr):
        return True
    return any(body.flow.reaches(node, read) for node in _lockings(body))


@once
def _lockings(body: Body) -> tuple[CallExpr, ...]:
    """The calls that acquire a lock outside a ``with`` statement."""
    return tuple(
        node
        for node in body.every(CallExpr)
        if isinstance(node.callee, MemberExpr)
        and node.callee.name in _ENTERING
        and any(is_lock(body, lock) for lock in (node.callee.expr, *node.args))
    )


def _may_run_beside_itself(body: Body) -> bool:
    """Whether several calls of the function can run concurrently."""
    function, module = body.function, body.module
    if not isinstance(function, FuncDef) or module is None:
        return False
    names = [function.name, *map(body.source.text, decorators(module.tree, function))]
    if any(word in name.lower() for name in names for word in LOCK_WORDS):
        return False
    return not function.name.startswith("test_") and not is_run_once(module, function)


def _is_service(body: Body, writes: list[Statement]) -> bool:
    """Whether the function is a service loop: started once, it loops until told to stop."""
    for loop in body.every(WhileStmt):
        if any(isinstance(inside, BreakStmt | ReturnStmt) for inside in walk(loop.body)):
            continue
        if isinstance(loop.expr, NameExpr) and loop.expr.name == "True":
            return True
        is_all = all(loop in body.ancestors(write) for write in writes)
        if is_all and _is_told_to_stop(body, loop, loop.expr):
            return True
    return False


def _is_told_to_stop(body: Body, loop: WhileStmt, condition: Expression) -> bool:
    """Whether a loop's condition reads only flags and events that the loop does not assign."""
    match condition:
        case UnaryExpr(op="not", expr=inner):
            return _is_told_to_stop(body, loop, inner)
        case OpExpr(op="and" | "or", left=left, right=right):
            return all(_is_told_to_stop(body, loop, part) for part in (left, right))
        case CallExpr(callee=MemberExpr(name=question), args=[]):
            return question in STOPPED
        case NameExpr() | MemberExpr():
            is_flag = all(
                info.fullname == "builtins.bool" for info in classes(body.type_of(condition))
            )
            return is_flag and not any(
                literal_hash(target) == literal_hash(condition)
                for node in walk(loop.body)
                if isinstance(node, AssignmentStmt)
                for target in node.lvalues
            )
        case _:
            return False


def _as_shared(body: Body, race: Race) -> SharedVariable | None:
    """The variable of a race as other coroutines share it; None if they do not.

    An attribute of an object that the module keeps is shared like a variable of the module.
    """
    function, module, place = body.function, body.module, race.place
    if not isinstance(function, FuncDef) or module is None:
        return None
    match place.sharing:
        case Sharing.CAPTURED:
            return place if starts(module, function) >= MANY else None
        case Sharing.INSTANCE if is_a(function.info, *OF_ONE_REQUEST):
            return None
        case Sharing.INSTANCE if keeps_instance(module.tree, function.info):
            return place._replace(sharing=Sharing.MODULE)
        case Sharing.INSTANCE:
            is_lazy = race.is_guard and not _is_constant_write(race.write)
            return None if is_lazy else place
        case Sharing.MODULE:
            return place


def _is_constant_write(write: Statement) -> bool:
    return not isinstance(write, AssignmentStmt) or _is_literal(write.rvalue)
