"""Types in code that mypy has not checked: unannotated functions, and bodies before mypy checks them.

Semantic analysis has run: names are bound, and signatures, class members and module variables have
types. The type of a local name comes from its reaching definitions. Unknown types stay unknown.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Final

from mypy.nodes import (
    ARG_POS,
    GDEF,
    Argument,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    SuperExpr,
    SymbolNode,
    TupleExpr,
    Var,
)
from mypy.types import CallableType, Instance, ProperType, TupleType, UninhabitedType, UnionType
from typing_extensions import override

from mypy_async_django.bridge.calls import UNKNOWN, Arguments
from mypy_async_django.bridge.members import Members, class_type, union
from mypy_async_django.bridge.models import MODEL
from mypy_async_django.bridge.protocols import entered, iterated
from mypy_async_django.bridge.types import alternatives, is_object, known, modules_of
from mypy_async_django.index.inference.expressions import Expressions
from mypy_async_django.index.inference.narrowing import Tests, tests_before
from mypy_async_django.index.inference.parameters import parameters
from mypy_async_django.index.inference.uses import Uses, is_empty, uses_in
from mypy_async_django.index.syntax.bindings import STAR, Binding, BindingKind, in_order
from mypy_async_django.index.syntax.reaching_definitions import Flow

# The depth of expressions, nested or through local names, at which inference gives up.
_DEEPEST: Final = 120
# The rounds of the fixpoint for names that are assigned from themselves in a loop.
_ROUNDS: Final = 5

_NEVER: Final = UninhabitedType()


class InferredTypes(Expressions):
    """Types of the expressions of one body, inferred on demand.

    ``flow`` is the body's control flow, ``outer`` the types of the enclosing function.
    """

    are_mypys = False

    def __init__(
        self,
        body: FuncItem | MypyFile,
        flow: Flow,
        members: Members,
        outer: "InferredTypes | None" = None,
        further: Callable[[Expression], ProperType | None] | None = None,
    ) -> None:
        super().__init__(members)
        self._further = further
        self._body = body
        self._flow = flow
        self._outer = outer
        self._known: dict[Expression | Binding, ProperType | None] = {}
        self._depth = 0
        self._is_cut = False
        # The types inferred under the assumptions of a fixpoint that is not finished.
        self._pending: dict[Expression | Binding, ProperType | None] = {}
        self._assumed: dict[Binding, ProperType | None] = {}
        self._active: set[Binding] = set()

    def type_of(self, expression: Expression) -> ProperType | None:
        """The type of an expression of the body; None if it is unknown."""
        found = self._inferred(expression)
        return None if isinstance(found, UninhabitedType) else found

    @property
    def modules(self) -> set[str]:
        """The modules that the types found so far depend on."""
        return modules_of(self._known.values())

    def is_reached(self, expression: Expression) -> bool:
        """Always true: a body has no nodes of blocks that mypy marked as unreachable."""
        return True

    @override
    def _inferred(self, expression: Expression) -> ProperType | None:
        """As ``type_of``, but Never for an expression that so far depends only on itself."""
        if expression in self._known:
            return self._known[expression]
        if expression in self._pending:
            return self._pending[expression]
        if self._depth > _DEEPEST:
            self._is_cut = True
            return None
        self._depth += 1
        try:
            type_ = self._of(expression)
            if self._further is not None and (type_ is None or is_object(type_)):
                type_ = self._further(expression) or type_
        finally:
            self._depth -= 1
        if self._active:
            self._pending[expression] = type_
        elif not self._is_cut:
            self._known[expression] = type_
        if not self._depth:
            if self._is_cut:
                self._known[expression] = type_  # a memo would keep the cut-off answer
            self._is_cut = False
        return type_

    def _of(self, expression: Expression) -> ProperType | None:
        match expression:
            case NameExpr() if expression.kind != GDEF:
                type_ = self._name(expression)
            case NameExpr() | MemberExpr():
                type_ = self._composed(expression)
            case SuperExpr():
                return self._super(expression)
            case LambdaExpr():
                return self._lambda(expression)
            case _:
                return self._composed(expression)
        return self._narrowed(expression, type_) if _is_vague(type_) else type_

    def _narrowed(self, expression: Expression, type_: ProperType | None) -> ProperType | None:
        for test in self._tests.get(expression, ()):
            type_ = self._after_test(type_, test)
        return type_

    @cached_property
    def _tests(self) -> dict[Expression, Tests]:
        return tests_before(self._body)

    def _super(self, expression: SuperExpr) -> ProperType | None:
        if expression.info is None:
            return None
        if len(expression.call.args) == 2:
            owner = self._inferred(expression.call.args[1])
            return owner and self._members.inherited(owner, expression.info, expression.name)
        types: InferredTypes | None = self
        while types is not None and not types._parameters:
            types = types._outer
        owner = next(iter(types._parameters.values())) if types else None
        return owner and self._members.inherited(owner, expression.info, expression.name)

    def _lambda(self, function: LambdaExpr) -> ProperType:
        """A lambda's signature; with parameters the return type is unknown, as it depends on the caller."""
        signature = self._members.signature(function)
        if function.arguments or not isinstance(signature, CallableType):
            return signature
        inside = InferredTypes(function, Flow(function), self._members, self)
        inside._depth = self._depth
        result = inside.type_of(function.expr())
        return signature.copy_modified(ret_type=result) if result else signature

    # Local names

    @cached_property
    def _parameters(self) -> dict[Var, ProperType | None]:
        if isinstance(self._body, MypyFile):
            return {}
        found = parameters(self._body, self._members)
        if found and isinstance(self._body, LambdaExpr) and self._outer is not None:
            found.update(zip(found, self._outer._given_to(self._body), strict=False))
        return found

    def _given_to(self, function: LambdaExpr) -> list[ProperType | None]:
        """The parameter types of a lambda that this body passes to a call."""
        call = self._uses.lambdas.get(function)
        return self._arguments_for(call, function) if call else []

    @cached_property
    def _uses(self) -> Uses:
        return uses_in(self._body)

    def _declared(self, node: SymbolNode | None) -> ProperType | None:
        """The declared type of a local variable."""
        if not isinstance(node, Var) or node.is_inferred:
            return None
        return self._parameters.get(node) if node.is_argument else known(node.type)

    def _name(self, name: NameExpr) -> ProperType | None:
        declared = self._declared(name.node)
        if declared is not None and not _is_vague(declared):
            return declared
        local = self._local(name)
        is_known = local is not None and None not in alternatives(local)
        return local if is_known or declared is None else declared

    def _local(self, name: NameExpr) -> ProperType | None:
        if self._flow.is_local(name):
            reaching = self._flow.reaching(name)
            return union([self._bound(binding, name) for binding in in_order(reaching)])
        outer = self._outer
        while outer is not None and not outer._flow.is_local(name):
            outer = outer._outer
        return outer._local(name) if outer else None

    def _bound(self, binding: Binding, name: NameExpr) -> ProperType | None:
        """The type that a name has by a binding that reaches it."""
        if binding in self._known:
            return self._known[binding]
        if binding in self._pending:
            return self._pending[binding]
        if binding in self._active:
            return self._assumed.setdefault(binding, _NEVER)
        return self._given(binding, name) if self._active else self._settled(binding, name)

    def _settled(self, binding: Binding, name: NameExpr) -> ProperType | None:
        """As ``_bound``, for a name that can depend on itself: ``rows = rows.filter(...)``.

        A fixpoint: the assumed type starts as Never and is replaced by the result until both agree.
        """
        type_ = None
        try:
            for _ in range(_ROUNDS):
                type_ = self._given(binding, name)
                if all(self._pending.get(b) == assumed for b, assumed in self._assumed.items()):
                    break
                self._assumed = {b: self._pending.get(b) for b in self._assumed}
                self._pending.clear()
            else:
                type_ = None
            if not self._is_cut:
                self._known |= {**self._pending, binding: type_}
        finally:
            self._pending.clear()
            self._assumed.clear()
        return type_

    def _given(self, binding: Binding, name: NameExpr) -> ProperType | None:
        self._active.add(binding)
        try:
            type_ = self._bound_value(binding, name)
        finally:
            self._active.remove(binding)
        self._pending[binding] = type_
        return type_

    def _bound_value(self, binding: Binding, name: NameExpr) -> ProperType | None:
        match binding.node, binding.kind:
            case Argument(variable=variable), _:
                return self._parameters.get(variable)
            case OperatorAssignmentStmt(op=op, lvalue=target, rvalue=value), _:
                return self._combined(op, self._inferred(target), self._inferred(value))
            case _, BindingKind.DELETE:
                return _NEVER
            case _, BindingKind.IMPORT:
                return self._members.value_of(name.node)
            case _, BindingKind.DEFINITION:
                return self._defined(binding.node)
            case _, BindingKind.EXCEPT:
                return self._caught(binding.node)
            case _:
                if is_empty(binding.value) and not binding.path:
                    return self._gathered(binding)
                source = self._inferred(binding.value) if binding.value else None
                taken = source and self._taken(source, binding.kind)
                return taken and self._unpacked(taken, binding.path)

    def _gathered(self, binding: Binding) -> ProperType | None:
        """The type of an initially empty list or set, from the items added to it later."""
        added = self._uses.added
        items = [added[use] for use in self._flow.uses(binding) if use in added]
        return self._with_items(binding.value, items) if binding.value else None

    def _taken(self, source: ProperType, kind: BindingKind) -> ProperType | None:
        match kind:
            case BindingKind.FOR | BindingKind.COMPREHENSION:
                return iterated(self._members, source)
            case BindingKind.ASYNC_FOR | BindingKind.ASYNC_COMPREHENSION:
                return iterated(self._members, source, is_async=True)
            case BindingKind.WITH | BindingKind.ASYNC_WITH:
                return entered(self._members, source, is_async=kind is BindingKind.ASYNC_WITH)
            case _:
                return source

    def _unpacked(self, type_: ProperType, path: tuple[int, ...]) -> ProperType | None:
        """The type at a position of an unpacked value."""
        if not path:
            return type_
        if isinstance(type_, UnionType):
            return union([item and self._unpacked(item, path) for item in alternatives(type_)])
        inside = self._place(type_, path[0])
        return inside and self._unpacked(inside, path[1:])

    def _place(self, type_: ProperType, place: int) -> ProperType | None:
        if place == STAR:
            return self._members.standard("builtins.list", iterated(self._members, type_))
        if isinstance(type_, TupleType) and -len(type_.items) <= place < len(type_.items):
            return known(type_.items[place])
        return iterated(self._members, type_)

    def _defined(self, node: Node) -> ProperType | None:
        match node:
            case FuncDef():
                return self._members.signature(node)
            case ClassDef(info=info):
                return class_type(info)
            case Decorator(func=function, decorators=decorators):
                type_: ProperType | None = self._members.signature(function)
                for decorator in reversed(decorators):
                    wrap = self._inferred(decorator)
                    arguments = Arguments([type_ or UNKNOWN], [ARG_POS], [None])
                    type_ = wrap and self._members.call(wrap, arguments)
                return type_
            case _:
                return None

    def _caught(self, variable: Node) -> ProperType | None:
        kind = self._uses.handled.get(variable)
        classes = kind.items if isinstance(kind, TupleExpr) else [kind] if kind else []
        types = [self._inferred(class_) for class_ in classes]
        return union([type_ and self._members.call(type_) for type_ in types])


def _is_vague(type_: ProperType | None) -> bool:
    """Whether narrowing can help: the type is unknown, a union, or the base class of all models."""
    match type_:
        case None | UnionType():
            return True
        case Instance(type=info):
            return info.fullname in {"builtins.object", MODEL}
        case _:
            return False
