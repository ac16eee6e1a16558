"""How many calls of a coroutine function may run concurrently."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from mypy.nodes import (
    AssignmentStmt,
    AwaitExpr,
    Block,
    CallExpr,
    ConditionalExpr,
    Decorator,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IfStmt,
    LambdaExpr,
    MatchStmt,
    MypyFile,
    NameExpr,
    Node,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    TryStmt,
    TypeInfo,
    WhileStmt,
)
from mypy.nodes import DictionaryComprehension as DictComprehension

from mypy_async_django.bridge.tree import children, decorated, maker_of
from mypy_async_django.catalogue.offload import FUNCTION_RUNNERS, RUNNERS
from mypy_async_django.index.syntax.body import ModuleContext, once_in_module

_REPEATING = (ForStmt, WhileStmt, GeneratorExpr, DictComprehension)
MANY = 2
#: Decorators that keep the result of a function without arguments.
CACHES = frozenset({"functools.cache", "functools.lru_cache"})


def starts(module: ModuleContext, function: FuncDef) -> int:
    """How many of a function inside another may run at once, as far as its module shows.

    A call that is awaited on the spot starts none; one in a loop, or a function that is returned,
    stands for many. Those in branches of which only one runs count once.
    """
    found: list[tuple[int, tuple[Node, ...]]] = []
    for name, around in _mentions(module).get(function, ()):
        call = around[-1] if around else None
        is_called = isinstance(call, CallExpr) and call.callee is name
        if is_called and len(around) > 1 and isinstance(around[-2], AwaitExpr):
            continue
        is_many = isinstance(call, ReturnStmt) or any(
            isinstance(node, _REPEATING) for node in _within(around)
        )
        found.append((MANY if is_many else 1, (*around, name)))
    if all(_is_one_of(one, other) for (_, one), (_, other) in combinations(found, 2)):
        return max((times for times, _ in found), default=0)
    return sum(times for times, _ in found)


def _is_one_of(one: tuple[Node, ...], other: tuple[Node, ...]) -> bool:
    """Whether only one of two nodes runs, by the nodes around each."""
    shared = [a for a, b in zip(one, other, strict=False) if a is b]
    around = shared[-1]
    first, second = one[len(shared)], other[len(shared)]
    match around:
        case IfStmt() | MatchStmt():
            return isinstance(first, Block) and isinstance(second, Block)
        case ConditionalExpr(if_expr=then, else_expr=otherwise):
            return {first, second} == {then, otherwise}
        case TryStmt(handlers=handlers):
            return any(each in handlers for each in (first, second))
        case Block(body=statements):
            order: dict[Node, int] = {each: position for position, each in enumerate(statements)}
            earlier = min((one, other), key=lambda nodes: order[nodes[len(shared)]])
            return _leaves(earlier[len(shared) :])
        case _:
            return False


def _leaves(around: tuple[Node, ...]) -> bool:
    """Whether control does not go on behind the branch that a node stands in."""
    match around:
        case (IfStmt(), Block(body=[*_, ReturnStmt() | RaiseStmt()]), *_):
            return True
        case _:
            return False


def is_run_once(module: ModuleContext, function: FuncDef) -> bool:
    """Whether the module runs the function as the only one of its event loop: ``asyncio.run``."""
    return any(
        isinstance(node, CallExpr)
        and isinstance(node.callee, RefExpr)
        and _name(node.callee) in RUNNERS | FUNCTION_RUNNERS
        for _, around in _mentions(module).get(function, ())
        for node in around
    )


def keeps_instance(tree: MypyFile, info: TypeInfo) -> bool:
    """Whether a module keeps an instance of a class: in a variable, or behind a cached function."""
    for node in tree.defs:
        match node:
            case AssignmentStmt(rvalue=CallExpr(callee=RefExpr(node=TypeInfo() as made))):
                if made is info:
                    return True
            case Decorator(func=FuncDef(body=block), original_decorators=[*decorators]):
                is_cached = any(
                    _name(each) in CACHES
                    for each in map(maker_of, decorators)
                    if isinstance(each, RefExpr)
                )
                if is_cached and any(_makes(statement, info) for statement in block.body):
                    return True
            case _:
                pass
    return False


def _makes(statement: Node, info: TypeInfo) -> bool:
    match statement:
        case ReturnStmt(expr=CallExpr(callee=RefExpr(node=TypeInfo() as made))):
            return made is info
        case _:
            return False


def decorators(tree: MypyFile, function: FuncDef) -> Iterator[Node]:
    """The expressions that a function is decorated with."""
    for node in decorated(tree, function):
        yield from node.original_decorators


def _name(callee: RefExpr) -> str:
    return callee.node.fullname if callee.node is not None else callee.fullname


@once_in_module
def _mentions(tree: MypyFile) -> Mapping[Node, list[tuple[NameExpr, tuple[Node, ...]]]]:
    """By function, the names that mean it, each with the nodes around it, the innermost last."""
    found: dict[Node, list[tuple[NameExpr, tuple[Node, ...]]]] = defaultdict(list)
    stack: list[tuple[Node, tuple[Node, ...]]] = [(tree, ())]
    while stack:
        node, around = stack.pop()
        if isinstance(node, NameExpr):
            meant = node.node.func if isinstance(node.node, Decorator) else node.node
            if isinstance(meant, FuncDef):
                found[meant].append((node, around))
            continue
        inside = (*around, node)
        stack.extend((child, inside) for child in children(node))
    return found


def _within(around: tuple[Node, ...]) -> Iterator[Node]:
    """The nodes around, up to the function that the innermost stands in."""
    for node in reversed(around):
        if isinstance(node, FuncDef | LambdaExpr):
            return
        yield node
