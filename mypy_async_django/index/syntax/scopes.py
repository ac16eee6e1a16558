"""Resolution of names to variables by Python's scoping rules.

mypy's resolution (`NameExpr.node`) is not used: it has no variable for a local import, renames some
variables, and resolves a read before the first assignment to the global of the same name.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from mypy import nodes
from mypy.nodes import NameExpr, Node
from mypy.util import unmangle

from mypy_async_django.bridge.tree import children, expressions
from mypy_async_django.index.syntax.bindings import (
    BINDING,
    Binding,
    BindingKind,
    argument_bindings,
    bindings_by,
    comprehension_bindings,
    is_declaration,
)


@dataclass(slots=True, eq=False)
class Variable:
    """One variable of a scope with its bindings and reads.

    ``bindings`` and ``reads`` are those of the body's own code, ``captured_reads`` those in nested
    functions and lambdas. ``is_captured`` is also true if a nested class reads the name, or if any
    nested scope binds it.
    """

    bindings: list[Binding] = field(default_factory=list)
    reads: list[NameExpr] = field(default_factory=list)
    captured_reads: set[NameExpr] = field(default_factory=set)
    is_captured: bool = False


@dataclass(slots=True, eq=False)
class _Scope:
    """The scope of the body, or of a nested function, class or comprehension.

    ``is_own``: the code runs when the body runs, as in classes and comprehensions. ``is_part``: the
    scope captures nothing, as a comprehension's code counts as code of the enclosing scope.
    """

    parent: "_Scope | None" = None
    is_own: bool = True
    is_class: bool = False
    is_part: bool = False
    bound: dict[str, Variable] = field(default_factory=dict)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    def bind(self, name: str) -> None:
        if name not in self.bound:
            self.bound[name] = Variable()

    def frame(self) -> "_Scope":
        """The innermost enclosing function or class scope."""
        scope = self
        while scope.is_part and scope.parent is not None:
            scope = scope.parent
        return scope

    def owner(self, name: str, module: "_Scope | None") -> "_Scope | None":
        """The scope that binds ``name`` as used here; None if it is outside the body."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.global_names:
                return module
            # Methods do not see the names of the class scope.
            is_seen = scope is self or not scope.is_class
            if is_seen and name in scope.bound and name not in scope.nonlocal_names:
                return scope
            scope = scope.parent
        return None


class Scopes:
    """The variables of ``body``.

    ``variable_of`` maps name expressions to variables, also those in nested functions; ``bindings``
    maps the bindings of the body's own code to their variables.
    """

    def __init__(self, body: nodes.FuncItem | nodes.MypyFile) -> None:
        self.variable_of: dict[NameExpr, Variable] = {}
        self.bindings: dict[Binding, Variable] = {}
        self._bound: list[tuple[Binding, _Scope]] = []
        self._mentioned: list[tuple[NameExpr, _Scope]] = []
        self._written: set[Node] = set()
        top = _Scope()
        self._collect(body, top)
        self._resolve(top if isinstance(body, nodes.MypyFile) else None)

    def _collect(self, body: nodes.FuncItem | nodes.MypyFile, top: _Scope) -> None:
        if isinstance(body, nodes.MypyFile):
            stack: _Parts = [(node, top) for node in body.defs]
        else:
            self._bind(argument_bindings(body), top)
            stack = [(body.body, top)]
        while stack:
            node, scope = stack.pop()
            if isinstance(node, NameExpr):
                self._mentioned.append((node, scope))
                continue
            if isinstance(node, nodes.Expression) and (names := _names(node)) is not None:
                self._mentioned += [(name, scope) for name in names]
                continue
            if type(node) in BINDING:
                self._bind(bindings_by(node), scope)
            parts = _PARTS.get(type(node))
            if parts is None:
                stack.extend([(child, scope) for child in children(node)])
            else:
                stack.extend(parts(self, node, scope))

    def _bind(self, bindings: Iterable[Binding], scope: _Scope) -> None:
        for binding in bindings:
            owner = scope.frame() if binding.kind is BindingKind.WALRUS else scope
            owner.bind(binding.name)
            self._bound.append((binding, owner))
            self._written.add(binding.node)

    def _resolve(self, module: _Scope | None) -> None:
        for binding, scope in self._bound:
            variable = self._variable(binding.name, scope, module)
            if variable is not None and scope.is_own:
                self.bindings[binding] = variable
                variable.bindings.append(binding)
        for name, scope in self._mentioned:
            variable = self._variable(unmangle(name.name), scope, module)
            if variable is not None:
                self.variable_of[name] = variable
                if name in self._written:
                    continue
                if scope.is_own:
                    variable.reads.append(name)
                else:
                    variable.captured_reads.add(name)

    def _variable(self, name: str, scope: _Scope, module: _Scope | None) -> Variable | None:
        owner = scope.owner(name, module)
        if owner is None or not owner.is_own or name not in owner.bound:
            return None
        variable = owner.bound[name]
        if owner is not scope:
            variable.is_captured |= owner.frame() is not scope.frame()
        return variable

    def _function(self, node: nodes.FuncItem, scope: _Scope) -> "_Parts":
        inside = _Scope(scope, is_own=False)
        self._bind(argument_bindings(node), inside)
        return [(part, inside if part is node.body else scope) for part in children(node)]

    def _class(self, node: nodes.ClassDef, scope: _Scope) -> "_Parts":
        inside = _Scope(scope, is_own=scope.is_own, is_class=True)
        return [(part, inside if part is node.defs else scope) for part in children(node)]

    def _comprehension(self, node: Any, scope: _Scope) -> "_Parts":
        inside = _Scope(scope, is_own=scope.is_own, is_part=True)
        self._bind(comprehension_bindings(node), inside)
        outermost = node.sequences[0]
        return [(part, scope if part is outermost else inside) for part in children(node)]

    def _assignment(self, node: nodes.AssignmentStmt, scope: _Scope) -> "_Parts":
        if is_declaration(node):
            for target in node.lvalues:
                if isinstance(target, NameExpr):
                    scope.bind(unmangle(target.name))
                    self._written.add(target)
        return [(part, scope) for part in children(node)]

    def _global(self, node: nodes.GlobalDecl, scope: _Scope) -> "_Parts":
        scope.global_names.update(node.names)
        return []

    def _nonlocal(self, node: nodes.NonlocalDecl, scope: _Scope) -> "_Parts":
        scope.nonlocal_names.update(node.names)
        return []


def _names(expression: nodes.Expression) -> Collection[NameExpr] | None:
    """The names in an expression; None if the expression contains scopes or bindings."""
    inside = expressions(expression)
    if not _SCOPED.isdisjoint(map(type, inside)):
        return None
    # Expressions that semantic analysis substitutes have the same names.
    return dict.fromkeys([each for each in inside if isinstance(each, NameExpr)])


_Parts: TypeAlias = list[tuple[Node, _Scope]]

_SCOPED: Final = frozenset(
    {
        nodes.AssignmentExpr,
        nodes.DictionaryComprehension,
        nodes.GeneratorExpr,
        nodes.LambdaExpr,
    }
)

# The node classes whose children are not all in the scope of the node.
_PARTS: Final[dict[type[Node], Callable[[Scopes, Any, _Scope], _Parts]]] = {
    nodes.FuncDef: Scopes._function,
    nodes.LambdaExpr: Scopes._function,
    nodes.ClassDef: Scopes._class,
    nodes.GeneratorExpr: Scopes._comprehension,
    nodes.DictionaryComprehension: Scopes._comprehension,
    nodes.AssignmentStmt: Scopes._assignment,
    nodes.GlobalDecl: Scopes._global,
    nodes.NonlocalDecl: Scopes._nonlocal,
}
