"""Walking mypy's syntax tree.

mypy is compiled and its visitors cannot be subclassed from interpreted code, so the children of
every node class are written down here, once, in the order in which Python evaluates them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from mypy import nodes, patterns
from mypy.nodes import Expression, Node
from mypy.server.subexpr import get_subexpressions

Nodes = Sequence[Node]
Children = Callable[[Any], Nodes]


def _attributes(*names: str) -> Children:
    """Children held in ``names``: a node, None, or a list of those."""
    if len(names) == 1:
        return _attribute(names[0])
    values_of = attrgetter(*names)

    def children(node: Any) -> Nodes:
        found: list[Node] = []
        for value in values_of(node):
            if isinstance(value, list):
                found += value
            elif value is not None:
                found.append(value)
        return found

    return children


def _attribute(name: str) -> Children:
    value_of = attrgetter(name)

    def children(node: Any) -> Nodes:
        value = value_of(node)
        if isinstance(value, list):
            return value
        return () if value is None else (value,)

    return children


def _nothing(node: Any) -> Nodes:
    return ()


def _given(*values: Node | None) -> Nodes:
    return [value for value in values if value is not None]


def _function(node: Any) -> Nodes:
    return _given(*(argument.initializer for argument in node.arguments), node.body)


def _class(node: nodes.ClassDef) -> Nodes:
    return _given(
        *node.decorators, *node.base_type_exprs, node.metaclass, *node.keywords.values(), node.defs
    )


def _decorator(node: nodes.Decorator) -> Nodes:
    # `decorators` loses those that mypy understands (staticmethod, property, ...).
    return [*node.original_decorators, node.func]


def _overloaded(node: nodes.OverloadedFuncDef) -> Nodes:
    implementation = () if node.impl is None or node.impl in node.items else (node.impl,)
    return [*node.items, *implementation]


def _if(node: nodes.IfStmt) -> Nodes:
    return _given(*chain(*zip(node.expr, node.body, strict=True)), node.else_body)


def _try(node: nodes.TryStmt) -> Nodes:
    handlers = chain(*zip(node.types, node.vars, node.handlers, strict=True))
    return _given(node.body, *handlers, node.else_body, node.finally_body)


def _with(node: nodes.WithStmt) -> Nodes:
    return _given(*chain(*zip(node.expr, node.target, strict=True)), node.body)


def _match(node: nodes.MatchStmt) -> Nodes:
    cases = zip(node.patterns, node.guards, node.bodies, strict=True)
    return _given(node.subject, *chain(*cases))


def _dict(node: nodes.DictExpr) -> Nodes:
    return _given(*chain(*node.items))


def _template_string(node: nodes.TemplateStrExpr) -> Nodes:
    parts = ((i[0], i[3]) if isinstance(i, tuple) else (i,) for i in node.items)
    return _given(*chain(*parts))


def _clauses(node: Any) -> Iterator[Node]:
    for index, sequence, conditions in zip(
        node.indices, node.sequences, node.condlists, strict=True
    ):
        yield sequence
        yield index
        yield from conditions


def _generator(node: nodes.GeneratorExpr) -> Nodes:
    return [*_clauses(node), node.left_expr]


def _dictionary_comprehension(node: nodes.DictionaryComprehension) -> Nodes:
    return _given(*_clauses(node), node.key, node.value)


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

#: The node classes that have nothing inside: about half of all nodes.
LEAVES: Final = frozenset(kind for kind, inside in _CHILDREN.items() if inside is _nothing)


def children(node: Node) -> Nodes:
    """The nodes directly inside ``node``, in the order in which Python evaluates them.

    A node class that this version does not know (a newer mypy) has no children.
    """
    return _CHILDREN.get(type(node), _nothing)(node)


def known_classes() -> frozenset[type[Any]]:
    """The node classes whose children are known."""
    return frozenset(_CHILDREN)


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes below it, each before its children; no recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if type(current) not in LEAVES:
            stack += reversed(children(current))


def expressions(node: Node) -> list[Expression]:
    """All expressions of a node and below it, in no order, by mypy's compiled code: ten times faster.

    Those that semantic analysis has put in an expression's place are there as well.
    """
    return get_subexpressions(node)


def is_none(expression: Expression) -> bool:
    """Whether an expression is the constant None."""
    return isinstance(expression, nodes.NameExpr) and expression.fullname == "builtins.None"


def functions(tree: nodes.MypyFile) -> Iterator[tuple[nodes.FuncDef, nodes.FuncDef]]:
    """All functions of a module in source order, each with the outermost function it stands in."""
    stack: list[tuple[nodes.FuncDef | None, Node]] = [(None, item) for item in reversed(tree.defs)]
    while stack:
        outermost, statement = stack.pop()
        if isinstance(statement, nodes.FuncDef):
            outermost = outermost or statement
            yield outermost, statement
        inside = reversed(statements(statement))
        stack += [(outermost, each) for each in inside if type(each) in _STATEMENTS]


def maker_of(decorator: Expression) -> Expression:
    """What makes a decorator: of ``@retry(times=3)`` the function ``retry``, of others themselves."""
    return decorator.callee if isinstance(decorator, nodes.CallExpr) else decorator


def decorated(tree: nodes.MypyFile, function: nodes.FuncDef) -> Sequence[nodes.Decorator]:
    """The definitions of a function of a module with their decorators: several if it is overloaded."""
    return _decorated(tree).get(function, ())


@lru_cache(maxsize=2)
def _decorated(tree: nodes.MypyFile) -> Mapping[nodes.FuncDef, list[nodes.Decorator]]:
    found: dict[nodes.FuncDef, list[nodes.Decorator]] = defaultdict(list)
    for node in all_statements(tree):
        if isinstance(node, nodes.Decorator):
            found[node.func].append(node)
    return found


def all_statements(node: Node) -> list[Node]:
    """A statement or module, with all statements and blocks below it."""
    found = [node]
    for statement in found:  # grows
        found += statements(statement)
    return found


def statements(node: Node) -> Nodes:
    """The statements and blocks directly inside a statement."""
    return _STATEMENTS.get(type(node), _nothing)(node)


def _handlers(node: nodes.TryStmt) -> Nodes:
    return _given(node.body, *node.handlers, node.else_body, node.finally_body)


_STATEMENTS: Final[dict[type[Any], Children]] = {
    nodes.Block: _attributes("body"),
    nodes.ClassDef: _attributes("defs"),
    nodes.Decorator: _attributes("func"),
    nodes.ForStmt: _attributes("body", "else_body"),
    nodes.FuncDef: _attributes("body"),
    nodes.IfStmt: _attributes("body", "else_body"),
    nodes.MatchStmt: _attributes("bodies"),
    nodes.MypyFile: _attributes("defs"),
    nodes.OverloadedFuncDef: _overloaded,
    nodes.TryStmt: _handlers,
    nodes.WhileStmt: _attributes("body", "else_body"),
    nodes.WithStmt: _attributes("body"),
}
