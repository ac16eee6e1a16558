"""Evaluation: abstract values and conditions of a summary, with a call's arguments put in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from mypy.argmap import map_actuals_to_formals
from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    ArgKind,
    Decorator,
    FuncDef,
    OverloadedFuncDef,
    SymbolNode,
    TypeInfo,
    Var,
)
from mypy.types import AnyType, Type, TypeOfAny, get_proper_type
from mypy.types import Instance as InstanceType

from mypy_async_django.bridge.models import FIELD, MANAGER, QUERYSET, RelationKind, relation
from mypy_async_django.bridge.types import (
    class_of,
    has_made_base,
    is_a,
    is_awaitable,
    known,
    member,
)
from mypy_async_django.catalogue.builtin import EVALUATORS, METHODS
from mypy_async_django.catalogue.lookup import title
from mypy_async_django.catalogue.queries import FROM_ROWS, Gives, query_method
from mypy_async_django.catalogue.row import Api
from mypy_async_django.effects.summary import Names, Summary
from mypy_async_django.index.abstract import (
    ALL,
    CALL,
    CALLED,
    ITEM,
    SLICE,
    UNKNOWN,
    All,
    Arguments,
    Call,
    Chosen,
    ClassObject,
    Closure,
    Condition,
    Created,
    Dispatch,
    Either,
    Entry,
    Follow,
    Function,
    Getter,
    Instance,
    Items,
    Literal,
    Member,
    Not,
    Of,
    OneOf,
    Operation,
    Packed,
    Parameter,
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
from mypy_async_django.index.resolution.callees import (
    CONSTRUCTORS,
    getter,
    sync_function,
)

#: Calls inside one another that a value is followed through.
_DEEPEST: Final = 8
#: Steps from a row of the caller that are followed.
_LONGEST: Final = 6
_OBJECT: Final = "builtins.object"
_BOOLEAN: Final = ("__bool__", "__len__")
_POSITIONAL: Final = ARG_POS.value


class Environment(NamedTuple):
    """What a call passes to a function: values of parameters, and tests that have been passed."""

    values: tuple[tuple[str, Value], ...] = ()
    assumed: tuple[tuple[Test, bool], ...] = ()

    def of(self, name: str) -> Value:
        """The value of a parameter."""
        return next((value for each, value in self.values if each == name), UNKNOWN)


NO_ENVIRONMENT: Final = Environment()


class Target(NamedTuple):
    """A function that runs: its full name, its summary, and what it is given."""

    name: str
    summary: Summary
    environment: Environment
    is_nested: bool = False


class Need(NamedTuple):
    """An access path from a row of the caller that is followed, the row's key first."""

    path: Names


class Evaluator:
    """Evaluates values; ``summary_named`` returns summaries, ``class_named`` classes.

    ``api`` gives the catalogue's rows, ``function_named`` what a module's name stands for.
    ``strict`` says that relations of unknown rows count as not loaded.
    """

    def __init__(
        self,
        summary_named: Callable[[str], Summary],
        class_named: Callable[[str], TypeInfo | None],
        api: Callable[[str], Api | None],
        function_named: Callable[[str], SymbolNode | None],
        *,
        strict: bool = False,
    ) -> None:
        self._summary_named = summary_named
        self._class_named = class_named
        self._api = api
        self._function_named = function_named
        self._strict = strict
        self._depth = 0

    # Conditions

    def holds(self, condition: Condition, environment: Environment) -> bool | None:
        """Whether a condition holds; None if that is not known."""
        match condition:
            case Not(condition=inner):
                found = self.holds(inner, environment)
                return None if found is None else not found
            case All(conditions=conditions):
                answers = [self.holds(each, environment) for each in conditions]
                return False if False in answers else None if None in answers else True
            case Either(conditions=conditions):
                answers = [self.holds(each, environment) for each in conditions]
                return True if True in answers else None if None in answers else False
            case Test():
                return self._tested(condition, environment)
            case _:
                return True

    def _tested(self, test: Test, environment: Environment) -> bool | None:
        for assumed, is_true in environment.assumed:
            if assumed == test:
                return is_true
        value = self.value(test.value, environment)
        match test.kind:
            case "none":
                return self._is_none(value)
            case "true":
                return self._is_true(value)
            case "equals":
                if not isinstance(value, Literal):
                    is_other = self._is_none(value) is False and _none_only(test.operands)
                    return False if is_other else None
                return value in test.operands
            case "instance":
                return self._is_instance(value, test.operands)
            case "coroutine function":
                return self._is_coroutine_function(value)
            case "callable":
                return True if isinstance(value, Function | Closure | Partial) else None
            case _:
                return None

    def _is_none(self, value: Value) -> bool | None:
        match value:
            case Literal():
                return value.is_none
            case Instance(may_be_none=may_be):
                return None if may_be else False
            case Items() | Created() | ClassObject() | Function() | Closure() | Partial():
                return False
            case _:
                return None

    def _is_true(self, value: Value) -> bool | None:
        match value:
            case Literal():
                return value.is_true
            case Items(is_empty=is_empty):
                return None if is_empty is None else not is_empty
            case ClassObject() | Function() | Closure() | Partial():
                return True
            case Created(class_=name) | Instance(class_=name, may_be_none=False):
                info = self._class_named(name)
                is_plain = (
                    info is not None
                    and not info.fallback_to_any
                    and not any(member(info, each) for each in _BOOLEAN)
                )
                is_builtin = name.startswith("builtins.") or name == _OBJECT
                return True if is_plain and not is_builtin else None
            case _:
                return None

    def _is_instance(self, value: Value, classes: Iterable[Value | str]) -> bool | None:
        match value:
            case Literal(kind=name) | Created(class_=name):
                is_exact = True
            case Instance(class_=name, may_be_none=False):
                is_exact = False
            case _:
                return None
        info = self._class_named(name)
        if value == Literal("None", "None"):
            return False
        if info is None or info.fallback_to_any:
            return None
        others = [self._class_named(str(each)) for each in classes]
        if not all(others):
            return None
        if any(other in info.mro for other in others):
            return True
        may_be = [other for other in others if other and (info in other.mro or other.is_protocol)]
        return None if may_be and not is_exact else False

    def _is_coroutine_function(self, value: Value) -> bool | None:
        match value:
            case Function(name=name):
                owner, _, method = name.rpartition(".")
                info = self._class_named(owner)
                found = member(info, method) if info else None
                node = found[1].node if found else self._function_named(name)
                return node.is_coroutine if isinstance(node, FuncDef) else None
            case Closure():
                return False
            case _:
                return None

    # Values

    def value(self, value: Value, environment: Environment) -> Value:
        """A value with the arguments put in; what remains open is ``UNKNOWN``."""
        if self._depth > _DEEPEST:
            return UNKNOWN
        self._depth += 1
        try:
            return self._value(value, environment)
        finally:
            self._depth -= 1

    def _value(self, value: Value, environment: Environment) -> Value:
        match value:
            case Of(path=(name, *steps), declared=declared):
                found = environment.of(name)
                if not steps and found is UNKNOWN:
                    return self.value(declared, environment)
                for step in steps:
                    found = self.step(found, step)
                return self._narrower(found, declared)
            case Member(owner=owner, step=step, declared=declared):
                return self._narrower(self.step(self.value(owner, environment), step), declared)
            case Entry(owner=owner, key=key):
                step = step_to(self.value(key, environment))
                return self.step(self.value(owner, environment), step)
            case Variable(name=name):
                return self.value(self._summary_named(name).returns, NO_ENVIRONMENT)
            case Closure(captured=()):
                summary: Summary = value.summary
                own = {parameter.name for parameter in summary.parameters}
                captured = tuple(each for each in environment.values if each[0] not in own)
                return Closure(value.name, summary, captured)
            case Function(receiver=Value() as receiver):
                return replace(value, receiver=self.value(receiver, environment))
            case Partial(function=function, arguments=arguments):
                return Partial(
                    self.value(function, environment), self.arguments(arguments, environment)
                )
            case Created(class_=name, arguments=arguments):
                return Created(name, self.arguments(arguments, environment))
            case OneOf(values=values):
                return OneOf(tuple((key, self.value(each, environment)) for key, each in values))
            case Chosen(values=values):
                left = [each for when, each in values if self.holds(when, environment) is not False]
                return either(self.value(each, environment) for each in left)
            case Items(item=item, is_empty=is_empty):
                return Items(self.value(item, environment), is_empty)
            case ResultOf(function=function, arguments=arguments, declared=declared):
                found = self.result(
                    self.value(function, environment), self.arguments(arguments, environment)
                )
                return self._narrower(found, declared)
            case _:
                return value

    def _narrower(self, found: Value, declared: Value) -> Value:
        """A value, or what is declared of it where that tells more."""
        if found is UNKNOWN:
            return declared if not isinstance(declared, Of | Member) else UNKNOWN
        return found

    def arguments(self, arguments: Arguments, environment: Environment) -> Arguments:
        """Arguments with their values put in; those that are packed in ``*args`` stay as they are."""
        found: list[Passed] = []
        for argument in arguments:
            value = self.value(argument.value, environment)
            is_star = ArgKind(argument.kind) in {ARG_STAR, ARG_STAR2}
            if is_star and isinstance(value, Packed):
                found += value.arguments
            else:
                found.append(Passed(argument.kind, argument.name, value))
        return tuple(found)

    def step(self, owner: Value, step: str) -> Value:
        """What one step of an access path from a value leads to."""
        if step.endswith("*"):
            return self._beginning_with(owner, step[:-1])
        match owner:
            case Items() if step == SLICE:
                return owner
            case Instance(class_=name) if step == SLICE:
                info = self._class_named(name)
                return owner if info is not None and is_a(info, QUERYSET) else UNKNOWN
            case Packed(arguments=arguments) if step == ITEM:
                return either(each.value for each in arguments if each.name is None)
            case OneOf(values=values) if step.startswith("[") or step == f"get{CALLED}":
                return next((value for key, value in values if key == step), owner)
            case Items(item=item) if step.startswith("["):
                return item
            case Instance(item=item) if step == ITEM and item is not UNKNOWN:
                return _reached(owner, step, item)
            case Instance(kept=kept) if step in dict(kept):
                return dict(kept)[step]
            case Instance() | Created() | ClassObject():
                info = self._class_named(owner.class_)
                found = self._member(owner, info, step) if info is not None else UNKNOWN
                return _reached(owner, step, found) if isinstance(owner, Instance) else found
            case _:
                return UNKNOWN

    def _member(self, owner: Value, info: TypeInfo, step: str) -> Value:
        if isinstance(owner, Created) and (kept := self._kept(owner, info, step)) is not UNKNOWN:
            return kept
        if isinstance(owner, Instance) and isinstance(
            made := self._kept(owner, info, step), Created | Instance | Function
        ):
            return made
        name = step.removesuffix(CALLED)
        is_called = name != step
        if is_called and is_a(info, QUERYSET, MANAGER):
            return self._chained(owner, name)
        found = member(info, name)
        if found is None:
            return UNKNOWN
        node = found[1].node
        match node:
            case Var():
                value = self._attribute(owner, info, name, node)
            case FuncDef() | Decorator() | OverloadedFuncDef():
                property_ = getter(node)
                value = Function(node.fullname, self._bound(owner, info, node))
                if property_ is not None and not is_called:
                    return self.result(Function(property_.fullname, owner), ())
            case _:
                return UNKNOWN
        return self.result(value, ()) if is_called else value

    def _bound(self, owner: Value, info: TypeInfo, node: SymbolNode | None) -> Value | None:
        """What a method that is looked up on a value gets as its first argument."""
        function = node.func if isinstance(node, Decorator) else node
        function = function.impl if isinstance(function, OverloadedFuncDef) else function
        function = function.func if isinstance(function, Decorator) else function
        if not isinstance(function, FuncDef) or function.is_static:
            return None
        if function.is_class:
            return owner if isinstance(owner, ClassObject) else ClassObject(info.fullname)
        return None if isinstance(owner, ClassObject) else owner

    def _attribute(self, owner: Value, info: TypeInfo, name: str, variable: Var) -> Value:
        if isinstance(owner, Created | ClassObject) and variable.is_initialized_in_class:
            constant = self.value(Variable(variable.fullname), NO_ENVIRONMENT)
            if isinstance(constant, Literal):
                return constant
        related = relation(info, name)
        type_ = get_proper_type(variable.type) if variable.type is not None else None
        of = class_of(known(type_))
        if isinstance(type_, InstanceType) and has_made_base(type_.type):
            of = self._class_named(type_.type.fullname)
        if of is None:
            return Variable(variable.fullname) if variable.is_initialized_in_class else UNKNOWN
        target = related.target.fullname if related is not None and related.target else ""
        if related is None:
            return UNKNOWN if is_a(of, FIELD) else Instance(of.fullname)
        row = Instance(target) if target else UNKNOWN
        if related.kind is RelationKind.MANY:
            return Instance(MANAGER, item=row, is_loaded=None)
        return row

    def _chained(self, owner: Value, method: str) -> Value:
        if method == "none":
            return Items(UNKNOWN, is_empty=True)
        item = owner.item if isinstance(owner, Instance) else UNKNOWN
        is_loaded = owner.is_loaded if isinstance(owner, Instance) and method == "all" else False
        if query_method(method).gives is Gives.QUERYSET:
            return Instance(QUERYSET, item=item, is_loaded=is_loaded)
        return UNKNOWN

    def _beginning_with(self, owner: Value, prefix: str) -> Value:
        if not prefix or not isinstance(owner, Instance | Created | ClassObject):
            return UNKNOWN
        info = self._class_named(owner.class_)
        names = dict.fromkeys(
            name
            for base in (info.mro if info else ())
            for name in base.names
            if name.startswith(prefix)
        )
        return OneOf(tuple((name, self.step(owner, name)) for name in names))

    def _kept(self, owner: Created | Instance, info: TypeInfo, attribute: str) -> Value:
        """What the constructor of an object keeps in an attribute.

        Of an object whose constructor call is not seen, what it keeps where it is passed nothing.
        """
        target = self._constructor(owner, info)
        for _ in range(len(info.mro)):
            if target is None:
                return UNKNOWN
            for name, value in target.summary.stores:
                if name == attribute:
                    return self.value(value, target.environment)
            target = self._base_constructor(target)
        return UNKNOWN

    def _constructor(self, owner: Created | Instance, info: TypeInfo) -> Target | None:
        is_tuple = any(base.is_named_tuple for base in info.mro)
        found = member(info, "__new__" if is_tuple else "__init__")
        if found is None or not isinstance(found[1].node, FuncDef):
            return None
        function = found[1].node
        is_generated = found[1].plugin_generated or is_tuple
        if isinstance(owner, Instance):
            return None if is_generated else self.target(function.fullname, owner, ())
        if is_generated:
            return self._generated(owner, function)
        return self.target(function.fullname, owner, owner.arguments)

    def _generated(self, owner: Created, function: FuncDef) -> Target:
        """The constructor of a dataclass or named tuple: each argument is kept under its name."""
        parameters = tuple(
            Parameter(name or "", kind.value)
            for name, kind in zip(function.arg_names, function.arg_kinds, strict=True)
        )
        stores = tuple((each.name, Of((each.name,))) for each in parameters[1:])
        summary = Summary(parameters=parameters, stores=stores)
        return self._given(function.fullname, summary, owner, owner.arguments)

    def _base_constructor(self, target: Target) -> Target | None:
        """The ``__init__`` of a base class that a constructor calls."""
        for action in target.summary.actions:
            match action.does:
                case Call(function=name, arguments=arguments) if (
                    name != target.name and name.endswith(".__init__")
                ):
                    passed = self.arguments(arguments, target.environment)
                    return self.target(name, target.environment.of("self"), passed)
                case _:
                    pass
        return None

    def result(self, function: Value, arguments: Arguments) -> Value:
        """What calling a value returns."""
        if self._depth > _DEEPEST:
            return UNKNOWN
        if isinstance(function, ClassObject):
            return Created(function.class_, arguments)
        found = [each for each in self.run(function, arguments) if isinstance(each, Target)]
        if len(found) != 1:
            return UNKNOWN
        return self.value(found[0].summary.returns, found[0].environment)

    # Targets

    def target(self, name: str, receiver: Value | None, arguments: Arguments) -> Target:
        """A named function with what it is given."""
        return self._given(name, self._summary_named(name), receiver, arguments)

    def _given(
        self, name: str, summary: Summary, receiver: Value | None, arguments: Arguments
    ) -> Target:
        values = bound(summary.parameters, with_receiver(receiver, arguments))
        return Target(name, summary, Environment(tuple(values.items())))

    def run(self, function: Value, arguments: Arguments) -> Iterator[Target | Operation]:
        """What calling a value runs."""
        match function:
            case Performs(effect=effect, title=name):
                yield Operation(effect, name)
            case Function(name=name, receiver=receiver):
                yield from self._run_named(name, receiver, arguments)
            case Closure(name=name, summary=summary, captured=captured):
                own = bound(summary.parameters, arguments)
                values = {**dict(captured), **own}
                yield Target(name, summary, Environment(tuple(values.items())), is_nested=True)
            case Partial(function=inner, arguments=first):
                yield from self.run(inner, (*first, *arguments))
            case OneOf(values=values):
                for _, each in values:
                    yield from self.run(each, arguments)
            case Getter(paths=paths) if arguments:
                for path in paths:
                    yield from self._follow(arguments[0].value, path)
            case ClassObject(class_=name):
                yield from self._construct(name, arguments)
            case Instance() | Created():
                yield from self.use(Dispatch(function, CALL), arguments)
            case _:
                pass

    def _run_named(
        self, name: str, receiver: Value | None, arguments: Arguments
    ) -> Iterator[Target | Operation]:
        api = self._api(name)
        if api is not None:
            if _is_certain(api, arguments):
                yield Operation(api.effect, title(api))
        elif name in EVALUATORS and arguments:
            use = Dispatch(arguments[0].value, METHODS[EVALUATORS[name].use])
            yield from self.use(use, ())
        else:
            yield self.target(name, receiver, arguments)

    def _construct(self, name: str, arguments: Arguments) -> Iterator[Target | Operation]:
        api, info = self._api(name), self._class_named(name)
        if api is not None or name in EVALUATORS:
            yield from self._run_named(name, None, arguments)
            return
        made = Created(name, arguments)
        for method in (*CONSTRUCTORS, "__post_init__"):
            found = member(info, method) if info is not None else None
            node = found[1].node if found else None
            if found and isinstance(node, FuncDef) and not found[1].plugin_generated:
                is_own = method != "__post_init__"
                yield self.target(node.fullname, made, arguments if is_own else ())

    def _follow(self, value: Value, path: Names) -> Iterator[Target | Operation]:
        for step in path:
            name = step.removesuffix(CALLED)
            yield from self.use(Dispatch(value, (name,), is_read=name == step), ())
            value = self.step(value, step)

    def follow(self, follow: Follow, environment: Environment) -> Iterator[Need]:
        """What is followed of a row of the caller."""
        value = self.value(follow.value, environment)
        for each in (each for _, each in value.values) if isinstance(value, OneOf) else (value,):
            if isinstance(each, Instance) and each.given:
                yield Need((*each.given, follow.name))

    def use(self, use: Dispatch, arguments: Arguments) -> Iterator[Target | Operation]:
        """What the class of a value runs; the value has its arguments put in."""
        value = use.value
        if use.names == CALL and not isinstance(value, Instance | Created):
            yield from self.run(value, arguments)
            return
        match value:
            case OneOf(values=values):
                for _, each in values:
                    yield from self.use(Dispatch(each, use.names, (), use.is_read), arguments)
            case Instance() | Created() | ClassObject():
                info = self._class_named(value.class_)
                if info is not None:
                    yield from self._of_class(value, info, use, arguments)
            case _:
                pass

    def _of_class(
        self, value: Value, info: TypeInfo, use: Dispatch, arguments: Arguments
    ) -> Iterator[Target | Operation]:
        if isinstance(value, ClassObject) and use.names[0].startswith("__"):
            return  # the metaclass's business
        if self._is_in_memory(value, use):
            return
        if isinstance(value, Created) and len(use.names) == 1:
            kept = self._kept(value, info, use.names[0])
            if kept is not UNKNOWN:
                yield from () if use.is_read else self.run(kept, arguments)
                return
        for base in info.mro:
            for name in use.names:
                api = self._api(f"{base.fullname}.{name}")
                if api is not None:
                    if _is_certain(api, arguments):
                        yield Operation(api.effect, title(api))
                    return
                symbol = base.names.get(name)
                if symbol is None or symbol.plugin_generated or base.fullname == _OBJECT:
                    continue
                yield from self._of_node(value, info, symbol.node, use, arguments)
                return

    def _of_node(
        self,
        value: Value,
        info: TypeInfo,
        node: SymbolNode | None,
        use: Dispatch,
        arguments: Arguments,
    ) -> Iterator[Target | Operation]:
        property_ = getter(node)
        if property_ is not None:
            if use.is_read:
                yield self.target(property_.fullname, value, ())
            return
        if use.is_read:
            return
        if isinstance(node, Var):
            yield from self.run(self._attribute(value, info, node.name, node), arguments)
            return
        function = sync_function(node) or _untyped(node)
        if function is not None and not function.is_generator:
            yield self.target(function.fullname, self._bound(value, info, function), arguments)

    def _is_in_memory(self, value: Value, use: Dispatch) -> bool:
        """Whether a queryset, or related manager, may have the rows that a use needs in memory."""
        if not isinstance(value, Instance) or not FROM_ROWS.intersection(use.names):
            return False
        if value.given and (value.given[-1] == ALL or not value.given[-1].endswith(CALLED)):
            return True  # the caller knows
        return value.is_loaded is None or value.is_loaded

    def exact(self, function: str, receiver: Value) -> str:
        """The override of a method that runs for the class of its receiver."""
        owner, _, name = function.rpartition(".")
        if not isinstance(receiver, Instance | Created):
            return function
        info, base = self._class_named(receiver.class_), self._class_named(owner)
        if info is None or base is None or info is base or base not in info.mro:
            return function
        found = member(info, name)
        node = found[1].node if found else None
        method = getter(node) or sync_function(node) or _untyped(node)
        return method.fullname if method is not None else function


def with_receiver(receiver: Value | None, arguments: Arguments) -> Arguments:
    """The arguments of a method, its receiver first if it has one."""
    return arguments if receiver is None else (Passed(_POSITIONAL, None, receiver), *arguments)


def bound(parameters: Sequence[Parameter], arguments: Arguments) -> dict[str, Value]:
    """The values of parameters, for the arguments of a call."""
    kinds = [ArgKind(each.kind) for each in arguments]
    names = [each.name for each in arguments]
    formals = [ArgKind(each.kind) for each in parameters]
    mapping = map_actuals_to_formals(
        kinds, names, formals, [each.name for each in parameters], _unknown
    )
    found: dict[str, Value] = {}
    is_open = any(kind.is_star() for kind in kinds)
    for parameter, kind, indices in zip(parameters, formals, mapping, strict=True):
        if kind.is_star():
            found[parameter.name] = Packed(tuple(arguments[index] for index in indices))
        elif len(indices) == 1 and not kinds[indices[0]].is_star():
            found[parameter.name] = arguments[indices[0]].value
        elif not indices and parameter.default is not None and not is_open:
            found[parameter.name] = parameter.default
    return found


def _reached(owner: Instance, step: str, found: Value) -> Value:
    """What is reached from a row of the caller, with the way there."""
    if not owner.given or len(owner.given) > _LONGEST:
        return found
    match found:
        case Instance(given=()):
            return replace(found, given=(*owner.given, step))
        case Value() if found is UNKNOWN:
            return Instance("", may_be_none=True, given=(*owner.given, step))
        case _:
            return found


def _unknown(index: int) -> Type:
    return AnyType(TypeOfAny.unannotated)


def _is_certain(api: Api, arguments: Arguments) -> bool:
    """Whether a call has the effect of a row, as far as its arguments tell."""
    if api.when or api.first_use_only or api.guarded_by or api.harmless_if_new:
        return False
    for wanted in (api.unless or "").split():
        key, _, _ = wanted.partition("=")
        if any(key == (each.name or str(index)) for index, each in enumerate(arguments)):
            return False
    return True


def _untyped(node: SymbolNode | None) -> FuncDef | None:
    """The sync function behind decorators that have no types: its summary says what they do."""
    if not isinstance(node, Decorator) or node.func.is_coroutine or node.var.is_property:
        return None
    if node.func.abstract_status:
        return None
    return None if is_awaitable(known(node.var.type)) else node.func


def _none_only(operands: Sequence[Value | str]) -> bool:
    return all(isinstance(each, Literal) and each.is_none for each in operands)
