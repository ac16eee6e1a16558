"""Inference of an expression's type from the types of its subexpressions."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final

from mypy.erasetype import remove_instance_last_known_values
from mypy.join import join_type_list
from mypy.nodes import (
    ARG_POS,
    AssertTypeExpr,
    AssignmentExpr,
    AwaitExpr,
    BytesExpr,
    CallExpr,
    CastExpr,
    ComparisonExpr,
    ComplexExpr,
    ConditionalExpr,
    DictExpr,
    DictionaryComprehension,
    Expression,
    FloatExpr,
    GeneratorExpr,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    SetComprehension,
    SetExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    TypeApplication,
    TypeInfo,
    UnaryExpr,
)
from mypy.operators import op_methods, reverse_op_methods, unary_op_methods
from mypy.typeops import false_only, true_only
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    LiteralValue,
    NoneType,
    ProperType,
    TupleType,
    TypedDictType,
    TypeType,
    UninhabitedType,
    get_proper_type,
)
from mypy.typevars import fill_typevars_with_any

from mypy_async_django.bridge.calls import UNKNOWN, Arguments
from mypy_async_django.bridge.members import Members, union
from mypy_async_django.bridge.models import is_model
from mypy_async_django.bridge.protocols import awaited, iterated, operated
from mypy_async_django.bridge.types import alternatives, class_object, class_of, known
from mypy_async_django.catalogue.frameworks.installed import ARRIVALS
from mypy_async_django.index.inference.narrowing import Test


class Expressions(ABC):
    """Types of all expressions except local names and ``super()``."""

    def __init__(self, members: Members) -> None:
        self._members = members
        #: The left operands of chains, whose own left operands have been looked at.
        self._operands: set[OpExpr] = set()

    @abstractmethod
    def _inferred(self, expression: Expression) -> ProperType | None:
        """The type of a subexpression; Never for one that cannot have a value."""

    def _composed(self, expression: Expression) -> ProperType | None:
        """The expression's type; None where it is unknown."""
        match expression:
            case CallExpr():
                return self._call(expression)
            case MemberExpr(node=None):
                owner = self._inferred(expression.expr)
                found = owner and self._members.attribute(owner, expression.name)
                return found or self._arrived(expression)
            case NameExpr() | MemberExpr():
                return self._constant(expression) or self._members.value_of(expression.node)
            case StrExpr(value=text):
                return self._literal("builtins.str", text)
            case IntExpr(value=number):
                return self._literal("builtins.int", number)
            case AwaitExpr():
                return awaited(self._members, self._inferred(expression.expr))
            case IndexExpr():
                return self._arrived(expression) or self._index(expression)
            case OpExpr():
                return self._operation(expression)
            case ComparisonExpr() | UnaryExpr(op="not"):
                return self._members.standard("builtins.bool")
            case TupleExpr() | ListExpr() | SetExpr() | DictExpr():
                return self._display(expression)
            case _:
                return self._rare(expression)

    def _arguments_for(self, call: CallExpr, function: LambdaExpr) -> list[ProperType | None]:
        """The argument types with which the callee calls a lambda that it is passed."""
        callee = self._inferred(call.callee)
        if callee is None:
            return []
        arguments = _arguments(call, [self._argument(argument) for argument in call.args])
        expected = self._members.expected(callee, arguments, call.args.index(function))
        if not isinstance(expected, CallableType):
            return []
        return [known(type_) for type_ in expected.arg_types]

    def _with_items(self, display: Expression, items: list[Expression]) -> ProperType:
        """The type of a list or set display once these items are added."""
        kind = "builtins.list" if isinstance(display, ListExpr) else "builtins.set"
        return self._filled(kind, items)

    def _combined(
        self, operator: str, left: ProperType | None, right: ProperType | None
    ) -> ProperType | None:
        """The type of ``left operator right``."""
        if isinstance(left, Instance) and left.type.fullname == "builtins.str" and operator == "%":
            return self._members.standard("builtins.str")
        if left is None or right is None:
            return None
        method = op_methods[operator]
        reverse = reverse_op_methods.get(method)
        return operated(self._members, left, method, right) or (
            operated(self._members, right, reverse, left) if reverse else None
        )

    def _after_test(self, type_: ProperType | None, test: Test) -> ProperType | None:
        """The type narrowed by a test that the value has passed."""
        items = alternatives(type_) if type_ else (None,)
        if test.classes is None:
            kept = [item for item in items if not self._contradicts(item, test)]
        else:
            classes = list(self._classes(test.classes))
            if not all(classes):
                return type_
            found = [info for info in classes if info]
            if test.holds:
                kept = [part for item in items for part in _common(item, found)]
                kept = kept or [fill_typevars_with_any(info) for info in found]
            else:
                kept = [item for item in items if not _is_one_of(item, found)]
        return union(kept) or type_

    def _contradicts(self, type_: ProperType | None, test: Test) -> bool:
        """Whether the test contradicts an attribute declared as ``Literal[True]`` or ``Literal[False]``."""
        attribute = type_ and self._members.attribute(type_, test.attribute)
        value = _literal_value(attribute) if isinstance(attribute, LiteralType) else None
        return value is not None and bool(value) != test.holds

    def _classes(self, expression: Expression) -> Iterator[TypeInfo | None]:
        """The classes in the second argument of ``isinstance``; None for other expressions."""
        match expression:
            case TupleExpr(items=items):
                for item in items:
                    yield from self._classes(item)
            case OpExpr(op="|", left=left, right=right):
                yield from self._classes(left)
                yield from self._classes(right)
            case _:
                yield class_object(self._inferred(expression))

    def _arrived(self, expression: MemberExpr | IndexExpr) -> ProperType | None:
        """The type of what a framework puts in an attribute or item: ``self.scope["user"]``.

        Of a user the model: an anonymous one has no relations.
        """
        name = arrival(expression)
        found = self._members.declared(name) if name is not None else None
        kinds = alternatives(found) if found is not None else ()
        models = [each for each in kinds if isinstance(each, Instance) and is_model(each.type)]
        return models[0] if len(models) == 1 else found

    def _rare(self, expression: Expression) -> ProperType | None:
        match expression:
            case ListComprehension(generator=generator):
                return self._filled("builtins.list", [generator.left_expr])
            case SetComprehension(generator=generator):
                return self._filled("builtins.set", [generator.left_expr])
            case DictionaryComprehension():
                return self._filled("builtins.dict", [expression.key], [expression.value])
            case GeneratorExpr(left_expr=item, is_async=is_async):
                kind = "typing.AsyncGenerator" if any(is_async) else "typing.Generator"
                return self._filled(kind, [item], [], [])
            case ConditionalExpr():
                return union(map(self._inferred, [expression.if_expr, expression.else_expr]))
            case AssignmentExpr():
                return self._inferred(expression.value)
            case CastExpr() | AssertTypeExpr():
                return known(expression.type)
            case UnaryExpr():
                operand = self._inferred(expression.expr)
                method = unary_op_methods[expression.op]
                return operand and self._members.call_method(operand, method)
            case TypeApplication(expr=RefExpr(node=TypeInfo() as info), types=types):
                return TypeType(Instance(info, types))
            case SliceExpr():
                return self._filled("builtins.slice", [], [], [])
            case BytesExpr():
                return self._members.standard("builtins.bytes")
            case FloatExpr():
                return self._members.standard("builtins.float")
            case ComplexExpr():
                return self._members.standard("builtins.complex")
            case _:
                return None

    def _constant(self, name: RefExpr) -> ProperType | None:
        match name.fullname:
            case "builtins.None":
                return NoneType()
            case "builtins.True" | "builtins.False":
                return self._literal("builtins.bool", name.fullname == "builtins.True")
            case _:
                return None

    def _literal(self, fullname: str, value: LiteralValue) -> ProperType:
        instance = self._members.standard(fullname)
        return instance.copy_modified(last_known_value=LiteralType(value, instance))

    def _call(self, call: CallExpr) -> ProperType | None:
        if call.analyzed is not None:
            return self._inferred(call.analyzed)
        callee = self._inferred(call.callee)
        match callee:
            case None | UninhabitedType():
                return callee
            case TypeType() if _is_type(call):
                value = self._inferred(call.args[0])
                return value and TypeType.make_normalized(value)
            case CallableType(variables=()):
                return known(callee.ret_type)
            case TypeType(item=Instance(args=())):
                return known(callee.item)
            case _:
                return self._call_with_arguments(call, callee)

    def _call_with_arguments(self, call: CallExpr, callee: ProperType) -> ProperType | None:
        types = [self._argument(argument) for argument in call.args]
        for type_ in types:
            if isinstance(type_, UninhabitedType):
                return type_
        return self._members.call(callee, _arguments(call, types))

    def _argument(self, argument: Expression) -> ProperType | None:
        """An argument's type; for a class, the signature of its constructor."""
        type_ = self._inferred(argument)
        if isinstance(argument, RefExpr) and isinstance(argument.node, TypeInfo):
            constructor = self._members.constructor(argument.node)
            return constructor if isinstance(constructor, CallableType) else type_
        return type_

    def _index(self, expression: IndexExpr) -> ProperType | None:
        if expression.analyzed is not None:
            return self._inferred(expression.analyzed)
        base, index = self._inferred(expression.base), self._inferred(expression.index)
        if base is None or isinstance(base, TypeType):
            return base
        return union([item and self._item(item, index) for item in alternatives(base)])

    def _item(self, base: ProperType, index: ProperType | None) -> ProperType | None:
        match base, _literal_value(index):
            case TupleType(items=items), int(place) if -len(items) <= place < len(items):
                return known(items[place])
            case TypedDictType(items=values), str(key):
                return known(values.get(key))
            case _:
                arguments = Arguments([index or UNKNOWN], [ARG_POS], [None])
                return self._members.call_method(base, "__getitem__", arguments)

    def _operation(self, expression: OpExpr) -> ProperType | None:
        chain: list[OpExpr] = []
        left = expression.left
        while isinstance(left, OpExpr) and left not in self._operands:
            chain.append(left)
            left = left.left
        for inner in reversed(chain):  # a loop, so that a long chain needs no deep recursion
            self._inferred(inner)
            self._operands.add(inner)
        first, second = self._inferred(expression.left), self._inferred(expression.right)
        if expression.op in {"and", "or"}:
            kept = false_only if expression.op == "and" else true_only
            return first and union([kept(first), second])
        return self._combined(expression.op, first, second)

    def _display(self, expression: TupleExpr | ListExpr | SetExpr | DictExpr) -> ProperType:
        if isinstance(expression, DictExpr):
            keys, values = [key for key, _ in expression.items], [v for _, v in expression.items]
            return self._filled("builtins.dict", keys, values)
        if isinstance(expression, ListExpr):
            return self._filled("builtins.list", expression.items)
        if isinstance(expression, SetExpr):
            return self._filled("builtins.set", expression.items)
        if any(isinstance(item, StarExpr) for item in expression.items):
            return self._filled("builtins.tuple", expression.items)
        types = [self._inferred(item) or UNKNOWN for item in expression.items]
        return TupleType([*types], self._members.standard("builtins.tuple", UNKNOWN))

    def _filled(self, fullname: str, *items: Iterable[Expression | None]) -> Instance:
        """An instance of a generic class, each type argument joined from some expressions' types."""
        return self._members.standard(fullname, *map(self._joined, items))

    def _joined(self, items: Iterable[Expression | None]) -> ProperType | None:
        """The join of several types, as mypy computes it; None if one is unknown."""
        types = [item and self._value(item) for item in items]
        found = [remove_instance_last_known_values(type_) for type_ in types if type_]
        if not found or len(found) < len(types):
            return None
        return get_proper_type(join_type_list(found))

    def _value(self, item: Expression) -> ProperType | None:
        """The item type that one item of a display contributes."""
        if not isinstance(item, StarExpr):
            return self._inferred(item)
        return iterated(self._members, self._inferred(item.expr))


def arrival(expression: MemberExpr | IndexExpr) -> str | None:
    """The row of what a framework puts in an attribute or item: a class, or an attribute of one."""
    steps = [_step(expression)]
    if steps[0] not in _ARRIVING:
        return None
    inner = expression.base if isinstance(expression, IndexExpr) else expression.expr
    while isinstance(inner, IndexExpr | MemberExpr):
        steps.append(_step(inner))
        inner = inner.base if isinstance(inner, IndexExpr) else inner.expr
    if isinstance(inner, NameExpr):
        steps.append(inner.name)
    path = tuple(reversed(steps))
    return next((name for last, name in ARRIVALS.items() if path[-len(last) :] == last), None)


_ARRIVING: Final = frozenset(path[-1] for path in ARRIVALS)


def _step(expression: MemberExpr | IndexExpr) -> str:
    if isinstance(expression, MemberExpr):
        return expression.name
    return f"[{expression.index.value}]" if isinstance(expression.index, StrExpr) else "[]"


def _arguments(call: CallExpr, types: list[ProperType | None]) -> Arguments:
    return Arguments([type_ or UNKNOWN for type_ in types], call.arg_kinds, call.arg_names)


def _is_type(call: CallExpr) -> bool:
    """Whether this is ``type(x)``."""
    callee = call.callee
    return (
        isinstance(callee, RefExpr) and callee.fullname == "builtins.type" and len(call.args) == 1
    )


def _is_one_of(type_: ProperType | None, classes: list[TypeInfo]) -> bool:
    info = class_of(type_)
    return info is not None and any(class_ in info.mro for class_ in classes)


def _common(type_: ProperType | None, classes: list[TypeInfo]) -> list[ProperType]:
    """The alternatives of a type that are left once it is narrowed to some classes."""
    if type_ is not None and _is_one_of(type_, classes):
        return [type_]
    info = class_of(type_)
    within = [class_ for class_ in classes if info is None or info in class_.mro]
    return [fill_typevars_with_any(class_) for class_ in within]


def _literal_value(type_: ProperType | None) -> LiteralValue | None:
    if isinstance(type_, Instance) and type_.last_known_value is not None:
        return type_.last_known_value.value
    return type_.value if isinstance(type_, LiteralType) else None
