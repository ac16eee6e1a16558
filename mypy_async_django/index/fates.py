"""What becomes of a value: who takes care of it, or what uses it as something that it is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    ComparisonExpr,
    ConditionalExpr,
    DelStmt,
    DictExpr,
    DictionaryComprehension,
    Expression,
    ExpressionStmt,
    FuncDef,
    GeneratorExpr,
    IfStmt,
    ListComprehension,
    ListExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OpExpr,
    ReturnStmt,
    SetComprehension,
    SetExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    UnaryExpr,
    WhileStmt,
)
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    Overloaded,
    ProperType,
    Type,
    TypeOfAny,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from mypy_async_django.bridge.types import definition
from mypy_async_django.catalogue.builtin import EVALUATORS, Use
from mypy_async_django.index.body import Body
from mypy_async_django.index.operations import called_name


class Fate(Enum):
    """What one use does with a value; ``value`` says what is wrong with it for a coroutine."""

    TAKEN_CARE_OF = ""
    DROPPED = "nothing ever runs it"
    TESTED = "a coroutine object is always true"
    FORMATTED = "the text shows the coroutine object"
    COMPARED = "the coroutine object is compared"
    PASSED = "the coroutine object is passed on as a value"


@dataclass(frozen=True, slots=True)
class End:
    """Where a value ends up: the fate and the node that seals it."""

    fate: Fate
    node: Node


#: Functions that look at an object whatever it is: an inspected coroutine is nobody's mistake.
_INSPECTORS: Final = frozenset(
    "builtins.callable builtins.getattr builtins.hasattr builtins.id builtins.isinstance"
    " builtins.setattr builtins.type inspect.isawaitable inspect.iscoroutine"
    " inspect.iscoroutinefunction asyncio.coroutines.iscoroutine asyncio.futures.isfuture"
    " typing.cast contextlib.closing".split()
)


def end_of(body: Body, value: Expression) -> End:
    """What becomes of a value that must be taken care of, such as a coroutine.

    Followed through local names, displays, comprehensions, conditional expressions and ``or``.
    One use that takes care of it is enough; where something is unknown, it counts as one.
    """
    return _Tracker(body).end(value)


class _Tracker:
    def __init__(self, body: Body) -> None:
        self._body = body
        self._under_way: set[Node] = set()

    def end(self, value: Expression, *, inside: bool = False) -> End:
        """The end of a value; ``inside`` says that it is inside a container, ``value``."""
        if value in self._under_way:
            return End(Fate.DROPPED, value)
        self._under_way.add(value)
        ends = list(self._ends(value, inside))
        for end in ends:
            if end.fate is Fate.TAKEN_CARE_OF:
                return end
        wrong = [end for end in ends if end.fate is not Fate.DROPPED]
        return (wrong or ends or [End(Fate.DROPPED, value)])[0]

    def _ends(self, value: Expression, inside: bool) -> Iterator[End]:
        parent = self._body.parent(value)
        match parent:
            case ExpressionStmt() | DelStmt():
                yield End(Fate.DROPPED, value)
            case AssignmentStmt() if value is parent.rvalue:
                for target in parent.lvalues:
                    yield from self._assigned(target, value, inside)
            case AssignmentExpr() if value is parent.value:
                yield from self._assigned(parent.target, value, inside)
                yield self.end(parent, inside=inside)
            case TupleExpr() | ListExpr() if places := self._unpacked(parent, value):
                for target in places:
                    yield from self._assigned(target, value, inside)
            case ListExpr() | SetExpr() | TupleExpr() | DictExpr():
                yield self.end(parent, inside=True)
            case StarExpr():
                yield self.end(parent, inside=inside)
            case GeneratorExpr() | DictionaryComprehension():
                yield self._in_comprehension(parent, value)
            case ListComprehension() | SetComprehension():
                yield self.end(parent, inside=inside)
            case ConditionalExpr() if value is not parent.cond:
                yield self.end(parent, inside=inside)
            case OpExpr(op="and" | "or") if value is parent.right:
                yield self.end(parent, inside=inside)
            case ReturnStmt():
                yield End(self._returned(value), parent)
            case CallExpr() if value is not parent.callee:
                yield End(self._argument(parent, value, inside), parent)
            case _ if not inside and (fate := _misuse(parent, value)):
                yield End(fate, parent) if parent is not None else End(fate, value)
            case _:
                yield End(Fate.TAKEN_CARE_OF, parent or value)

    def _assigned(self, target: Expression, value: Expression, inside: bool) -> Iterator[End]:
        flow = self._body.flow
        if not isinstance(target, NameExpr) or (
            isinstance(self._body.function, MypyFile) and target.name != "_"
        ):
            yield End(Fate.TAKEN_CARE_OF, target)
            return
        bindings = [b for b in flow.bindings() if b.node is target]
        if not bindings or any(flow.is_captured(binding) for binding in bindings):
            yield End(Fate.TAKEN_CARE_OF, target)
            return
        for binding in bindings:
            for use in flow.uses(binding):
                yield self.end(use, inside=inside)
        yield End(Fate.DROPPED, value)

    def _unpacked(self, display: TupleExpr | ListExpr, value: Expression) -> list[Expression]:
        """The targets that take a display's item apart again: ``a, b = f(), g()``."""
        statement = self._body.parent(display)
        if not isinstance(statement, AssignmentStmt) or display is not statement.rvalue:
            return []
        position = display.items.index(value)
        return [
            target.items[position]
            for target in statement.lvalues
            if isinstance(target, TupleExpr | ListExpr) and len(target.items) == len(display.items)
        ]

    def _in_comprehension(
        self, node: GeneratorExpr | DictionaryComprehension, value: Expression
    ) -> End:
        if any(value in conditions for conditions in node.condlists):
            return End(Fate.TESTED, node)
        if value in node.sequences or value in node.indices:
            return End(Fate.TAKEN_CARE_OF, node)
        return self.end(node, inside=True)

    def _returned(self, value: Expression) -> Fate:
        """A coroutine function that returns a coroutine gives its caller one to await again."""
        function = self._body.function
        if not isinstance(function, FuncDef) or not function.is_coroutine:
            return Fate.TAKEN_CARE_OF
        if function.is_generator or not isinstance(function.type, CallableType):
            return Fate.TAKEN_CARE_OF
        declared = get_proper_type(function.type.ret_type)
        result = declared.args[-1] if isinstance(declared, Instance) and declared.args else declared
        return (
            Fate.DROPPED if isinstance(get_proper_type(result), AnyType) else (Fate.TAKEN_CARE_OF)
        )

    def _argument(self, call: CallExpr, value: Expression, inside: bool) -> Fate:
        name = called_name(self._body, call)
        if name in _INSPECTORS:
            return Fate.TAKEN_CARE_OF
        evaluator = EVALUATORS.get(name or "")
        if evaluator is not None:
            if evaluator.use is Use.FORMAT:
                return Fate.FORMATTED
            if evaluator.use is Use.TRUTH and not inside:
                return Fate.TESTED
            if inside:
                return (
                    Fate.TESTED
                    if name in {"builtins.any", "builtins.all"}
                    else (Fate.TAKEN_CARE_OF)
                )
        type_ = self._body.type_of(call.callee)
        if isinstance(call.callee, MemberExpr) and (found := definition(type_)):
            if found.fullname == "builtins.str.format":
                return Fate.FORMATTED
        items = type_.items if isinstance(type_, Overloaded) else [type_]
        fates = {
            self._parameter(item, call, value, inside) if isinstance(item, CallableType) else None
            for item in items
        }
        return Fate.PASSED if fates == {True} else Fate.TAKEN_CARE_OF

    def _parameter(
        self, callee: CallableType, call: CallExpr, value: Expression, inside: bool
    ) -> bool:
        """Whether the parameter takes anything, so that nobody sees what it gets."""
        if callee.type_guard is not None or callee.type_is is not None:
            return False
        declared = _formal(callee, call, value)
        if declared is None:
            return False
        if inside or call.arg_kinds[call.args.index(value)] in {ARG_STAR, ARG_STAR2}:
            return _holds_anything(declared)
        generic = definition(callee)
        if generic is not None and isinstance(generic.type, CallableType):
            own = _formal(
                generic.type, call, value, skip_self=generic.info and not generic.is_static
            )
            if isinstance(own, TypeVarType):
                return False
        return _is_anything(declared)


def _misuse(parent: Node | None, value: Expression) -> Fate | None:
    """What is wrong where a value stands that is used as a result and is none."""
    match parent:
        case IfStmt() | WhileStmt() | AssertStmt() | MatchStmt():
            return Fate.TESTED
        case ConditionalExpr() | UnaryExpr(op="not") | OpExpr(op="and" | "or"):
            return Fate.TESTED
        case ComparisonExpr():
            index = parent.operands.index(value)
            right_of_in = index > 0 and parent.operators[index - 1] in {"in", "not in"}
            return None if right_of_in else Fate.COMPARED
        case OpExpr(op="%") if isinstance(parent.left, StrExpr):
            return Fate.FORMATTED
        case _:
            return None


def _formal(
    callee: CallableType, call: CallExpr, value: Expression, *, skip_self: object = False
) -> ProperType | None:
    """The declared type of the parameter that an argument goes to."""
    index = call.args.index(value)
    kind, name = call.arg_kinds[index], call.arg_names[index]
    if kind in {ARG_NAMED}:
        for formal_name, type_, formal_kind in zip(
            callee.arg_names, callee.arg_types, callee.arg_kinds, strict=True
        ):
            if formal_name == name and formal_kind not in {ARG_STAR, ARG_STAR2}:
                return get_proper_type(type_)
        found = callee.kw_arg()
        return get_proper_type(found.typ) if found else None
    if kind == ARG_STAR2:
        found = callee.kw_arg()
        return get_proper_type(found.typ) if found else None
    position = sum(k == ARG_POS for k in call.arg_kinds[:index]) + bool(skip_self)
    if ARG_STAR in call.arg_kinds[:index]:
        return None
    argument = callee.argument_by_position(position)
    return get_proper_type(argument.typ) if argument else None


def _is_anything(type_: Type) -> bool:
    """Whether a declared type is ``Any`` or ``object``, as somebody wrote it."""
    proper = get_proper_type(type_)
    match proper:
        case AnyType():
            return proper.type_of_any is TypeOfAny.explicit
        case Instance():
            return proper.type.fullname == "builtins.object"
        case UnionType():
            return any(_is_anything(item) for item in proper.items)
        case _:
            return False


def _holds_anything(type_: Type) -> bool:
    """Whether a declared type is a container of anything: ``Mapping[str, Any]``, or ``Any``."""
    proper = get_proper_type(type_)
    if _is_anything(proper):
        return True
    match proper:
        case Instance() if proper.args:
            return _is_anything(proper.args[-1])
        case UnionType():
            return any(_holds_anything(item) for item in proper.items)
        case _:
            return False
