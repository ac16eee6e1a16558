"""The control flow graph of one body: the order in which Python may evaluate its nodes.

A step is the evaluation of one node, numbered in the order of construction. A node can have several
steps: a `finally` block is built once for each exit of its `try`, as Python compiles it. A node that
is never evaluated has no step: code after a `return`, blocks that mypy marked as unreachable.

The builders below are generators that yield the nodes to evaluate next. A loop with an explicit
stack runs them, so that deep nesting cannot exhaust Python's recursion limit.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from typing import Any, Final, NamedTuple, TypeAlias

from mypy import nodes, patterns
from mypy.nodes import Node

from mypy_async_django.bridge.tree import children

Steps: TypeAlias = tuple[int, ...]
Nodes: TypeAlias = Iterable[Node | None]

_SUPPRESS: Final = "contextlib.suppress"
# At this nesting depth a `finally` is built once for all exits: copies of copies grow exponentially.
_COPIED_DEPTH: Final = 2


class Graph(NamedTuple):
    """The steps of a body with their predecessors; step 0 is the entry.

    ``node`` is the node that a step evaluates; None for a step that only joins others. ``steps`` are
    the steps of a node, ``before`` the direct predecessors of a step. ``raising`` holds, for a step
    that catches an exception, the steps during which it can be raised. ``ends`` are the steps after
    which the body ends without `return`.

    The step of a statement comes after its expressions and targets, but for those with blocks: `if`,
    `try` and `while` before their first expression, `for` where the next item is taken, `with` where
    a context manager is entered, `match` after its subject. A block has no step, except that of an
    `except ... as name`: there the name is deleted.
    """

    node: list[Node | None]
    steps: dict[Node, list[int]]
    before: list[Steps]
    raising: dict[int, list[int]]
    ends: Steps = ()

    def predecessors(self, step: int) -> Iterable[int]:
        """The direct predecessors of ``step``, exception edges included."""
        raising = self.raising.get(step)
        return self.before[step] if raising is None else (*self.before[step], *raising)


def graph_of(body: nodes.FuncItem | nodes.MypyFile) -> Graph:
    """The graph of ``body``'s own code, without nested functions and lambdas."""
    builder = _Builder(body)
    builder.run(body.defs if isinstance(body, nodes.MypyFile) else [*body.arguments, body.body])
    return builder.graph._replace(ends=builder.ends)


class _Way(Enum):
    """How control leaves a block: by return, exception, break, continue."""

    END = auto()
    BREAK = auto()
    CONTINUE = auto()
    RETURN = auto()
    RAISE = auto()
    MISMATCH = auto()


_ALL_WAYS: Final = (_Way.BREAK, _Way.CONTINUE, _Way.RETURN, _Way.RAISE)


class _Frame:
    """A block that catches some exits, with the steps that control left from."""

    __slots__ = ("stopped",)

    def __init__(self, ways: Iterable[_Way]) -> None:
        self.stopped: dict[_Way, list[int]] = {way: [] for way in ways}

    def __getitem__(self, way: _Way) -> Steps:
        return tuple(self.stopped[way])


class _Builder:
    def __init__(self, body: Node) -> None:
        self.graph = Graph([body], {body: [0]}, [()], {})
        # The steps that control comes from. None: what follows cannot be reached.
        self.ends: Steps = (0,)
        self.frames: list[_Frame] = []
        # Where the innermost frame that catches exceptions collects the steps that may raise.
        self.raising: list[int] | None = None
        self.copies = 0

    def run(self, body: Nodes) -> None:
        """Build ``body`` and all nodes below; a builder's node is evaluated after the nodes it yields."""
        stack: list[tuple[Iterator[Node | None], Node | None]] = [(iter(body), None)]
        while stack:
            pending, parent = stack[-1]
            for node in pending:
                if node is None or not self.ends:
                    continue
                if type(node) in _ATOMS:
                    self.step(node)
                    continue
                build = _BUILDERS.get(type(node))
                if build is None:
                    stack.append((iter(children(node)), node))
                else:
                    stack.append((build(self, node), None))
                break
            else:
                stack.pop()
                if parent is not None:
                    self.step(parent)

    def step(self, node: Node | None = None) -> None:
        """Evaluate ``node`` next; without a node, join the current paths."""
        if not self.ends:
            return
        number = len(self.graph.node)
        self.graph.node.append(node)
        self.graph.before.append(self.ends)
        self.ends = (number,)
        if node is not None:
            self.graph.steps.setdefault(node, []).append(number)
            if self.raising is not None:
                self.raising.append(number)

    def link(self, ends: Steps, head: Steps) -> None:
        """Add back edges from ``ends`` to the step in ``head``, if there is one."""
        for step in head:
            self.graph.before[step] += ends

    def enter(self, *ways: _Way) -> _Frame:
        frame = _Frame(ways)
        self.frames.append(frame)
        self.raising = frame.stopped.get(_Way.RAISE, self.raising)
        return frame

    def leave(self) -> None:
        self.frames.pop()
        self.raising = next(
            (f.stopped[_Way.RAISE] for f in reversed(self.frames) if _Way.RAISE in f.stopped), None
        )

    def jump(self, way: _Way) -> None:
        """Continue at the innermost frame that catches the exit ``way``; nothing follows."""
        if way is _Way.RAISE:
            # A step that raises leaves its binding undone; a jump does not.
            self.step()
        for frame in reversed(self.frames):
            if way in frame.stopped:
                frame.stopped[way].extend(self.ends)
                break
        self.ends = ()

    def fork(self, way: _Way) -> None:
        """Take the exit ``way``, or continue."""
        ends = self.ends
        self.jump(way)
        self.ends = ends

    def catch(self, raising: Iterable[int]) -> None:
        """Continue where an exception raised in the steps ``raising`` is caught."""
        self.ends = ()
        if raising := list(raising):
            self.ends = (len(self.graph.node),)
            self.graph.raising[len(self.graph.node)] = raising
            self.graph.node.append(None)
            self.graph.before.append(())

    def ways_out(self, frame: _Frame, cleanup: Callable[[], Nodes]) -> Iterator[Node | None]:
        """End ``frame``, with ``cleanup`` built for each of its exits."""
        self.leave()
        frame.stopped[_Way.END] = list(self.ends)
        ways = [way for way, ends in frame.stopped.items() if ends]
        after: Steps = ()
        for together in [ways] if self.copies >= _COPIED_DEPTH else [[way] for way in ways]:
            self.gather(frame, together)
            self.copies += 1
            yield from cleanup()
            self.copies -= 1
            ends = self.ends
            for way in together:
                self.ends = ends
                if way is _Way.END:
                    after = ends
                else:
                    self.jump(way)
        self.ends = after

    def gather(self, frame: _Frame, ways: list[_Way]) -> None:
        """Continue from the steps at which ``frame`` caught the exits ``ways``."""
        ends: Steps = ()
        for way in ways:
            if way is _Way.RAISE:
                self.catch(frame[way])
                ends += self.ends
            else:
                ends += frame[way]
        self.ends = ends


def _block(builder: _Builder, node: nodes.Block) -> Iterator[Node]:
    if node.is_unreachable:
        builder.ends = ()
        return iter(())
    return iter(node.body)


def _function(builder: _Builder, node: nodes.FuncItem) -> Iterator[Node | None]:
    for argument in node.arguments:
        yield argument.initializer
    builder.step(node)


def _if(builder: _Builder, node: nodes.IfStmt) -> Iterator[Node | None]:
    builder.step(node)
    after: Steps = ()
    for condition, body in zip(node.expr, node.body, strict=True):
        yield condition
        otherwise = builder.ends
        yield body
        after += builder.ends
        builder.ends = otherwise
    yield node.else_body
    builder.ends += after


def _while(builder: _Builder, node: nodes.WhileStmt) -> Iterator[Node | None]:
    builder.step(node)
    head = builder.ends
    yield node.expr
    exhausted = () if _is_true(node.expr) else builder.ends
    yield from _repeated(builder, node, head, exhausted)


def _for(builder: _Builder, node: nodes.ForStmt) -> Iterator[Node | None]:
    yield node.expr
    builder.step(node)
    head = builder.ends
    yield node.index
    yield from _repeated(builder, node, head, head)


def _repeated(
    builder: _Builder, node: nodes.WhileStmt | nodes.ForStmt, head: Steps, exhausted: Steps
) -> Iterator[Node | None]:
    frame = builder.enter(_Way.BREAK, _Way.CONTINUE)
    yield node.body
    builder.leave()
    builder.link(builder.ends + frame[_Way.CONTINUE], head)
    builder.ends = exhausted
    yield node.else_body
    builder.ends += frame[_Way.BREAK]


def _is_true(condition: nodes.Expression) -> bool:
    if isinstance(condition, nodes.IntExpr):
        return condition.value != 0
    return isinstance(condition, nodes.NameExpr) and condition.name == "True"


def _try(builder: _Builder, node: nodes.TryStmt) -> Iterator[Node | None]:
    cleanup = node.finally_body
    around = None if cleanup is None else builder.enter(*_ALL_WAYS)
    frame = builder.enter(_Way.RAISE)
    builder.step(node)
    yield node.body
    builder.leave()
    yield node.else_body
    yield from _handlers(builder, node, frame)
    if around is not None:
        yield from builder.ways_out(around, lambda: [cleanup])


def _handlers(builder: _Builder, node: nodes.TryStmt, frame: _Frame) -> Iterator[Node | None]:
    after = builder.ends
    builder.catch(frame[_Way.RAISE])
    for kind, variable, handler in zip(node.types, node.vars, node.handlers, strict=True):
        yield kind
        unmatched = builder.ends
        yield from _handler(builder, variable, handler)
        after += builder.ends
        # Several clauses of an `except*` may run, one after the other.
        builder.ends = unmatched + builder.ends if node.is_star else unmatched
    builder.jump(_Way.RAISE)
    builder.ends = after


def _handler(
    builder: _Builder, variable: nodes.NameExpr | None, handler: nodes.Block
) -> Iterator[Node | None]:
    if variable is None:
        yield handler
        return

    def cleanup() -> Nodes:
        builder.step(handler)
        return ()

    frame = builder.enter(*_ALL_WAYS)
    yield variable
    yield handler
    yield from builder.ways_out(frame, cleanup)


def _with(builder: _Builder, node: nodes.WithStmt) -> Iterator[Node | None]:
    suppressing = []
    for expression, target in zip(node.expr, node.target, strict=True):
        yield expression
        builder.step(node)
        yield target
        if _is_suppress(expression):
            suppressing.append(builder.enter(_Way.RAISE))
    yield node.body
    for frame in reversed(suppressing):
        builder.leave()
        after = builder.ends
        builder.catch(frame[_Way.RAISE])
        builder.fork(_Way.RAISE)
        builder.ends += after


def _is_suppress(expression: nodes.Expression) -> bool:
    if not isinstance(expression, nodes.CallExpr):
        return False
    callee = expression.callee
    return isinstance(callee, nodes.RefExpr) and callee.fullname == _SUPPRESS


def _match(builder: _Builder, node: nodes.MatchStmt) -> Iterator[Node | None]:
    yield node.subject
    builder.step(node)
    after: Steps = ()
    for pattern, guard, body in zip(node.patterns, node.guards, node.bodies, strict=True):
        frame = builder.enter(_Way.MISMATCH)
        yield pattern
        if guard is not None:
            yield guard
            builder.fork(_Way.MISMATCH)
        builder.leave()
        yield body
        after += builder.ends
        builder.ends = frame[_Way.MISMATCH]
    builder.ends += after


def _pattern(builder: _Builder, node: patterns.Pattern) -> Iterator[Node]:
    """A pattern that can fail to match; it is tried before the patterns inside it."""
    builder.step(node)
    builder.fork(_Way.MISMATCH)
    return iter(children(node))


def _value_pattern(builder: _Builder, node: patterns.ValuePattern) -> Iterator[Node]:
    yield node.expr
    builder.step(node)
    builder.fork(_Way.MISMATCH)


def _or_pattern(builder: _Builder, node: patterns.OrPattern) -> Iterator[Node]:
    *alternatives, last = node.patterns
    matched: Steps = ()
    for alternative in alternatives:
        frame = builder.enter(_Way.MISMATCH)
        yield alternative
        builder.leave()
        matched += builder.ends
        builder.ends = frame[_Way.MISMATCH]
    yield last
    builder.ends += matched
    builder.step(node)


def _leaving(way: _Way) -> Callable[[_Builder, Any], Iterator[Node]]:
    """The builder of a statement after which control takes the exit ``way``."""

    def build(builder: _Builder, node: Node) -> Iterator[Node]:
        yield from children(node)
        builder.step(node)
        builder.jump(way)

    return build


def _assert(builder: _Builder, node: nodes.AssertStmt) -> Iterator[Node | None]:
    yield node.expr
    passed = builder.ends
    yield node.msg
    builder.jump(_Way.RAISE)
    builder.ends = passed
    builder.step(node)


def _operation(builder: _Builder, node: nodes.OpExpr) -> Iterator[Node]:
    yield node.left
    short = builder.ends if node.op in ("and", "or") else ()
    yield node.right
    builder.ends += short
    builder.step(node)


def _comparison(builder: _Builder, node: nodes.ComparisonExpr) -> Iterator[Node]:
    first, *others = node.operands
    yield first
    compared: Steps = ()
    for operand in others:
        yield operand
        compared += builder.ends
    builder.ends = compared
    builder.step(node)


def _conditional(builder: _Builder, node: nodes.ConditionalExpr) -> Iterator[Node]:
    yield node.cond
    otherwise = builder.ends
    yield node.if_expr
    after = builder.ends
    builder.ends = otherwise
    yield node.else_expr
    builder.ends += after
    builder.step(node)


def _comprehension(builder: _Builder, node: Any) -> Iterator[Node | None]:
    heads = []
    for index, sequence, conditions in zip(
        node.indices, node.sequences, node.condlists, strict=True
    ):
        yield sequence
        builder.step()
        heads.append(builder.ends)
        yield index
        for condition in conditions:
            yield condition
            builder.link(builder.ends, heads[-1])
    yield from (
        [node.left_expr] if isinstance(node, nodes.GeneratorExpr) else [node.key, node.value]
    )
    for head in reversed(heads):
        builder.link(builder.ends, head)
        builder.ends = head
    builder.step(node)


# Evaluated without evaluating anything else first.
_ATOMS: Final[frozenset[type[Node]]] = frozenset(
    {
        nodes.Argument,
        nodes.NameExpr,
        nodes.IntExpr,
        nodes.StrExpr,
        nodes.BytesExpr,
        nodes.FloatExpr,
        nodes.PassStmt,
    }
)

# All other nodes are evaluated after their children.
_BUILDERS: Final[dict[type[Node], Callable[[_Builder, Any], Iterator[Node | None]]]] = {
    nodes.Block: _block,
    nodes.FuncDef: _function,
    nodes.LambdaExpr: _function,
    nodes.IfStmt: _if,
    nodes.WhileStmt: _while,
    nodes.ForStmt: _for,
    nodes.TryStmt: _try,
    nodes.WithStmt: _with,
    nodes.MatchStmt: _match,
    nodes.BreakStmt: _leaving(_Way.BREAK),
    nodes.ContinueStmt: _leaving(_Way.CONTINUE),
    nodes.ReturnStmt: _leaving(_Way.RETURN),
    nodes.RaiseStmt: _leaving(_Way.RAISE),
    nodes.AssertStmt: _assert,
    nodes.OpExpr: _operation,
    nodes.ComparisonExpr: _comparison,
    nodes.ConditionalExpr: _conditional,
    nodes.GeneratorExpr: _comprehension,
    nodes.DictionaryComprehension: _comprehension,
    patterns.OrPattern: _or_pattern,
    patterns.ValuePattern: _value_pattern,
    patterns.SingletonPattern: _pattern,
    patterns.SequencePattern: _pattern,
    patterns.MappingPattern: _pattern,
    patterns.ClassPattern: _pattern,
}
