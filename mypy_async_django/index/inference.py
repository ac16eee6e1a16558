"""Types in code that mypy has not checked: unannotated functions, and all bodies before their turn.

Semantic analysis is done, so names are bound and signatures, class members and the variables of
modules have their types. What a local name holds comes from the assignments that reach it. Unknown
stays unknown: no guess.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final

from mypy.join import join_type_list
from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    Argument,
    AssertTypeExpr,
    AssignmentExpr,
    AwaitExpr,
    BytesExpr,
    CallExpr,
    CastExpr,
    ClassDef,
    ComparisonExpr,
    ComplexExpr,
    ConditionalExpr,
    Decorator,
    DictExpr,
    DictionaryComprehension,
    Expression,
    FloatExpr,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IndexExpr,
    IntExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    SetComprehension,
    SetExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    SuperExpr,
    TryStmt,
    TupleExpr,
    TypeApplication,
    TypeInfo,
    UnaryExpr,
    Var,
)
from mypy.operators import op_methods, reverse_op_methods
from mypy.typeops import false_only, true_only
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    ProperType,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    UninhabitedType,
    UnionType,
    get_proper_type,
)
from mypy.typevars import fill_typevars

from mypy_async_django.bridge.calls import UNKNOWN, Arguments
from mypy_async_django.bridge.members import Members, class_type, union
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import known
from mypy_async_django.index.bindings import STAR, Binding, BindingKind
from mypy_async_django.index.flow import Flow

REQUEST: Final = "django.http.request.HttpRequest"
VIEW: Final = "django.views.generic.base.View"

_ON_CLASSES: Final = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})

# Expressions inside one another, or through local names, before we give up.
_DEEPEST: Final = 120
# Rounds for a name that is assigned in a loop, in terms of itself.
_ROUNDS: Final = 4


class InferredTypes:
    """Types of expressions in one body, worked out when asked for.

    ``flow`` gives the body's control flow, ``outer`` are the types of the function around it.
    """

    def __init__(
        self,
        body: FuncItem | MypyFile,
        flow: Callable[[], Flow],
        members: Members,
        outer: "InferredTypes | None" = None,
    ) -> None:
        self._body = body
        self._make_flow = flow
        self._members = members
        self._outer = outer
        self._found: dict[Expression, ProperType | None] = {}
        # While a name is worked out that depends on itself, what is found holds for this round only.
        self._provisional: dict[Expression, ProperType | None] = {}
        self._assumed: dict[Binding, ProperType | None] = {}
        self._relied_on: set[Binding] = set()
        self._depth = 0

    def type_of(self, expression: Expression) -> ProperType | None:
        """The expression's type there; None where nothing is known of it."""
        found = self._inferred(expression)
        return None if isinstance(found, UninhabitedType) else found

    def is_reached(self, expression: Expression) -> bool:
        """Always: whoever walks the body leaves out the blocks that mypy marked unreachable."""
        return True

    def _inferred(self, expression: Expression) -> ProperType | None:
        """As ``type_of``; never for what depends on nothing but itself so far."""
        if expression in self._found:
            return self._found[expression]
        if expression in self._provisional:
            return self._provisional[expression]
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            type_ = self._of(expression)
        finally:
            self._depth -= 1
        if self._relied_on or self._depth > _DEEPEST // 2:
            self._provisional[expression] = type_
        else:
            self._found[expression] = type_
        if not self._depth:
            self._provisional.clear()
        return type_

    def _of(self, expression: Expression) -> ProperType | None:
        match expression:
            case NameExpr():
                return self._name(expression)
            case MemberExpr():
                return self._member(expression)
            case CallExpr():
                return self._call(expression)
            case StrExpr() | IntExpr() | BytesExpr() | FloatExpr() | ComplexExpr():
                return self._literal(expression)
            case AwaitExpr():
                return self._members.awaited(self._inferred(expression.expr))
            case IndexExpr():
                return self._index(expression)
            case OpExpr():
                return self._operation(expression)
            case ComparisonExpr() | UnaryExpr(op="not"):
                return self._members.standard("builtins.bool")
            case _:
                return self._of_rare(expression)

    def _of_rare(self, expression: Expression) -> ProperType | None:
        match expression:
            case TupleExpr() | ListExpr() | SetExpr() | DictExpr():
                return self._display(expression)
            case ListComprehension() | SetComprehension():
                item = self._inferred(expression.generator.left_expr)
                of_list = isinstance(expression, ListComprehension)
                return self._members.standard(
                    "builtins.list" if of_list else "builtins.set", widened(item)
                )
            case DictionaryComprehension(key=key, value=value):
                items = widened(self._inferred(key)), widened(self._inferred(value))
                return self._members.standard("builtins.dict", *items)
            case GeneratorExpr():
                return self._generator(expression)
            case ConditionalExpr():
                return union(map(self._inferred, [expression.if_expr, expression.else_expr]))
            case AssignmentExpr():
                return self._inferred(expression.value)
            case CastExpr() | AssertTypeExpr():
                return known(expression.type)
            case UnaryExpr(op=operator, expr=operand):
                method = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[operator]
                value = self._inferred(operand)
                return value and self._members.call_method(value, method)
            case SuperExpr():
                return self._super(expression)
            case SliceExpr():
                return self._members.standard("builtins.slice", None, None, None)
            case TypeApplication(expr=RefExpr(node=TypeInfo() as info), types=types):
                return TypeType(Instance(info, types))
            case _:
                return None

    # Names

    @cached_property
    def _flow(self) -> Flow:
        return self._make_flow()

    def _name(self, name: NameExpr) -> ProperType | None:
        node = name.node
        if isinstance(node, Var) and node.name in {"True", "False"} and not node.is_inferred:
            return self._literal(name)
        if name.kind is not None and not self._may_be_local(name):
            return self._members.value_of(node)
        declared = known(node.type) if isinstance(node, Var) and not node.is_inferred else None
        if declared is not None and not isinstance(declared, UnionType):
            return declared
        return self._local(name) or declared

    def _may_be_local(self, name: NameExpr) -> bool:
        return name.kind != GDEF

    def _local(self, name: NameExpr) -> ProperType | None:
        if not self._flow.is_local(name):
            return self._captured(name)
        return union(self._bound(binding, name) for binding in self._flow.reaching(name))

    def _captured(self, name: NameExpr) -> ProperType | None:
        """The type of an outer function's variable, if that is bound in one place only."""
        outer = self._outer
        while outer is not None:
            if outer._flow.is_local(name):
                bindings = outer._flow.reaching(name)
                return outer._bound(*bindings, name) if len(bindings) == 1 else None
            outer = outer._outer
        return None
