"""How a value such as a coroutine is used: awaited or kept, dropped, or mistaken for its result."""

from collections.abc import Collection, Iterator
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from mypy.nodes import (
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
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    ListComprehension,
    ListExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    ReturnStmt,
    SetComprehension,
    SetExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
    WhileStmt,
)
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    get_proper_type,
)

from mypy_async_django.bridge.models import is_column, is_model
from mypy_async_django.bridge.types import (
    COROUTINES,
    class_object,
    classes,
    common_member,
    definition,
    is_a,
    is_coroutine_type,
    known,
    member,
)
from mypy_async_django.catalogue.builtin import EVALUATORS, Use
from mypy_async_django.catalogue.offload import WAIT
from mypy_async_django.catalogue.shared import ADDING_METHODS, PLAIN_VALUES
from mypy_async_django.index.coroutines.overrides import is_sync_hook
from mypy_async_django.index.resolution.argument_binding import (
    bind,
    cannot_hold,
    holds_anything,
    is_anything,
    refuses,
    star_parameters,
    takes_anything,
)
from mypy_async_django.index.resolution.callees import POST_INIT, named_function, sync_callees
from mypy_async_django.index.resolution.offloading import offloader_of
from mypy_async_django.index.syntax.bindings import Binding, BindingKind
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import called_name


class ValueUse(Enum):
    """What one use does with a value that may be a coroutine."""

    TAKEN_CARE_OF = auto()
    DROPPED = auto()
    RETURNED = auto()
    TESTED = auto()
    FORMATTED = auto()
    COMPARED = auto()
    LOOKED_INTO = auto()
    PASSED = auto()
    MISTYPED = auto()


class FinalUse(NamedTuple):
    """The use that decides about a value, and the node of that use."""

    use: ValueUse
    node: Node


#: The classes of a coroutine.
_COROUTINE: Final = (*COROUTINES, "typing.Awaitable", "builtins.object")
#: Functions that inspect any object: passing them a coroutine is no mistake.
_INSPECTORS: Final = frozenset(
    [
        "builtins.callable",
        "builtins.getattr",
        "builtins.hasattr",
        "builtins.id",
        "builtins.isinstance",
        "builtins.setattr",
        "builtins.type",
        "inspect.isawaitable",
        "inspect.iscoroutine",
        "inspect.iscoroutinefunction",
        "asyncio.coroutines.iscoroutine",
        "asyncio.futures.isfuture",
        "contextlib.closing",
        "functools.partial",
        "typing.cast",
    ]
)


def final_use(body: Body, value: Expression, *, inside: bool = False) -> FinalUse:
    """The final use of a value that has to be awaited or kept, such as a coroutine.

    With ``inside``, of the items of the value. The value is followed through local names, displays,
    comprehensions, conditional expressions and ``or``. One use that awaits or keeps it is enough, and
    an unknown use counts as such.
    """
    return _Tracker(body, value).end(value, (_ITEMS,) if inside else ())


#: The prefixes of functions that await none of their arguments.
_USING_VALUES: Final = ("builtins.", "django.", "json.", "logging.")
#: Builtin classes that copy the items of their argument.
_CONTAINERS: Final = frozenset(
    {
        "builtins.dict",
        "builtins.frozenset",
        "builtins.list",
        "builtins.set",
        "builtins.sorted",
        "builtins.tuple",
        "collections.deque",
    }
)
#: Methods that put the items of their argument into a collection.
_MERGING: Final = frozenset({"extend", "update"})
#: Uses that look into a collection.
_LOOKING: Final = frozenset({Use.ITERATE, Use.LENGTH})
_TESTERS: Final = frozenset({"builtins.all", "builtins.any"})
#: The attributes of a coroutine: ``close``, ``send``, ``throw``, ``cr_frame`` and so on.
_OF_COROUTINES: Final = ("close", "send", "throw", "cr_", "__")


class _Container(Enum):
    """Where a container has what is asked for: iterating it gives its items, not its values."""

    ITEMS = auto()
    KEYS = auto()
    VALUES = auto()


_ITEMS: Final = _Container.ITEMS
_KEYS: Final = _Container.KEYS
_VALUES: Final = _Container.VALUES
_Containers: TypeAlias = tuple[_Container, ...]


class _Tracker:
    def __init__(self, body: Body, value: Expression) -> None:
        self._body = body
        self._under_way: set[Node] = set()
        self._is_coroutine = is_coroutine_type(body.type_of(value))

    def end(self, value: Expression, inside: _Containers = ()) -> FinalUse:
        """The final use of a value, or of what it contains: the containers, the outermost last."""
        if value in self._under_way:
            return FinalUse(ValueUse.DROPPED, value)
        self._under_way.add(value)
        ends = list(self._ends(value, inside))
        for end in ends:
            if end.use is ValueUse.TAKEN_CARE_OF:
                return end
        wrong = [end for end in ends if end.use is not ValueUse.DROPPED]
        return (wrong or ends or [FinalUse(ValueUse.DROPPED, value)])[0]

    def _ends(self, value: Expression, inside: _Containers) -> Iterator[FinalUse]:
        parent = self._body.parent(value)
        match parent:
            case ExpressionStmt() | DelStmt():
                yield FinalUse(ValueUse.DROPPED, value)
            case AssignmentStmt() if value is parent.rvalue:
                for target in parent.lvalues:
                    yield from self._assigned(target, value, inside)
            case AssignmentExpr() if value is parent.value:
                yield from self._assigned(parent.target, value, inside)
                yield self.end(parent, inside)
            case TupleExpr() | ListExpr() if places := self._unpacked(parent, value):
                for target in places:
                    yield from self._assigned(target, value, inside)
            case TupleExpr() | DictExpr() if _is_formatted(self._body.parent(parent), parent):
                yield FinalUse(ValueUse.FORMATTED, parent)
            case ListExpr() | SetExpr() | TupleExpr():
                yield self.end(parent, (*inside, _ITEMS))
            case DictExpr():
                yield self.end(parent, (*inside, _VALUES))
            case StarExpr():
                yield self.end(parent, inside)
            case CallExpr(callee=RefExpr(fullname="builtins.dict")):
                yield self.end(parent, inside or (_VALUES,))
            case GeneratorExpr() | DictionaryComprehension():
                yield self._in_comprehension(parent, value, inside)
            case ListComprehension() | SetComprehension():
                yield self.end(parent, inside)
            case ConditionalExpr() if value is not parent.cond:
                yield self.end(parent, inside)
            case OpExpr(op="and" | "or") if value is parent.right:
                yield self.end(parent, inside)
            case ReturnStmt() if inside[-1:] == (_KEYS,):
                yield FinalUse(ValueUse.DROPPED, parent)
            case ReturnStmt() if (
                not inside
            ):  # the caller can await the items of a returned container
                yield FinalUse(self._returned(value), parent)
            case IndexExpr(base=NameExpr() as keyed) if value is parent.index and self._is_put_into(
                keyed
            ):
                yield from self._put_into(keyed, parent, (*inside, _KEYS))
            case IndexExpr() if value is parent.index and isinstance(value, CallExpr):
                yield FinalUse(ValueUse.COMPARED, parent)
            case CallExpr() if value is not parent.callee and (
                container := _container_of(parent, inside=bool(inside))
            ):
                is_merged = isinstance(parent.callee, MemberExpr) and parent.callee.name in _MERGING
                yield from self._put_into(
                    container, parent, inside if is_merged else (*inside, _ITEMS)
                )
            case CallExpr() if not inside and (field := _field_of(self._body, parent, value)):
                yield from self._put_into_new_object(parent, field)
            case ForStmt() if inside and value is parent.expr:
                yield from self._taken_out(parent.index, value, inside)
            case CallExpr() if inside and called_name(self._body, parent) in _CONTAINERS:
                yield self.end(parent, inside)
            case CallExpr() if value is not parent.callee:
                yield FinalUse(self._argument(parent, value, inside=bool(inside)), parent)
            case IfStmt() | WhileStmt() | UnaryExpr(op="not") if inside:
                yield FinalUse(ValueUse.DROPPED, parent)  # asks the container if it is empty
            case _ if not inside and _looks_into(self._body, parent, value):
                yield FinalUse(ValueUse.LOOKED_INTO, parent or value)
            case _ if not inside and (fate := _misuse(parent, value)):
                yield FinalUse(fate, parent) if parent is not None else FinalUse(fate, value)
            case _:
                yield FinalUse(ValueUse.TAKEN_CARE_OF, parent or value)

    def _assigned(
        self, target: Expression, value: Expression, inside: _Containers
    ) -> Iterator[FinalUse]:
        flow = self._body.flow
        if self._is_coroutine and not inside and isinstance(target, TupleExpr | ListExpr):
            yield FinalUse(ValueUse.LOOKED_INTO, target)
            return
        if self._is_coroutine and not inside and _is_of_another_type(self._body, target):
            yield FinalUse(ValueUse.MISTYPED, target)
            return
        if isinstance(target, MemberExpr) and isinstance(target.expr, NameExpr):
            statement = self._body.parent(target)
            objects = flow.reaching(target.expr)
            if statement is not None and all(
                each.value is not None and _makes_plain_object(self._body, each.value, target.name)
                for each in objects
            ):
                yield from self._attribute_uses(objects, target.name, statement, inside)
                return
        if isinstance(target, IndexExpr) and isinstance(target.base, NameExpr):
            yield from self._put_into(target.base, target, (*inside, _VALUES))
            return
        if not isinstance(target, NameExpr) or (
            isinstance(self._body.function, MypyFile) and target.name != "_"
        ):
            yield FinalUse(ValueUse.TAKEN_CARE_OF, target)
            return
        bindings = [b for b in flow.bindings() if b.node is target]
        if not bindings or any(flow.is_captured(binding) for binding in bindings):
            yield FinalUse(ValueUse.TAKEN_CARE_OF, target)
            return
        for binding in bindings:
            for use in flow.uses(binding):
                yield self.end(use, inside)
        yield FinalUse(ValueUse.DROPPED, value)

    def _taken_out(
        self, target: Expression, value: Expression, inside: _Containers
    ) -> Iterator[FinalUse]:
        """The final uses of the items that a loop takes out of a container."""
        *others, outermost = inside
        if outermost is not _VALUES and isinstance(target, NameExpr):
            yield from self._assigned(target, value, tuple(others))
        else:
            yield FinalUse(ValueUse.TAKEN_CARE_OF, target)

    def _put_into_new_object(self, call: CallExpr, field: str) -> Iterator[FinalUse]:
        """The final uses of ``result = Result(fetch())``: those of ``result.value``."""
        statement = self._body.parent(call)
        targets = statement.lvalues if isinstance(statement, AssignmentStmt) else ()
        bindings = [each for each in self._body.flow.bindings() if each.node in targets]
        if statement is None or not bindings:
            yield FinalUse(ValueUse.TAKEN_CARE_OF, call)
        else:
            yield from self._attribute_uses(bindings, field, statement, ())

    def _attribute_uses(
        self, bindings: Collection[Binding], name: str, stored: Node, inside: _Containers
    ) -> Iterator[FinalUse]:
        """The final uses of an attribute of a local object, which the statement ``stored`` assigns.

        Other code that gets the object may await what the attribute holds.
        """
        body, flow = self._body, self._body.flow
        if not bindings or any(flow.is_captured(binding) for binding in bindings):
            yield FinalUse(ValueUse.TAKEN_CARE_OF, stored)
            return
        uses = {use for binding in bindings for use in flow.uses(binding)}
        around = {use: body.parent(use) for use in uses}
        rivals = {
            statement
            for read in around.values()
            if isinstance(read, MemberExpr) and read.name == name
            if isinstance(statement := body.parent(read), AssignmentStmt)
            if read in statement.lvalues
        }
        for use in sorted(uses, key=lambda use: (use.line, use.column)):
            match around[use]:
                case MemberExpr(name=other) as read if other == name:
                    statement = body.parent(read)
                    is_target = isinstance(statement, AssignmentStmt) and read in statement.lvalues
                    if not is_target and flow.reaches(stored, read, avoiding=rivals - {stored}):
                        yield self.end(read, inside)
                case MemberExpr() as read if not _is_called(body, read):
                    pass
                case _:
                    yield FinalUse(ValueUse.TAKEN_CARE_OF, use)
        yield FinalUse(ValueUse.DROPPED, stored)

    def _put_into(
        self, container: NameExpr, target: Node, inside: _Containers
    ) -> Iterator[FinalUse]:
        """The final uses of ``context["book"] = get_book()`` and ``jobs.append(run())``.

        They are the later uses of the local container.
        """
        flow = self._body.flow
        bindings = flow.reaching(container)
        local = bindings and all(
            b.value is not None and not b.path and self._is_new_container(b.value) for b in bindings
        )
        if not local or any(flow.is_captured(binding) for binding in bindings):
            yield FinalUse(ValueUse.TAKEN_CARE_OF, target)
            return
        uses = {use for binding in bindings for use in flow.uses(binding)}
        for use in sorted(uses, key=lambda use: (use.line, use.column)):
            if use is not container and not self._is_put_into(use):
                yield self.end(use, inside)
        yield FinalUse(ValueUse.DROPPED, container)

    def _is_new_container(self, value: Expression) -> bool:
        match value:
            case DictExpr() | ListExpr() | SetExpr():
                return True
            case CallExpr():
                return called_name(self._body, value) in _CONTAINERS
            case _:
                return False

    def _is_put_into(self, use: NameExpr) -> bool:
        around = self._body.parent(use)
        match self._body.parent(around) if around is not None else None:
            case AssignmentStmt() as statement:
                return around in statement.lvalues
            case CallExpr() as call:
                return _container_of(call, inside=True) is use
            case _:
                return False

    def _unpacked(self, display: TupleExpr | ListExpr, value: Expression) -> list[Expression]:
        """The targets that an item of a display is unpacked to: ``a, b = f(), g()``."""
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
        self, node: GeneratorExpr | DictionaryComprehension, value: Expression, inside: _Containers
    ) -> FinalUse:
        if any(value in conditions for conditions in node.condlists):
            return FinalUse(ValueUse.TESTED, node)
        if inside and value in node.sequences:
            target = node.indices[node.sequences.index(value)]
            ends = list(self._taken_out(target, value, inside))
            taken = (end for end in ends if end.use is ValueUse.TAKEN_CARE_OF)
            return next(taken, ends[0])
        if value in node.sequences or value in node.indices:
            return FinalUse(ValueUse.TAKEN_CARE_OF, node)
        kind = _VALUES if isinstance(node, DictionaryComprehension) else _ITEMS
        return self.end(node, (*inside, kind))

    def _returned(self, value: Expression) -> ValueUse:
        """An async function that returns a coroutine makes its caller await twice, a hook nobody."""
        function = self._body.function
        if not isinstance(function, FuncDef) or function.is_generator:
            return ValueUse.TAKEN_CARE_OF
        if not function.is_coroutine:
            return ValueUse.RETURNED if is_sync_hook(function) else ValueUse.TAKEN_CARE_OF
        if not isinstance(function.type, CallableType):
            return ValueUse.RETURNED
        declared = get_proper_type(function.type.ret_type)
        result = declared.args[-1] if isinstance(declared, Instance) and declared.args else declared
        unknown = isinstance(get_proper_type(result), AnyType)
        return ValueUse.RETURNED if unknown else ValueUse.TAKEN_CARE_OF

    def _argument(self, call: CallExpr, value: Expression, *, inside: bool) -> ValueUse:
        name = called_name(self._body, call)
        if name in _INSPECTORS or offloader_of(self._body, call) is not None:
            return ValueUse.TAKEN_CARE_OF
        if name == WAIT:
            return ValueUse.DROPPED if self._is_coroutine else ValueUse.TAKEN_CARE_OF
        evaluator = EVALUATORS.get(name or "")
        if evaluator is not None:
            if evaluator.use is Use.FORMAT:
                return ValueUse.FORMATTED
            if evaluator.use is Use.TRUTH and not inside:
                return ValueUse.TESTED
            is_builtin = (name or "").startswith("builtins.")
            if self._is_coroutine and not inside and is_builtin and evaluator.use in _LOOKING:
                return ValueUse.LOOKED_INTO
            if inside and evaluator.use in {Use.LENGTH, Use.TRUTH}:
                return ValueUse.DROPPED
            if inside:
                return ValueUse.TESTED if name in _TESTERS else ValueUse.TAKEN_CARE_OF
        if isinstance(call.callee, MemberExpr):
            found = definition(self._body.type_of(call.callee))
            if found is not None and found.fullname == "builtins.str.format":
                return ValueUse.FORMATTED
        if self._is_coroutine and not inside and refuses(self._body, call, value, *_COROUTINE):
            return ValueUse.MISTYPED
        anything = takes_anything(self._body, call, value, inside=inside)
        return ValueUse.PASSED if anything and self._uses(call, value) else ValueUse.TAKEN_CARE_OF

    def _uses(self, call: CallExpr, argument: Expression) -> bool:
        """Whether a callee uses the argument as a plain value; a project's function can await it."""
        effects = self._body.effects
        function = self._function(call)
        if effects is None:
            name = called_name(self._body, call) or (function.fullname if function else "")
            return name.startswith(_USING_VALUES)
        if function is None:
            return isinstance(call.callee, RefExpr) and not isinstance(call.callee.node, Var)
        if self._body.is_nested(function):
            return self._nested_uses(call, argument, function)
        found = [name for name, given in bind(call, function) if given is argument]
        return any(
            effects.uses_as_value(function, name) for name in found or star_parameters(function)
        )

    def _nested_uses(self, call: CallExpr, argument: Expression, function: FuncDef) -> bool:
        module = self._body.module
        names = [name for name, given in bind(call, function) if given is argument]
        if module is None or not names:
            return False
        used = set(value_parameters(module.body_of(function)))
        return all(name in used for name in names)

    def _function(self, call: CallExpr) -> FuncDef | None:
        """The function that receives a call's arguments; for a class its constructor."""
        functions = [f for f in sync_callees(self._body, call.callee) if isinstance(f, FuncDef)]
        named = named_function(self._body, call.callee)
        return named.function if named else functions[-1] if functions else None


def value_parameters(body: Body) -> Iterator[str]:
    """The parameters of any type that a function only uses as plain values, neither awaited nor kept."""
    signature = body.function.type if isinstance(body.function, FuncDef) else None
    if not isinstance(signature, CallableType):
        return
    declared = dict(zip(signature.arg_names, signature.arg_types, strict=True))
    kinds = zip(signature.arg_names, signature.arg_kinds, strict=True)
    starred = {name for name, kind in kinds if kind in {ARG_STAR, ARG_STAR2}}
    for binding in body.flow.bindings():
        type_ = declared.get(binding.name)
        is_argument = binding.kind is BindingKind.ARGUMENT and not body.flow.is_captured(binding)
        if not is_argument or type_ is None or not holds_anything(type_):
            continue
        uses = body.flow.uses(binding)
        inside = binding.name in starred or not is_anything(type_)
        containers = (_VALUES,) if inside else ()
        ends = [_Tracker(body, use).end(use, containers) for use in uses]
        if ends and all(end.use is not ValueUse.TAKEN_CARE_OF for end in ends):
            yield binding.name


def _field_of(body: Body, call: CallExpr, argument: Expression) -> str | None:
    """The attribute of a new dataclass instance that an argument is stored in, as it came in."""
    info = class_object(body.type_of(call.callee))
    if info is None or "dataclass" not in info.metadata or member(info, POST_INIT):
        return None
    if refuses(body, call, argument, *_COROUTINE):
        return None
    found = member(info, "__init__")
    if found is None or not isinstance(found[1].node, FuncDef):
        return None
    names = [name for name, given in bind(call, found[1].node) if given is argument]
    return names[0] if len(names) == 1 and _is_plain_attribute(info, names[0]) else None


def _makes_plain_object(body: Body, value: Expression, attribute: str) -> bool:
    """Whether an expression makes an object that stores an attribute as it is assigned."""
    info = class_object(body.type_of(value.callee)) if isinstance(value, CallExpr) else None
    return info is not None and _is_plain_attribute(info, attribute)


def _is_plain_attribute(info: TypeInfo, name: str) -> bool:
    found, accepts = member(info, name), member(info, "__setattr__")
    is_plain = found is None or (isinstance(found[1].node, Var) and _is_plain(found[1].node))
    is_objects = accepts is None or accepts[0].fullname == "builtins.object"
    return is_plain and is_objects and not info.fallback_to_any


def _is_plain(variable: Var) -> bool:
    """Whether a variable of a class is no property, and holds no descriptor that takes values."""
    type_ = known(variable.type)
    is_declared = variable.type is not None and not variable.is_inferred
    is_known = type_ is not None or is_declared or not variable.is_initialized_in_class
    return (
        is_known
        and not variable.is_property
        and not any(member(info, "__set__") for info in classes(type_))
    )


def _is_called(body: Body, read: MemberExpr) -> bool:
    call = body.parent(read)
    return isinstance(call, CallExpr) and call.callee is read


def _is_of_another_type(body: Body, target: Expression) -> bool:
    """Whether an attribute is declared with a type that no coroutine has, or is a model's column."""
    if not isinstance(target, MemberExpr):
        return False
    owners = classes(body.type_of(target.expr))
    declared = common_member(owners, target.name)
    if not isinstance(declared, Var) or declared.is_property:
        return False
    if all(is_model(owner) for owner in owners):
        return all(is_column(owner, target.name) for owner in owners)
    accepts = [common_member((owner,), "__setattr__") for owner in owners]
    type_ = None if declared.is_inferred else known(declared.type)
    return (
        all(each is None or each.fullname == "builtins.object.__setattr__" for each in accepts)
        and cannot_hold(type_, *_COROUTINE)
        and not any(member(info, "__set__") for info in classes(type_))
    )


def _container_of(call: CallExpr, *, inside: bool) -> NameExpr | None:
    """The container that a call such as ``jobs.append(run())`` puts its argument into.

    With ``inside`` also one that it puts the items of its argument into: ``jobs.extend(more)``.
    """
    match call:
        case CallExpr(callee=MemberExpr(expr=NameExpr() as container, name=name), args=[_]):
            is_put = name in ADDING_METHODS or (inside and name in _MERGING)
            return container if is_put else None
        case _:
            return None


def _misuse(parent: Node | None, value: Expression) -> ValueUse | None:
    """The wrong use of a value where its result is expected."""
    match parent:
        case IfStmt() | WhileStmt() | AssertStmt() | MatchStmt():
            return ValueUse.TESTED
        case ConditionalExpr() | UnaryExpr(op="not") | OpExpr(op="and" | "or"):
            return ValueUse.TESTED
        case ComparisonExpr():
            index = parent.operands.index(value)
            right_of_in = index > 0 and parent.operators[index - 1] in {"in", "not in"}
            return ValueUse.LOOKED_INTO if right_of_in else ValueUse.COMPARED
        case OpExpr() if _is_formatted(parent, value):
            return ValueUse.FORMATTED
        case _:
            return None


def _looks_into(body: Body, parent: Node | None, value: Expression) -> bool:
    """Whether an attribute, an item or an operator of the result is used."""
    match parent:
        case MemberExpr():
            return not parent.name.startswith(_OF_COROUTINES)
        case IndexExpr():
            return parent.base is value
        case OpExpr(op="and" | "or"):
            return False
        case OpExpr(left=left):
            # The class on the left may take coroutines: ``nursery << run()``.
            infos = classes(body.type_of(left))
            is_plain = bool(infos) and all(is_a(info, *PLAIN_VALUES) for info in infos)
            return (left is value or is_plain) and not _is_formatted(parent, value)
        case OperatorAssignmentStmt(lvalue=changed):
            infos = classes(body.type_of(changed))
            return bool(infos) and all(is_a(info, *PLAIN_VALUES) for info in infos)
        case ForStmt():
            return parent.expr is value
        case _:
            return False


def _is_formatted(parent: Node | None, value: Expression) -> bool:
    match parent:
        case OpExpr(op="%", left=StrExpr(), right=right):
            return right is value
        case _:
            return False
