"""Walking mypy's syntax tree.

mypy is compiled and its visitors cannot be subclassed from interpreted code, so the children of
every node class are written down here, once, in the order in which Python evaluates them.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from mypy import nodes, patterns
from mypy.nodes import Node

Children = Callable[[Any], Iterator[Node | None]]


def _attributes(*names: str) -> Children:
    """Children held in ``names``: a node, None, or a list of those."""

    def children(node: Any) -> Iterator[Node | None]:
        for name in names:
            value = getattr(node, name)
            if isinstance(value, list):
                yield from value
            else:
                yield value

    return children


def _nothing(node: Any) -> Iterator[Node | None]:
    return iter(())


def _function(node: Any) -> Iterator[Node | None]:
    for argument in node.arguments:
        yield argument.initializer
    yield node.body


def _class(node: nodes.ClassDef) -> Iterator[Node | None]:
    yield from node.decorators
    yield from node.base_type_exprs
    yield node.metaclass
    yield from node.keywords.values()
    yield node.defs


def _decorator(node: nodes.Decorator) -> Iterator[Node | None]:
    # `decorators` loses those that mypy understands (staticmethod, property, ...).
    yield from node.original_decorators
    yield node.func


def _overloaded(node: nodes.OverloadedFuncDef) -> Iterator[Node | None]:
    yield from node.items
    if node.impl is not None and node.impl not in node.items:
        yield node.impl


def _if(node: nodes.IfStmt) -> Iterator[Node | None]:
    for condition, block in zip(node.expr, node.body, strict=True):
        yield condition
        yield block
    yield node.else_body


def _try(node: nodes.TryStmt) -> Iterator[Node | None]:
    yield node.body
    for kind, variable, handler in zip(node.types, node.vars, node.handlers, strict=True):
        yield kind
        yield variable
        yield handler
    yield node.else_body
    yield node.finally_body


def _with(node: nodes.WithStmt) -> Iterator[Node | None]:
    for expression, target in zip(node.expr, node.target, strict=True):
        yield expression
        yield target
    yield node.body


def _match(node: nodes.MatchStmt) -> Iterator[Node | None]:
    yield node.subject
    for pattern, guard, body in zip(node.patterns, node.guards, node.bodies, strict=True):
        yield pattern
        yield guard
        yield body


def _dict(node: nodes.DictExpr) -> Iterator[Node | None]:
    for key, value in node.items:
        yield key
        yield value


def _template_string(node: nodes.TemplateStrExpr) -> Iterator[Node | None]:
    for item in node.items:
        if isinstance(item, tuple):
            yield item[0]
            yield item[3]
        else:
            yield item


def _clauses(node: Any) -> Iterator[Node | None]:
    for index, sequence, conditions in zip(
        node.indices, node.sequences, node.condlists, strict=True
    ):
        yield sequence
        yield index
        yield from conditions


def _generator(node: nodes.GeneratorExpr) -> Iterator[Node | None]:
    yield from _clauses(node)
    yield node.left_expr


def _dictionary_comprehension(node: nodes.DictionaryComprehension) -> Iterator[Node | None]:
    yield from _clauses(node)
    yield node.key
    yield node.value


_CHILDREN: Final[dict[type[Any], Children]] = {
    nodes.MypyFile: _attributes("defs"),
    # statements
    nodes.Block: _attributes("body"),
    nodes.ExpressionStmt: _attributes("expr"),
    nodes.AssignmentStmt: _attributes("rvalue", "lvalues"),
    nodes.OperatorAssignmentStmt: _attributes("lvalue", "rvalue"),
    nodes.WhileStmt: _attributes("expr", "body", "else_body"),
    nodes.ForStmt: _attributes("expr", "index", "body", "else_body"),
    nodes.ReturnStmt: _attributes("expr"),
    nodes.AssertStmt: _attributes("expr", "msg"),
    nodes.DelStmt: _attributes("expr"),
    nodes.IfStmt: _if,
    nodes.RaiseStmt: _attributes("expr", "from_expr"),
    nodes.TryStmt: _try,
    nodes.WithStmt: _with,
    nodes.MatchStmt: _match,
    nodes.FuncDef: _function,
    nodes.OverloadedFuncDef: _overloaded,
    nodes.Decorator: _decorator,
    nodes.ClassDef: _class,
    nodes.Import: _nothing,
    nodes.ImportFrom: _nothing,
    nodes.ImportAll: _nothing,
    nodes.GlobalDecl: _nothing,
    nodes.NonlocalDecl: _nothing,
    nodes.BreakStmt: _nothing,
    nodes.ContinueStmt: _nothing,
    nodes.PassStmt: _nothing,
    nodes.TypeAliasStmt: _nothing,
    # expressions
    nodes.NameExpr: _nothing,
    nodes.MemberExpr: _attributes("expr"),
    nodes.CallExpr: _attributes("callee", "args"),
    nodes.IndexExpr: _attributes("base", "index"),
    nodes.SliceExpr: _attributes("begin_index", "end_index", "stride"),
    nodes.AwaitExpr: _attributes("expr"),
    nodes.YieldExpr: _attributes("expr"),
    nodes.YieldFromExpr: _attributes("expr"),
    nodes.AssignmentExpr: _attributes("value", "target"),
    nodes.UnaryExpr: _attributes("expr"),
    nodes.OpExpr: _attributes("left", "right"),
    nodes.ComparisonExpr: _attributes("operands"),
    nodes.ConditionalExpr: _attributes("cond", "if_expr", "else_expr"),
    nodes.StarExpr: _attributes("expr"),
    nodes.TupleExpr: _attributes("items"),
    nodes.ListExpr: _attributes("items"),
    nodes.SetExpr: _attributes("items"),
    nodes.DictExpr: _dict,
    nodes.TemplateStrExpr: _template_string,
    nodes.GeneratorExpr: _generator,
    nodes.ListComprehension: _attributes("generator"),
    nodes.SetComprehension: _attributes("generator"),
    nodes.DictionaryComprehension: _dictionary_comprehension,
    nodes.LambdaExpr: _function,
    nodes.CastExpr: _attributes("expr"),
    nodes.AssertTypeExpr: _attributes("expr"),
    nodes.RevealExpr: _attributes("expr"),
    nodes.SuperExpr: _attributes("call"),
    nodes.TypeApplication: _attributes("expr"),
    nodes.IntExpr: _nothing,
    nodes.StrExpr: _nothing,
    nodes.BytesExpr: _nothing,
    nodes.FloatExpr: _nothing,
    nodes.ComplexExpr: _nothing,
    nodes.EllipsisExpr: _nothing,
    # what semantic analysis puts in an expression's place: types, not code that runs
    nodes.FakeExpression: _nothing,
    nodes.TypeVarExpr: _nothing,
    nodes.ParamSpecExpr: _nothing,
    nodes.TypeVarTupleExpr: _nothing,
    nodes.TypeAliasExpr: _nothing,
    nodes.TypeFormExpr: _nothing,
    nodes.NamedTupleExpr: _nothing,
    nodes.TypedDictExpr: _nothing,
    nodes.EnumCallExpr: _nothing,
    nodes.PromoteExpr: _nothing,
    nodes.NewTypeExpr: _nothing,
    nodes.TempNode: _nothing,
    # patterns
    patterns.AsPattern: _attributes("pattern", "name"),
    patterns.OrPattern: _attributes("patterns"),
    patterns.ValuePattern: _attributes("expr"),
    patterns.SingletonPattern: _nothing,
    patterns.SequencePattern: _attributes("patterns"),
    patterns.StarredPattern: _attributes("capture"),
    patterns.MappingPattern: _attributes("keys", "values", "rest"),
    patterns.ClassPattern: _attributes("class_ref", "positionals", "keyword_values"),
}


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside ``node``, in the order in which Python evaluates them.

    A node class that this version does not know (a newer mypy) has no children.
    """
    of = _CHILDREN.get(type(node), _nothing)
    return (child for child in of(node) if child is not None)


def known_classes() -> frozenset[type[Any]]:
    """The node classes whose children are known."""
    return frozenset(_CHILDREN)


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes below it, each before its children; no recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(children(current))))


def functions(tree: nodes.MypyFile) -> Iterator[tuple[nodes.FuncDef, nodes.FuncDef]]:
    """All functions of a module in source order, each with the outermost function it stands in."""
    stack: list[tuple[nodes.FuncDef | None, Node]] = [(None, item) for item in reversed(tree.defs)]
    while stack:
        outermost, statement = stack.pop()
        if isinstance(statement, nodes.FuncDef):
            outermost = outermost or statement
            yield outermost, statement
        inside = [child for child in children(statement) if isinstance(child, nodes.Statement)]
        stack.extend((outermost, child) for child in reversed(inside))
