"""Abstraction: what a body's expressions are, and when its nodes run, in terms of its parameters."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from mypy.nodes import (
    ARG_POS,
    GDEF,
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    BytesExpr,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    Decorator,
    DictExpr,
    Expression,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListComprehension,
    ListExpr,
    MatchStmt,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    OverloadedFuncDef,
    RefExpr,
    SetComprehension,
    SetExpr,
    SliceExpr,
    StrExpr,
    SymbolNode,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
)
from mypy.patterns import OrPattern, Pattern, SingletonPattern, ValuePattern
from mypy.types import Instance as InstanceType
from mypy.types import LiteralType, NoneType, ProperType, get_proper_type

from mypy_async_django.bridge.models import MANAGER, QUERYSET, is_model, may_hold_rows, model_class
from mypy_async_django.bridge.tree import is_none, walk
from mypy_async_django.bridge.types import (
    alternatives,
    class_object,
    class_of,
    definition,
    is_a,
    may_be_none,
)
from mypy_async_django.catalogue.offload import ASKING
from mypy_async_django.catalogue.queries import Gives, query_method
from mypy_async_django.index.abstract import (
    ALWAYS,
    CALLABLES,
    CALLED,
    ITEM,
    NONE,
    SLICE,
    UNKNOWN,
    All,
    Arguments,
    Chosen,
    ClassObject,
    Closure,
    Condition,
    Created,
    Either,
    Entry,
    Function,
    Getter,
    Instance,
    Items,
    Literal,
    Member,
    Not,
    Of,
    OneOf,
    Partial,
    Passed,
    Performs,
    ResultOf,
    Test,
    Value,
    Variable,
    either,
    step_to,
)
from mypy_async_django.index.matches.matches import api_of_function
from mypy_async_django.index.paths import ITEM as ITEM_OF_VALUE
from mypy_async_django.index.queries import Row
from mypy_async_django.index.syntax.bindings import Binding, BindingKind
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import attributes_in, called_name
from mypy_async_django.index.syntax.path_conditions import conditions_before
from mypy_async_django.index.values.library_calls import Handed
from mypy_async_django.index.values.relations import may_be_changed
from mypy_async_django.index.values.result_cache import is_consumed
from mypy_async_django.index.values.sources import sources

#: Steps of an access path that are followed; a longer one is unknown.
_LONGEST: Final = 4
#: Expressions that are looked into one inside the other.
_DEEPEST: Final = 12
_PARTIAL: Final = "functools.partial"
_WRAPS: Final = "functools.wraps"
_GETTER: Final = "operator.attrgetter"
_CALLER: Final = "operator.methodcaller"
_CALLABLE: Final = "builtins.callable"
#: What keeps the items of its first argument.
_KEEPING_ITEMS: Final = frozenset(
    f"builtins.{name}"
    for name in ("frozenset", "iter", "list", "reversed", "set", "sorted", "tuple")
)
_MAY_BE_ROWS: Final = NameExpr | MemberExpr | IndexExpr | AwaitExpr | AssignmentExpr | CallExpr


@once
def abstraction(body: Body) -> "Abstraction":
    """The abstraction of a body, which keeps what it works out."""
    return Abstraction(body)


class Abstraction:
    """Abstract values and conditions of one body."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._values: dict[Expression, Value] = {}
        self._conditions: dict[Node, Condition] = {}
        self._under_way: set[Expression] = set()
        #: How often a value was taken for unknown that is under way itself, or too deep inside.
        self._cuts = 0
        #: Values that depend on such a cut: they hold until the question is answered.
        self._meanwhile: dict[Expression, Value] = {}
        self._summarised: set[FuncItem] = set()
        self._declared: dict[str, Value] = {}
        self._keys: dict[tuple[Row, ...], str] = {}
        self.rows: dict[str, tuple[Expression, tuple[Row, ...]]] = {}
        """By the key of a row: the first expression with it, and what the row may be."""

    def value(self, expression: Expression) -> Value:
        """What an expression is; ``UNKNOWN`` where nothing is known of it."""
        if expression in self._values:
            return self._values[expression]
        if expression in self._under_way or len(self._under_way) > _DEEPEST:
            self._meanwhile[expression] = UNKNOWN
        if expression in self._meanwhile:
            self._cuts += 1
            return self._meanwhile[expression]
        cuts = self._cuts
        self._under_way.add(expression)
        try:
            found = self._row(expression) or self._value(expression)
        finally:
            self._under_way.discard(expression)
        if not self._under_way:
            self._meanwhile.clear()
        kept = self._values if cuts == self._cuts or not self._under_way else self._meanwhile
        kept[expression] = found
        return found

    def item(self, collection: Value) -> Value:
        """The items of a value that is iterated."""
        return self._step(collection, ITEM, None)

    def handed(self, given: Handed) -> Value:
        """What a path into an expression's value leads to: a row, or an item of a collection."""
        rows = sources(self._body, given.value, given.path).rows
        if self._body.effects is not None and (row := self._keyed(given.value, rows)):
            return row
        value = self.value(given.value)
        for _ in given.path:
            value = self.item(value)
        return value

    def arguments(self, call: CallExpr) -> Arguments:
        """The arguments of a call with their values."""
        return self._arguments(call, 0)

    def _arguments(self, call: CallExpr, first: int) -> Arguments:
        passed = zip(call.args, call.arg_kinds, call.arg_names, strict=True)
        return tuple(
            Passed(kind.value, name, self.passed(value, call))
            for value, kind, name in list(passed)[first:]
        )

    def passed(self, value: Expression, node: Node) -> Value:
        """What a node passes on; of a row that may have loaded more by then, only the class."""
        found = self.value(value)
        if not isinstance(found, Of):
            return found
        if self._body.effects is not None and isinstance(found.declared, Instance):
            declared = replace(found.declared, kept=tuple(self._stored_in(value, node)))
            return self.seen(replace(found, declared=declared))
        if self._body.effects is not None and len(found.path) > 1:
            return self.seen(found)
        if not may_be_row(self._body, value):
            return found
        return self._by_type(value) if may_be_changed(self._body, value, node) else found

    def seen(self, value: Value) -> Value:
        """A value in a body that is looked at itself: of its parameters it has the types only."""
        if self._body.effects is None or not isinstance(value, Of):
            return value
        if len(value.path) == 1:
            return value.declared
        root, *steps, last = value.path
        owner = self._declared.get(root, UNKNOWN)
        for step in steps:
            owner = Member(owner, step)
        return Member(owner, last, value.declared)

    def _stored_in(self, owner: Expression, before: Node) -> Iterator[tuple[str, Value]]:
        """The attributes of an object that the body has set before a node, each at one place."""
        if not isinstance(owner, NameExpr):
            return
        for name, assignment in _stores(self._body).get(owner.node, {}).items():
            if assignment is not None and self._body.flow.reaches(assignment, before):
                stored = self.value(assignment.rvalue)
                if stored is not UNKNOWN:
                    yield name, stored

    def condition(self, node: Node) -> Condition:
        """The condition under which a node runs, as far as parameters decide it."""
        if node in self._conditions:
            return self._conditions[node]
        cuts = self._cuts
        found = [
            self._when(condition, holds=holds)
            for condition, holds in conditions_before(self._body, node)
        ]
        found += self._matched(node)
        known = tuple(dict.fromkeys(each for each in found if each not in (None, ALWAYS)))
        condition = _all(known)
        if cuts == self._cuts or not self._under_way:
            self._conditions[node] = condition
        return condition

    # Values

    def _row(self, expression: Expression) -> Value | None:
        """A row of which it is known what is loaded, or a list of such rows."""
        if self._body.effects is None or not isinstance(expression, _MAY_BE_ROWS):
            return None
        type_ = self._body.type_of(expression)
        if may_hold_rows(type_):
            whole = sources(self._body, expression)
            if found := self._keyed(expression, whole.rows):
                is_optional = type_ is None or may_be_none(type_)
                return replace(found, may_be_none=is_optional and not self._is_tested(expression))
            if whole.is_container:
                items = sources(self._body, expression, (ITEM_OF_VALUE,)).rows
                if found := self._keyed(expression, items):
                    return Items(found)
        return None

    def _keyed(self, expression: Expression, rows: tuple[Row, ...]) -> Instance | None:
        """The abstract value of a row; rows of a model that differ in what is loaded have own keys."""
        model = rows[0].model if rows else None
        if model is None:
            return None
        if rows not in self._keys:
            others = sum(1 for key in self.rows if key.startswith(f"{model.fullname} "))
            self._keys[rows] = f"{model.fullname} {others}"
            self.rows[self._keys[rows]] = (expression, rows)
        return Instance(model.fullname, given=(self._keys[rows],))

    def _value(self, expression: Expression) -> Value:
        match expression:
            case StrExpr() | IntExpr() | BytesExpr():
                return _literal(expression)
            case LambdaExpr():
                return self.closure(expression)
            case NameExpr(fullname="builtins.None" | "builtins.True" | "builtins.False"):
                return _constant(expression.name)
            case NameExpr():
                return self._name(expression)
            case MemberExpr():
                return self._member(expression)
            case CallExpr():
                return self._call(expression)
            case IndexExpr(base=base, index=SliceExpr()):
                return self._step(self.value(base), SLICE, expression)
            case IndexExpr(base=base, index=index):
                return self._entry(self.value(base), self.value(index), expression)
            case DictExpr(items=items):
                values = [
                    (step_to(self.value(key)), self.value(value)) for key, value in items if key
                ]
                is_callable = any(isinstance(value, CALLABLES) for _, value in values)
                return OneOf(tuple(values)) if is_callable else UNKNOWN
            case ListExpr(items=items) | TupleExpr(items=items) | SetExpr(items=items):
                return Items(either([self.value(item) for item in items]), is_empty=not items)
            case ListComprehension(generator=generator) | SetComprehension(generator=generator):
                return Items(self.value(generator.left_expr))
            case GeneratorExpr():
                return Items(self.value(expression.left_expr))
            case ConditionalExpr(cond=condition, if_expr=one, else_expr=other):
                return self._chosen(expression, condition, one, other)
            case OpExpr(op="or", left=one, right=other):
                return self._chosen(expression, one, one, other)
            case _:
                return self._by_type(expression)

    def _chosen(
        self, whole: Expression, condition: Expression, one: Expression, other: Expression
    ) -> Value:
        """One value where a condition holds, else the other."""
        values = self.value(one), self.value(other)
        conditions = [self._when(condition, holds=holds) or ALWAYS for holds in (True, False)]
        if values[0] != values[1] and conditions != [ALWAYS, ALWAYS]:
            return Chosen(tuple(zip(conditions, values, strict=True)))
        found = either(values)
        return self._by_type(whole) if found is UNKNOWN else found

    def _name(self, name: NameExpr) -> Value:
        bindings = self._body.flow.reaching(name)
        if not bindings:
            return self._free(name)
        if all(binding.kind is BindingKind.ARGUMENT for binding in bindings):
            self._declared[name.name] = self._by_type(name)
            return Of((name.name,), self._declared[name.name])
        found = [self._bound(binding) for binding in bindings]
        value = found[0] if len(found) == 1 else _same_rows(found) or either(found)
        if isinstance(value, Instance) and value.may_be_none and self._is_tested(name):
            return replace(value, may_be_none=False)
        return self._by_type(name) if value is UNKNOWN else value

    def _bound(self, binding: Binding) -> Value:
        value = binding.value
        match binding.kind:
            case BindingKind.ASSIGN | BindingKind.WALRUS if value and not binding.path:
                return self.value(value)
            case BindingKind.FOR | BindingKind.COMPREHENSION if value and not binding.path:
                return self._step(self.value(value), ITEM, None)
            case BindingKind.FOR | BindingKind.COMPREHENSION if binding.path == (1,):
                match value:
                    case CallExpr(callee=MemberExpr(name="items", expr=registry)):
                        found = self.value(registry)
                        return found if isinstance(found, OneOf | Variable) else UNKNOWN
                    case _:
                        return UNKNOWN
            case BindingKind.DEFINITION if function := self._nested(binding.node):
                return self.closure(function)
            case BindingKind.ARGUMENT:
                return Of((binding.name,), UNKNOWN)
            case _:
                return UNKNOWN

    def _free(self, name: NameExpr) -> Value:
        """A name of a module, or of the function around."""
        match name.node:
            case Var(is_argument=True) if name.kind != GDEF:
                return Of((name.name,), self._by_type(name))
            case FuncDef() | Decorator() as node if function := self._nested(node):
                return self.closure(function)
            case _:
                return self._referred(name) or self._by_type(name)

    def _nested(self, node: Node) -> FuncDef | None:
        """The function that a name inside the body stands for; `wraps` changes nothing."""
        match node:
            case Decorator(func=function, original_decorators=[CallExpr() as maker]):
                found = function if called_name(self._body, maker) == _WRAPS else None
            case FuncDef() as function:
                found = function
            case _:
                return None
        return found if found is not None and self._body.is_nested(found) else None

    def _referred(self, reference: RefExpr) -> Value | None:
        """The value that a name of a module refers to."""
        api = api_of_function(self._body, reference) if _is_function(reference) else None
        if api is not None and not (api.when or api.unless):
            return Performs(api.effect, api.name)
        match reference.node:
            case FuncDef() | Decorator() | OverloadedFuncDef() as function:
                return Function(function.fullname)
            case TypeInfo() as info:
                return ClassObject(info.fullname)
            case Var() as variable if _enum_member(variable) is not None:
                return _enum_member(variable)
            case Var(is_property=False) as variable if reference.kind == GDEF:
                is_open = class_of(self._body.type_of(reference)) is None
                return Variable(variable.fullname) if is_open or _is_registry(variable) else None
            case _:
                return None

    def _member(self, member: MemberExpr) -> Value:
        if member.node is not None and (found := self._referred(member)):
            return found
        owner = self.value(member.expr)
        if isinstance(owner, ClassObject) and (constant := self._constant_of(member)):
            return constant
        if owner is UNKNOWN:
            return self._by_type(member)
        if isinstance(owner, Of) and member.name in _assigned_attributes(self._body):
            kept = _kept_before(self._body, member)
            return self._by_type(member) if kept is None else self.value(kept)
        return self._step(owner, member.name, member)

    def _constant_of(self, member: MemberExpr) -> Literal | None:
        """The member of an enum, where mypy has not said what the name stands for."""
        info = class_object(self._body.type_of(member.expr))
        symbol = info.names.get(member.name) if info is not None else None
        node = symbol.node if symbol is not None else None
        return _enum_member(node) if isinstance(node, Var) else None

    def _step(self, owner: Value, step: str, expression: Expression | None) -> Value:
        """One step along an access path; ``expression`` is what it leads to, for its type."""
        declared = self._by_type(expression) if expression is not None else UNKNOWN
        match owner:
            case Of(path=path) if len(path) <= _LONGEST:
                return Of((*path, step), declared)
            case Items() | Instance() if step == SLICE:
                return owner
            case Items(item=item) if step.startswith("["):
                return item
            case OneOf(values=values) if step.startswith("["):
                return next((value for key, value in values if key == step), owner)
            case (
                Chosen()
                | Created()
                | ClassObject()
                | Entry()
                | Function()
                | Member()
                | Variable()
                | ResultOf()
            ):
                return Member(owner, step, declared)
            case Instance(item=item) if step == ITEM and item is not UNKNOWN:
                return item
            case Instance() if declared is UNKNOWN:
                return Member(owner, step)
            case _:
                return declared

    def _entry(self, owner: Value, key: Value, expression: Expression) -> Value:
        """What an index gets, of a key that the caller may decide."""
        if isinstance(owner, OneOf | Variable) and isinstance(key, Of):
            return Entry(owner, key)
        return self._step(owner, step_to(key), expression)

    def _call(self, call: CallExpr) -> Value:
        name = called_name(self._body, call)
        first = call.args[0] if call.args and call.arg_kinds[0] == ARG_POS else None
        if first is not None and name in _KEEPING_ITEMS:
            return Items(self._step(self.value(first), ITEM, None))
        if first is not None and name == _PARTIAL:
            return Partial(self.value(first), self._arguments(call, 1))
        if name == _GETTER and all(isinstance(each, StrExpr) for each in call.args):
            return Getter(tuple(tuple(_text(each).split(".")) for each in call.args))
        if name == _CALLER and isinstance(first, StrExpr) and len(call.args) == 1:
            return Getter(((f"{first.value}{CALLED}",),))
        if name == "builtins.getattr" and first is not None and len(call.args) > 1:
            return self._looked_up(call)
        match call.callee:
            case RefExpr(node=TypeInfo() as info):
                return Created(info.fullname, self.arguments(call))
            case MemberExpr(expr=owner, name=method):
                receiver = self.value(owner)
                if isinstance(receiver, OneOf | Variable) and method == "get" and first:
                    return self._entry(receiver, self.value(call.args[0]), call)
                if isinstance(receiver, OneOf | Variable) and method == "values":
                    return Items(receiver)
                # A callee with a definition is known, whatever the class.
                if isinstance(receiver, Of | Member) and call.callee.node is None:
                    return self._step(receiver, f"{method}{CALLED}", call)
            case _:
                pass
        function = self.value(call.callee)
        declared = self._by_type(call)
        if isinstance(function, CALLABLES | Chosen | Entry | Variable | Of | Member):
            return ResultOf(function, self.arguments(call), declared)
        return declared

    def _looked_up(self, call: CallExpr) -> Value:
        """The attribute that ``getattr`` gets, or those whose names begin alike."""
        owner, name = self.value(call.args[0]), call.args[1]
        match name:
            case StrExpr(value=text):
                return self._step(owner, text, call)
            case _ if prefix := _prefix(name):
                step = f"{prefix}*"
                return Of((*owner.path, step)) if isinstance(owner, Of) else Member(owner, step)
            case _:
                return self._by_type(call)

    def closure(self, function: FuncItem) -> Value:
        """A lambda, or a function inside the body that runs when it is called."""
        if function in self._summarised or self._body.summarise is None:
            return UNKNOWN
        if function.is_generator or function.is_coroutine:
            return UNKNOWN
        self._summarised.add(function)
        try:
            summary = self._body.summarise(function)
        finally:
            self._summarised.discard(function)
        around = self._body.function
        return Closure(around.fullname if isinstance(around, FuncDef) else "", summary)

    def _by_type(self, expression: Expression) -> Value:
        type_ = self._body.type_of(expression)
        match type_:
            case None:
                return UNKNOWN
            case NoneType():
                return NONE
            case LiteralType(value=value):
                return _literal_type(type_, value)
            case _ if info := class_object(type_):
                return ClassObject(info.fullname)
            case _ if (function := definition(type_)) and not self._body.is_nested(function):
                return Function(function.fullname)
            case _:
                return self._instance(type_, expression)

    def _instance(self, type_: ProperType, expression: Expression) -> Value:
        found = alternatives(type_)
        info = class_of(found[0]) if len(found) == 1 else None
        if info is None or info.fallback_to_any:
            return UNKNOWN
        item: Value = UNKNOWN
        is_loaded: bool | None = False
        one = found[0]
        if isinstance(one, InstanceType) and is_a(info, QUERYSET, MANAGER):
            model = model_class(one)
            item = Instance(model.fullname) if model is not None else UNKNOWN
            is_loaded = None if is_consumed(self._body, expression) else False
        is_optional = may_be_none(type_) and not self._is_tested(expression)
        return Instance(info.fullname, is_optional, item, is_loaded)

    def _is_tested(self, name: Expression) -> bool:
        """Whether a local name is known not to be None, by the tests before."""
        return isinstance(name, NameExpr) and any(
            _excludes_none(tested, name.name, holds=holds)
            and self._body.definition_sites(each) == self._body.definition_sites(name)
            for tested, holds in conditions_before(self._body, name)
            for each in _names_in(tested)
            if each.name == name.name
        )

    # Conditions

    def _when(self, condition: Expression, *, holds: bool) -> Condition | None:
        """When a condition holds, or does not; None where parameters do not tell."""
        match condition:
            case UnaryExpr(op="not", expr=inner):
                return self._when(inner, holds=not holds)
            case OpExpr(op="and" | "or" as operator, left=left, right=right):
                both = [self._when(left, holds=holds), self._when(right, holds=holds)]
                known = tuple(each for each in both if each is not None)
                if holds == (operator == "and"):
                    return _all(known)
                return Either(known) if len(known) == len(both) else None
            case NameExpr() if (value := self._flag(condition)) is not None:
                return self._when(value, holds=holds)
            case _:
                test = self._test(condition)
                return test if test is None or holds else _negated(test)

    def _flag(self, name: NameExpr) -> Expression | None:
        """The comparison that a name is the result of: ``is_grouped = kind == "grouped"``."""
        values = self._body.reaching_values(name)
        is_test = len(values) == 1 and isinstance(
            values[0], ComparisonExpr | UnaryExpr | CallExpr | OpExpr
        )
        return values[0] if is_test else None

    def _test(self, condition: Expression) -> Condition | None:
        match condition:
            case ComparisonExpr(operators=[operator], operands=[left, right]):
                return self._comparison(operator, left, right)
            case CallExpr(args=[value, *_]):
                return self._asked(condition, value)
            case NameExpr() | MemberExpr():
                return self._of(condition, "true")
            case _:
                return None

    def _comparison(self, operator: str, left: Expression, right: Expression) -> Condition | None:
        value = self.value(right)
        if operator in {"is", "is not", "==", "!="}:
            if not isinstance(value, Literal):
                left, value = right, self.value(left)
            if not isinstance(value, Literal):
                return None
            is_none = value == NONE
            found = self._of(left, "none") if is_none else self._of(left, "equals", value)
        elif operator in {"in", "not in"} and isinstance(right, TupleExpr | ListExpr | SetExpr):
            choices = [self.value(item) for item in right.items]
            is_plain = all(isinstance(choice, Literal) for choice in choices)
            found = self._of(left, "equals", *choices) if is_plain else None
        else:
            return None
        return found if found is None or operator in {"is", "==", "in"} else _negated(found)

    def _asked(self, call: CallExpr, value: Expression) -> Condition | None:
        name = called_name(self._body, call)
        if name == "builtins.isinstance" and len(call.args) == 2:
            kinds = call.args[1]
            listed = kinds.items if isinstance(kinds, TupleExpr) else _joined(kinds)
            names = [class_object(self._body.type_of(each)) for each in listed]
            if not all(names):
                return None
            return self._of(value, "instance", *(info.fullname for info in names if info))
        if name in ASKING:
            return self._of(value, "coroutine function")
        if name == _CALLABLE:
            return self._of(value, "callable")
        if name == "builtins.bool":
            return self._of(value, "true")
        return None

    def _of(self, value: Expression, kind: str, *operands: Value | str) -> Test | None:
        found = self.value(value)
        return Test(found, kind, operands) if isinstance(found, Of) else None

    def _matched(self, node: Node) -> Iterator[Condition | None]:
        """The conditions of the cases of ``match`` statements around a node."""
        inner = node
        for around in self._body.ancestors(node):
            if isinstance(around, MatchStmt) and inner in around.bodies:
                yield self._matches(around.subject, around.patterns[around.bodies.index(inner)])
                for pattern, guard, case in zip(
                    around.patterns, around.guards, around.bodies, strict=True
                ):
                    if case is inner:
                        break
                    before = self._matches(around.subject, pattern) if guard is None else None
                    yield _negated(before) if before is not None else None
            inner = around

    def _matches(self, subject: Expression, pattern: Pattern) -> Condition | None:
        match pattern:
            case ValuePattern(expr=expression):
                value = self.value(expression)
                is_known = isinstance(value, Literal)
                return self._of(subject, "equals", value) if is_known else None
            case SingletonPattern(value=None):
                return self._of(subject, "none")
            case OrPattern(patterns=patterns):
                found = [self._matches(subject, each) for each in patterns]
                known = tuple(each for each in found if each is not None)
                return Either(known) if len(known) == len(found) else None
            case _:
                return None


@once
def _stores(body: Body) -> dict[SymbolNode | None, dict[str, AssignmentStmt | None]]:
    """By variable, the attributes of its object that the body sets; None where at several places."""
    found: dict[SymbolNode | None, dict[str, AssignmentStmt | None]] = defaultdict(dict)
    for assignment in body.every(AssignmentStmt):
        is_plain = len(assignment.lvalues) == 1 and isinstance(assignment.lvalues[0], MemberExpr)
        for target in attributes_in(assignment.lvalues):
            if isinstance(target.expr, NameExpr):
                stores = found[target.expr.node]
                is_only = is_plain and target.name not in stores
                stores[target.name] = assignment if is_only else None
    return found


def _kept_before(body: Body, read: MemberExpr) -> Expression | None:
    """What a constructor has stored in the attribute of its object that it reads; None if unknown."""
    if body.name != "__init__" or not isinstance(read.expr, NameExpr):
        return None
    found = [
        statement
        for statement in body.every(AssignmentStmt)
        for target in statement.lvalues
        if isinstance(target, MemberExpr) and target.name == read.name
    ]
    if len(found) != 1 or body.flow.reaches(body.function, read, avoiding=set(found)):
        return None
    match found[0].lvalues:
        case [MemberExpr(expr=NameExpr(name=owner))] if owner == read.expr.name:
            return found[0].rvalue
        case _:
            return None


@once
def _assigned_attributes(body: Body) -> frozenset[str]:
    """The names of the attributes that a body assigns, on whatever object."""
    return frozenset(
        target.name for node in body.nodes for target in attributes_in(getattr(node, "lvalues", ()))
    )


def _same_rows(values: list[Value]) -> Of | None:
    """What several values are parts of, as ``books`` is of ``books`` and of ``books.filter(...)``."""
    paths = [value.path for value in values if isinstance(value, Of)]
    if len(paths) < len(values):
        return None
    whole = min(values, key=lambda value: len(getattr(value, "path", ())))
    begun = min(paths, key=len)
    is_part = all(
        path[: len(begun)] == begun and all(map(_keeps_rows, path[len(begun) :])) for path in paths
    )
    return whole if is_part and isinstance(whole, Of) else None


def _keeps_rows(step: str) -> bool:
    """Whether a step leads from a queryset to one that has loaded the same, or from a list to a list."""
    method = query_method(step.removesuffix(CALLED))
    return step == SLICE or (
        step.endswith(CALLED) and method.gives is Gives.QUERYSET and not method.loads
    )


def _names_in(condition: Expression) -> Iterator[NameExpr]:
    return (node for node in walk(condition) if isinstance(node, NameExpr))


def _excludes_none(condition: Expression, name: str, *, holds: bool) -> bool:
    """Whether a name is not None where a condition holds, or does not."""
    match condition:
        case UnaryExpr(op="not", expr=inner):
            return _excludes_none(inner, name, holds=not holds)
        case OpExpr(op="and" | "or" as operator) if holds == (operator == "and"):
            sides = condition.left, condition.right
            return any(_excludes_none(side, name, holds=holds) for side in sides)
        case ComparisonExpr(operators=["is" | "is not" as operator], operands=[left, right]):
            is_of_name = isinstance(left, NameExpr) and left.name == name
            return is_of_name and is_none(right) and holds == (operator == "is not")
        case NameExpr():
            return condition.name == name and holds
        case _:
            return False


def may_be_row(body: Body, value: Expression) -> bool:
    """Whether a value may be a model instance, as far as its type is known."""
    type_ = body.type_of(value)
    return type_ is None or any(
        info is None or is_model(info) for info in map(class_of, alternatives(type_))
    )


def _is_function(reference: RefExpr) -> bool:
    return isinstance(reference.node, FuncDef | Decorator | OverloadedFuncDef)


def _is_registry(variable: Var) -> bool:
    """Whether a variable is a dict, or another collection, that may hold functions."""
    info = class_of(get_proper_type(variable.type))
    return info is not None and is_a(info, "builtins.dict", "builtins.list", "builtins.tuple")


def _all(conditions: Sequence[Condition]) -> Condition:
    if not conditions:
        return ALWAYS
    return conditions[0] if len(conditions) == 1 else All(tuple(conditions))


def _negated(condition: Condition) -> Condition:
    return condition.condition if isinstance(condition, Not) else Not(condition)


def _literal(expression: StrExpr | IntExpr | BytesExpr) -> Literal:
    kind = {StrExpr: "builtins.str", IntExpr: "builtins.int"}.get(
        type(expression), "builtins.bytes"
    )
    return Literal(kind, repr(expression.value))


def _constant(name: str) -> Literal:
    return NONE if name == "None" else Literal("builtins.bool", name)


def _literal_type(type_: LiteralType, value: object) -> Literal:
    info = type_.fallback.type
    return Literal(info.fullname, str(value) if info.is_enum else repr(value))


def _enum_member(variable: Var) -> Literal | None:
    if variable.info and variable.info.is_enum and not variable.is_property:
        return Literal(variable.info.fullname, variable.name)
    return None


def _text(expression: Expression) -> str:
    return expression.value if isinstance(expression, StrExpr) else ""


def _prefix(name: Expression) -> str:
    """The constant beginning of a name: of ``f"do_{x}"`` and ``"do_" + x`` the ``do_``."""
    match name:
        case OpExpr(op="+", left=StrExpr(value=text)):
            return text
        case CallExpr(
            callee=MemberExpr(expr=StrExpr(value=""), name="join"), args=[ListExpr() as parts]
        ):
            return _text(parts.items[0]) if len(parts.items) > 1 else ""
        case OpExpr(op="%", left=StrExpr(value=text)):
            return text.partition("%")[0]
        case _:
            return ""


def _joined(kinds: Expression) -> list[Expression]:
    """The classes of ``A | B``."""
    if isinstance(kinds, OpExpr) and kinds.op == "|":
        return [*_joined(kinds.left), *_joined(kinds.right)]
    return [kinds]
