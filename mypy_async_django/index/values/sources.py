"""Where values come from: the queries, arguments and calls at the start of what an expression has.

A question is an expression with an access path into its value. It is answered backwards, from the
use to the sources, over assignments, displays, comprehensions, stores into containers and calls.
Questions that depend on each other, as in a loop, are answered together, by a worklist: no answer
depends on which question came first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    AssertTypeExpr,
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    BytesExpr,
    CallExpr,
    CastExpr,
    ComparisonExpr,
    ConditionalExpr,
    DictExpr,
    DictionaryComprehension,
    Expression,
    FloatExpr,
    FuncDef,
    GeneratorExpr,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    NonlocalDecl,
    OperatorAssignmentStmt,
    OpExpr,
    RefExpr,
    SetComprehension,
    SetExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    SuperExpr,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
)
from mypy.types import Instance, NoneType, ProperType, get_proper_type

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    RELATED_MANAGERS,
    RelationKind,
    is_django_method,
    is_model,
    may_hold_rows,
    model_class,
    relation,
)
from mypy_async_django.bridge.tree import is_none, walk
from mypy_async_django.bridge.types import (
    all_are,
    alternatives,
    class_object,
    class_of,
    classes,
    common_member,
    is_a,
    known,
    may_be_none,
    member,
)
from mypy_async_django.catalogue.django import REQUEST
from mypy_async_django.catalogue.queries import METHODS, OWN_ROWS, SHORTCUTS, Gives, QueryMethod
from mypy_async_django.catalogue.transfers import STORING, Transfer, transfers
from mypy_async_django.index.inference.expressions import arrival
from mypy_async_django.index.paths import (
    ANY,
    AWAITED,
    CALLED,
    ITEM,
    LONGEST,
    At,
    Attribute,
    Awaited,
    Called,
    Item,
    Path,
    after,
    written,
)
from mypy_async_django.index.queries import (
    Derived,
    Kind,
    Query,
    Result,
    Row,
    Step,
    built,
    joined,
)
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.callees import (
    getter,
    named_function,
)
from mypy_async_django.index.resolution.mocks import replaced_names
from mypy_async_django.index.resolution.offloading import offloaded_by
from mypy_async_django.index.syntax.bindings import STAR, Binding, BindingKind, in_order
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import called_name, owners
from mypy_async_django.index.values.escapes import has_escaped, leaves_relations
from mypy_async_django.index.values.inner_functions import received
from mypy_async_django.index.values.library_calls import arguments_of, transfers_of

#: Sources of one value that are kept apart; more count as unknown.
_MOST: Final = 16
#: Bindings of one name that are followed; where more reach a use, its value counts as unknown.
_MOST_BINDINGS: Final = 32
#: Evaluations of one question before its answer counts as unknown.
_MOST_ROUNDS: Final = 40
#: Where classes come from whose objects keep no rows in attributes.
_LIBRARIES: Final = ("_asyncio.", "asyncio.", "builtins.", "collections.", "django.", "typing.")
_CHOOSING: Final = ("exclude", "filter")
_GET_QUERYSET: Final = "get_queryset"
_DEFAULTS: Final = frozenset({"create_defaults", "defaults"})

Giver: TypeAlias = FuncDef | Var
"""The origin of a value: a function, or a variable of an object that holds one."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a parameter of the body receives, query methods called on it and a path from there."""

    parameter: str
    path: Path = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """What a function of the project returns, of which no more is known here."""

    giver: Giver
    path: Path = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class InMemory:
    """A queryset that a function gave, and iterated before or may have."""


@dataclass(frozen=True, slots=True)
class Made:
    """A container or object that a function of the project made, by the name of its class."""

    class_: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A source that cannot be seen: what is at a path into an expression's value."""

    site: Expression | None = None
    path: Path = ()


Source: TypeAlias = Row | Query | Argument | Returned | InMemory | Made | Unknown
_UNKNOWN: Final = Unknown()
_LIST: Final = Made("builtins.list")
_Values: TypeAlias = dict[Source, None]
_Question: TypeAlias = tuple[Expression, Path]


class Sources(NamedTuple):
    """The sources of a value, in source order, and those that cannot be seen; None is none."""

    items: tuple[Source, ...]
    unknown: tuple[Unknown, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the value comes from nowhere else."""
        return not self.unknown

    @property
    def is_container(self) -> bool:
        """Whether no source is a row or queryset itself: rows may be inside."""
        return all(isinstance(item, Made) for item in self.items)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The model instances that the value may be; empty where it may be anything else."""
        rows = tuple(item for item in self.items if isinstance(item, Row))
        return rows if self.is_complete and len(rows) == len(self.items) else ()

    @property
    def queries(self) -> tuple[Query, ...]:
        """The querysets that the value may be; empty where it may be anything else."""
        queries = tuple(item for item in self.items if isinstance(item, Query))
        return queries if self.is_complete and len(queries) == len(self.items) else ()


def sources(body: Body, expression: Expression, path: Path = ()) -> Sources:
    """The sources of what is at a path into an expression's value."""
    return _solver(body.unaided).solve(expression, path)


@once
def _solver(body: Body) -> "_Solver":
    return _Solver(body)


@once
def _rebinding(body: Body) -> Mapping[str, Sequence[Node]]:
    """The statements of functions inside that bind a name of the body."""
    found: dict[str, list[Node]] = defaultdict(list)
    for function in body.every(FuncDef):
        inside = list(walk(function))
        names = {name for node in inside if isinstance(node, NonlocalDecl) for name in node.names}
        for node in inside if names else ():
            for target in _targets(node):
                if target.name in names:
                    found[target.name].append(node)
    return found


class _Store(NamedTuple):
    """``node`` stores a value, or what a path into it leads to, at a path into a root object."""

    node: Node
    root: NameExpr
    target: Path
    value: Expression
    path: Path


class _Solver:
    """Answers questions about one body, and keeps the answers."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._values: dict[_Question, _Values] = {}
        self._settled: dict[_Question, Sources] = {}
        self._users: dict[_Question, set[_Question]] = defaultdict(set)
        self._rounds: dict[_Question, int] = defaultdict(int)
        self._pending: list[_Question] = []
        self._current: _Question | None = None

    def solve(self, expression: Expression, path: Path) -> Sources:
        """The sources at the end of all edges."""
        question = expression, path
        if question in self._settled:
            return self._settled[question]
        is_whole = self._current is None
        found = self._solve(expression, path)
        if is_whole:
            self._settled[question] = found
        return found

    def _solve(self, expression: Expression, path: Path) -> Sources:
        self._ask(expression, path)
        while self._pending:
            question = self._current = self._pending.pop()
            self._rounds[question] += 1
            before = self._values[question]
            found = [*before, *self._evaluate(*question)]
            if self._rounds[question] > _MOST_ROUNDS:
                found = [_UNKNOWN]  # the answers do not settle
            values = _joined(Unknown(*question) if each == _UNKNOWN else each for each in found)
            if values.keys() != before.keys():
                self._values[question] = values
                self._pending += self._users[question]
        self._current = None
        values = self._ask(expression, path)
        seen = [value for value in values if not isinstance(value, Unknown)]
        unseen = [value for value in values if isinstance(value, Unknown)]
        return Sources(tuple(sorted(seen, key=_position)), tuple(unseen))

    def _ask(self, expression: Expression, path: Path) -> _Values:
        """What is known so far of a value that the current question depends on."""
        if len(path) > LONGEST:
            return {_UNKNOWN: None}
        question = expression, path
        if self._current is not None:
            self._users[question].add(self._current)
        if question not in self._values:
            self._values[question] = {}
            self._pending.append(question)
        return self._values[question]

    def _evaluate(self, expression: Expression, path: Path) -> Iterator[Source]:
        match expression:
            case NameExpr():
                if not is_none(expression):
                    yield from self._name(expression, path)
            case AwaitExpr():
                yield from self._ask(expression.expr, (AWAITED, *path))
            case CallExpr():
                yield from self._call(expression, expression, path)
            case MemberExpr():
                yield from self._attribute(expression, path)
            case IndexExpr():
                yield from self._subscript(expression, path)
            case ConditionalExpr():
                yield from self._ask(expression.if_expr, path)
                yield from self._ask(expression.else_expr, path)
            case AssignmentExpr():
                yield from self._ask(expression.value, path)
            case CastExpr() | AssertTypeExpr():
                yield from self._ask(expression.expr, path)
            case OpExpr():
                yield from self._operation(expression, path)
            case ListComprehension() | SetComprehension():
                yield from self._ask(expression.generator, path)
            case _:
                yield from self._display(expression, path)

    # Names

    def _name(self, name: NameExpr, path: Path) -> Iterator[Source]:
        body = self._binder(name)
        if body is None:
            yield from self._elsewhere(name, path)
            return
        bindings = in_order(body.flow.reaching(name))
        if not bindings or len(bindings) > _MOST_BINDINGS:
            yield _UNKNOWN
            return
        for binding in bindings:
            yield from self._bound(binding, path, name)
        if any(body.flow.is_captured(binding) for binding in bindings):
            yield from self._bound_inside(body, name, path)
        if path:
            yield from self._stored(name, path)

    def _is_bound_to_value(self, name: NameExpr) -> bool:
        """Whether a name is a local variable that code assigns: no function's own name."""
        body = self._binder(name)
        bindings = body.flow.reaching(name) if body is not None else ()
        return bool(bindings) and all(
            binding.kind in {BindingKind.ASSIGN, BindingKind.WALRUS} for binding in bindings
        )

    def _binder(self, name: NameExpr) -> Body | None:
        """The body whose variable a name means: this one, or that of the function around it."""
        body: Body | None = self._body
        while body is not None and not body.flow.is_local(name):
            body = body.around
        return body

    def _elsewhere(self, name: NameExpr, path: Path) -> Iterator[Source]:
        """The sources of a name of the module, or of another one."""
        if path[:1] == (CALLED,) and (named := named_function(self._body, name)):
            yield from self._run(named.function, named.is_awaited, None, name, path[1:])
        else:
            yield _UNKNOWN

    def _bound(self, binding: Binding, path: Path, use: NameExpr | None = None) -> Iterator[Source]:
        value, inside = binding.value, _unpacked(binding.path)
        match binding.kind:
            case BindingKind.ARGUMENT:
                if use is not None and self._is_assigned_before(use, path):
                    return
                given = received(self._body, binding) if self._body.around is not None else None
                if given is None:
                    yield Argument(binding.name, path)
                for handed in given or ():
                    yield from self._ask(handed.value, (*handed.path, *path))
            case BindingKind.DELETE:
                return
            case _ if value is None:
                yield _UNKNOWN
            case BindingKind.ASSIGN | BindingKind.WALRUS | BindingKind.PATTERN:
                yield from self._taken(value, inside, binding.path, path)
            case (
                BindingKind.FOR
                | BindingKind.COMPREHENSION
                | BindingKind.ASYNC_FOR
                | BindingKind.ASYNC_COMPREHENSION
            ):
                yield from self._taken(value, (ITEM, *inside), binding.path, path)
            case BindingKind.AUGMENTED:
                before = (
                    binding.node.lvalue
                    if isinstance(binding.node, OperatorAssignmentStmt)
                    else value
                )
                yield from self._ask(before, path)
                yield from self._ask(value, path)
            case _:
                yield _UNKNOWN

    def _taken(
        self, value: Expression, inside: Path, places: tuple[int, ...], path: Path
    ) -> Iterator[Source]:
        """What unpacking takes; a starred target gets a list of what is left."""
        if places[-1:] != (STAR,):
            yield from self._ask(value, (*inside, *path))
        elif path and after(path[:1], (ITEM,)) is not None:
            yield from self._ask(value, (*inside[:-1], ITEM, *path[1:]))

    def _bound_inside(self, body: Body, name: NameExpr, path: Path) -> Iterator[Source]:
        """The values that inner functions assign to a variable that they declare ``nonlocal``."""
        for node in _rebinding(body).get(name.name, ()):
            match node:
                case AssignmentStmt(lvalues=[NameExpr(name=target)]) if target == name.name:
                    yield from self._ask(node.rvalue, path)
                case _:
                    yield _UNKNOWN

    # Stores

    def _stored(self, name: NameExpr, path: Path) -> Iterator[Source]:
        """What is put into the object behind a name before it is used there."""
        body = self._body
        for store in self._stores:
            if store.root is name or store.target[:1] == () or not self._is_same(store.root, name):
                continue
            rest = after(path, store.target)
            if rest is not None and body.flow.reaches(store.node, name):
                yield from self._ask(store.value, (*store.path, *rest))
        if not isinstance(path[0], Awaited | Called) and has_escaped(body, name, name):
            yield _UNKNOWN

    def _is_assigned_before(self, name: NameExpr, path: Path) -> bool:
        """Whether the body sets an attribute of a parameter on all paths through it.

        Not if a method of the same object runs in between: that may assign it again.
        """
        if not path or not isinstance(path[0], Attribute) or self._binder(name) is not self._body:
            return False
        flow = self._body.flow
        stores = [
            store
            for store in self._stores
            if store.target == path[:1] and self._is_same(store.root, name)
        ]
        if not stores or flow.reaches(
            self._body.function, name, avoiding=[store.node for store in stores]
        ):
            return False
        return not any(
            flow.reaches(store.node, call) and flow.reaches(call, name)
            for call in self._body.every(CallExpr)
            for used in (
                call.callee.expr if isinstance(call.callee, MemberExpr) else None,
                *call.args,
            )
            if isinstance(used, NameExpr) and used.name == name.name
            for store in stores
        )

    def _is_same(self, one: NameExpr, other: NameExpr) -> bool:
        return bool(self._body.definition_sites(one) & self._body.definition_sites(other))

    @cached_property
    def _stores(self) -> Sequence[_Store]:
        return tuple(self._each_store())

    def _each_store(self) -> Iterator[_Store]:
        for node in self._body.every(AssignmentStmt):
            for target in node.lvalues:
                yield from self._assigned(node, target, node.rvalue)
        for change in self._body.every(OperatorAssignmentStmt):
            yield from self._assigned(change, change.lvalue, change.rvalue)
        for call in self._body.every(CallExpr):
            if isinstance(call.callee, MemberExpr | NameExpr) and call.callee.name in STORING:
                yield from self._put(call)

    def _put(self, call: CallExpr) -> Iterator[_Store]:
        """What a library function stores in its receiver, or in its first argument."""
        for row in transfers_of(self._body, call):
            if not row.stored_in:
                continue
            whole = call.args[0] if row.stored_in == "0" else getattr(call.callee, "expr", None)
            if whole is None or not (located := self._located(whole)):
                continue
            root, prefix = located
            for value, path, position in arguments_of(call, row.argument):
                inside = (*prefix, *written(row.target, position))
                yield _Store(call, root, inside, value, (*path, *written(row.source)))

    def _assigned(self, node: Node, target: Expression, value: Expression) -> Iterator[_Store]:
        match target, value:
            case TupleExpr() | ListExpr(), TupleExpr() | ListExpr() if len(target.items) == len(
                value.items
            ):
                for inner, given in zip(target.items, value.items, strict=True):
                    yield from self._assigned(node, inner, given)
            case MemberExpr(), _:
                if located := self._located(target):
                    yield _Store(node, *located, value, ())
            case IndexExpr(index=SliceExpr()), _:
                if located := self._located(target.base):
                    yield _Store(node, located[0], (*located[1], ITEM), value, (ITEM,))
            case IndexExpr(), _:
                if located := self._located(target):
                    yield _Store(node, *located, value, ())
            case _:
                pass

    def _located(self, expression: Expression) -> tuple[NameExpr, Path] | None:
        """The local name that an expression starts from, and the path from there."""
        steps: list[At | Attribute] = []
        seen: set[Expression] = set()
        while expression not in seen and len(steps) <= LONGEST:
            seen.add(expression)
            match expression:
                case NameExpr():
                    if not self._body.flow.is_local(expression):
                        return None
                    values = self._body.reaching_values(expression)
                    if len(values) != 1 or not isinstance(values[0], IndexExpr | MemberExpr):
                        return expression, tuple(reversed(steps))
                    expression = values[0]
                case MemberExpr():
                    steps.append(Attribute(expression.name))
                    expression = expression.expr
                case IndexExpr():
                    steps.append(_key(expression.index))
                    expression = expression.base
                case CallExpr(callee=MemberExpr(name="setdefault", expr=owner)):
                    steps.append(ANY)
                    expression = owner
                case _:
                    return None
        return None

    # Attributes and subscripts

    def _attribute(self, read: MemberExpr, path: Path) -> Iterator[Source]:
        receiver = read.expr
        if path[:1] == (CALLED,):
            call = CallExpr(read, [], [], [])
            call.set_line(read)
            yield from self._call(call, read, path[1:])
            return
        type_ = self._body.types.type_of(read)
        if isinstance(type_, Instance) and is_a(type_.type, MANAGER):
            for query in self._manager(read, type_):
                yield from self._applied(query, path, read)
            return
        if isinstance(receiver, NameExpr | MemberExpr) and receiver.node is not None and read.node:
            yield _UNKNOWN  # a name of a module
            return
        owner = class_of(self._body.types.type_of(receiver))
        if owner is not None and is_model(owner):
            for value in self._ask(receiver, ()):
                yield from self._applied(value, (Attribute(read.name), *path), read)
            return
        giver = self._kept(read, path)
        if giver is None:
            yield from self._ask(receiver, (Attribute(read.name), *path))
            return
        yield from self._given(giver, None, read, path)
        if isinstance(giver, Var):
            for store, rest in self._stored_in(read, path):
                yield from self._ask(store.value, (*store.path, *rest))

    def _stored_in(self, read: MemberExpr, path: Path) -> Iterator[tuple[_Store, Path]]:
        """What the body puts into an attribute before it is read, with what is left of a path."""
        located = self._located(read)
        for store in self._stores if located is not None else ():
            root, prefix = located or (store.root, ())
            rest = after((*prefix, *path), store.target)
            if (
                rest is not None
                and self._is_same(store.root, root)
                and self._body.flow.reaches(store.node, read)
            ):
                yield store, rest

    def _kept(self, read: MemberExpr, path: Path) -> Giver | None:
        """The property behind an attribute, or the variable of an object's own that is known."""
        if read.node is not None:
            return None
        node = common_member(owners(self._body, read.expr), read.name)
        if not isinstance(node, Var):
            return getter(node)
        type_ = known(node.type)
        is_open = isinstance(type_, NoneType) or may_hold_rows(type_)
        if not is_of_object(node) or not is_open:
            return None
        effects = self._body.effects
        if effects is None:
            return node if self._is_argument(read.expr) else None
        is_known = effects.result(node, path) is not None or effects.gives_loaded(node)
        is_made = not path and effects.makes(node) is not None
        return node if is_known or (is_made and not any(self._stored_in(read, path))) else None

    def _is_argument(self, expression: Expression) -> bool:
        bindings = self._body.flow.reaching(expression) if isinstance(expression, NameExpr) else ()
        return bool(bindings) and all(b.kind is BindingKind.ARGUMENT for b in bindings)

    def _manager(self, manager: MemberExpr, type_: Instance) -> Iterator[Source]:
        """The query that a manager starts."""
        model = model_class(type_)
        steps = self._own_steps(type_.type)
        if model is None or steps is None:
            yield _UNKNOWN
            return
        if not is_a(type_.type, *RELATED_MANAGERS):
            yield _begun(Query(model, manager), steps)
            return
        parents = classes(self._body.types.type_of(manager.expr))
        if len(parents) != 1:
            yield _UNKNOWN
            return
        query = _begun(Query(model, manager, parent=parents[0]), steps)
        for value in self._ask(manager.expr, ()):
            behind = _behind(manager.name, value) if isinstance(value, Row) else None
            yield query._replace(behind=behind)

    def _own_steps(self, manager: TypeInfo) -> tuple[Step, ...] | None:
        """What a manager's ``get_queryset`` does to its queryset; None if that is not known."""
        if is_django_method(manager, _GET_QUERYSET):
            return ()
        found = member(manager, _GET_QUERYSET)
        function = found[1].node if found is not None else None
        if not isinstance(function, FuncDef):
            return None
        if self._body.effects is None:
            return ((function.fullname, ()),)
        derived = self._body.effects.derives(function)
        is_whole = derived is not None and derived.kind is Kind.QUERYSET
        return derived.steps if is_whole and derived is not None else None

    def _subscript(self, node: IndexExpr, path: Path) -> Iterator[Source]:
        if node.analyzed is not None:
            yield _UNKNOWN
        elif (arrived := arrival(node)) is not None:
            model = _model_of(self._body.types.type_of(node)) if arrived in OWN_ROWS else None
            yield from self._applied(Row(Query(model, None)), path, node) if model else (_UNKNOWN,)
        elif not isinstance(node.index, SliceExpr):
            yield from self._ask(node.base, (_key(node.index), *path))
        elif path or node.index.stride is None:
            part = path
            if part and isinstance(part[0], At):
                part = (ITEM, *path[1:])  # another position in the whole
            yield from self._ask(node.base, part)

    # Displays and operators

    def _display(self, expression: Expression, path: Path) -> Iterator[Source]:
        match expression:
            case ListExpr() | TupleExpr() | SetExpr():
                if path:
                    yield from self._items(expression.items, path)
            case DictExpr():
                if path:
                    yield from self._entries(expression, path)
            case GeneratorExpr():
                rest = after(path, (ITEM,))
                if rest is not None:
                    yield from self._ask(expression.left_expr, rest)
                elif path:
                    yield _UNKNOWN
            case DictionaryComprehension():
                for part, step in ((expression.value, ANY), (expression.key, ITEM)):
                    rest = _behind_step(path, step)
                    if rest is not None and part is not None:
                        yield from self._ask(part, rest)
            case StarExpr():
                yield from self._ask(expression.expr, (ITEM, *path))
            case LambdaExpr() if path[:1] == (CALLED,):
                yield from self._ask(expression.expr(), path[1:])
            case StrExpr() | IntExpr() | FloatExpr() | BytesExpr() | ComparisonExpr() | UnaryExpr():
                pass
            case _:
                yield _UNKNOWN

    def _items(self, items: Sequence[Expression], path: Path) -> Iterator[Source]:
        is_plain = not any(isinstance(item, StarExpr) for item in items)
        for position, item in enumerate(items):
            step = At(position) if is_plain else ITEM
            asked = path[0]
            if isinstance(asked, At) and isinstance(asked.key, int) and asked.key < 0 and is_plain:
                asked = At(asked.key + len(items))
            if after((asked,), (step,)) is not None:
                yield from self._ask(item, path[1:])

    def _entries(self, display: DictExpr, path: Path) -> Iterator[Source]:
        for key, value in display.items:
            if key is None:
                yield from self._ask(value, path)
            elif path[0] == ITEM:
                yield from self._ask(key, path[1:])
            elif isinstance(path[0], At) and after(path[:1], (_key(key),)) is not None:
                yield from self._ask(value, path[1:])

    def _operation(self, expression: OpExpr, path: Path) -> Iterator[Source]:
        is_either = expression.op in {"and", "or"}
        is_together = expression.op in {"+", "|", "-", "&", "^"} and path
        if expression.op in {"|", "&", "^"} and _is_combined(self._body, expression):
            for operand in (expression.left, expression.right):
                for value in self._ask(operand, ()):
                    fresh = value._replace(behind=frozenset()) if isinstance(value, Query) else None
                    yield from self._applied(fresh or _UNKNOWN, path, expression)
            return
        if not is_either and not is_together:
            if not _is_text(self._body, expression):
                yield _UNKNOWN
            return
        steps = path
        if is_together and isinstance(path[0], At) and isinstance(path[0].key, int):
            steps = (ITEM, *path[1:])
        for operand in (expression.left, expression.right):
            yield from self._ask(operand, steps)

    # Calls

    def _call(self, call: CallExpr, node: Expression, path: Path) -> Iterator[Source]:
        """The result of a call; ``node`` stands in the code where ``call`` is what a thread runs."""
        body = self._body
        if call.analyzed is not None:
            yield from self._ask(call.analyzed, path)
            return
        if path[:1] == (AWAITED,) and (offloaded := offloaded_by(body, call)):
            yield from self._call(offloaded.as_call(), node, path[1:])
            return
        if rows := transfers_of(self._body, call):
            yield from self._moved(call, rows, path)
            return
        shortcut = SHORTCUTS.get(called_name(body, call) or "")
        if shortcut is not None:
            yield from self._shortcut(call, node, shortcut, path)
            return
        if path[:1] == (AWAITED,) and (model := self._own_row(call)) is not None:
            yield from self._applied(Row(Query(model, None)), path[1:], node)
            return
        if isinstance(call.callee, LambdaExpr):
            yield from self._display(call.callee, (CALLED, *path))
            return
        if (info := class_object(body.types.type_of(call.callee))) is not None:
            yield from self._made(info, call, node, path)
            return
        if isinstance(call.callee, MemberExpr):
            owner = body.types.type_of(call.callee.expr)
            infos = classes(owner)
            is_query = bool(infos) and all(is_a(info, QUERYSET, MANAGER) for info in infos)
            if is_query and all(is_django_method(info, call.callee.name) for info in infos):
                for value in self._ask(call.callee.expr, ()):
                    yield from self._queried(value, call.callee.name, call, node, path)
                return
            if owner is None and call.callee.node is None:  # not a name of a module
                yield from self._dispatched(call.callee, call, node, path)
                return
            if is_query and (own := named_function(body, call.callee)) is not None:
                yield from self._own_query(own.function, own.is_awaited, call, node, path)
                return
        elif isinstance(call.callee, SuperExpr) and call.callee.name == _GET_QUERYSET:
            yield from self._applied(self._itself(), path, node)
            return
        if isinstance(call.callee, NameExpr) and self._is_bound_to_value(call.callee):
            yield from self._ask(call.callee, (CALLED, *path))
            return
        named = named_function(body, call.callee)
        if named is None:
            yield from (
                self._ask(call.callee, (CALLED, *path))
                if not isinstance(call.callee, MemberExpr | SuperExpr)
                else (_UNKNOWN,)
            )
        else:
            yield from self._run(named.function, named.is_awaited, call, node, path)

    def _own_row(self, call: CallExpr) -> TypeInfo | None:
        """The model of a row that a coroutine function of Django's finds."""
        name = called_name(self._body, call)
        match call.callee:
            case MemberExpr(expr=owner, name=attribute) if name is None:
                is_request = all_are(self._body.types.type_of(owner), REQUEST)
                name = f"{REQUEST}.{attribute}" if is_request else None
            case _:
                pass
        if name not in OWN_ROWS:
            return None
        made = self._body.types.type_of(call)
        result = known(made.args[-1]) if isinstance(made, Instance) and made.args else None
        return _model_of(result)

    def _dispatched(
        self, method: MemberExpr, call: CallExpr, node: Expression, path: Path
    ) -> Iterator[Source]:
        """A method of something whose class only its sources tell."""
        for value in self._ask(method.expr, ()):
            match value:
                case Row() if (model := value.model) is not None:
                    yield from self._own_method(model, call, node, path)
                case Query(queryset=TypeInfo() as own) if not is_django_method(own, method.name):
                    yield from self._own_method(own, call, node, path)
                case Made(class_=name):
                    rows = transfers(f"{name}.{method.name}")
                    yield from self._moved(call, rows, path) if rows else (_UNKNOWN,)
                case Query() | Returned() | Argument():
                    yield from self._queried(value, method.name, call, node, path)
                case _:
                    yield _UNKNOWN

    def _own_method(
        self, owner: TypeInfo, call: CallExpr, node: Expression, path: Path
    ) -> Iterator[Source]:
        """The result of a method of a class, if the project defines it."""
        name = call.callee.name if isinstance(call.callee, MemberExpr) else ""
        found = member(owner, name)
        function = found[1].node if found is not None else None
        is_own = found is not None and not found[0].fullname.startswith("django.")
        if is_own and isinstance(function, FuncDef):
            yield from self._run(function, function.is_coroutine, call, node, path)
        else:
            yield _UNKNOWN

    def _run(
        self,
        function: FuncDef,
        is_awaited: bool,
        call: CallExpr | None,
        node: Expression,
        path: Path,
    ) -> Iterator[Source]:
        if not is_awaited:
            yield from self._given(function, call, node, path)
        elif path[:1] == (AWAITED,):
            yield from self._given(function, call, node, path[1:])
        elif path:
            yield _UNKNOWN

    def _given(
        self, giver: Giver, call: CallExpr | None, node: Expression, path: Path
    ) -> Iterator[Source]:
        """What a function of the project returns, or an attribute keeps, by its summary."""
        effects = self._body.effects
        if effects is None:
            yield Returned(giver, path)
            return
        root = node if isinstance(giver, FuncDef) else None  # a variable's value is the same
        if effects.gives_loaded(giver, path):
            yield InMemory()
            return
        found = effects.result(giver, path)
        if found is not None:
            result, rest = found
            yield from self._of_result(result, rest, root, node)
            return
        if not path and (made := effects.makes(giver)):
            yield Made(made)
            return
        if not isinstance(giver, FuncDef):
            yield _UNKNOWN
            return
        derived = effects.derives(giver)
        if derived is not None and call is not None:
            yield from self._derived(derived, giver, call, node, path)
            return
        handed = effects.hands_back(giver, path)
        argument: Expression | None = None
        if handed is not None and call is not None:
            argument = dict(bind(call, giver)).get(handed.parameter)
        elif handed is not None and isinstance(node, MemberExpr):
            argument = node.expr  # a property
        for value in self._ask(argument, handed.path) if argument and handed else (_UNKNOWN,):
            is_same = handed is not None and (
                handed.is_untouched
                or (
                    isinstance(value, Row)
                    and value.model is not None
                    and leaves_relations(effects, giver, handed.parameter, value.model)
                )
            )
            yield value if is_same else _UNKNOWN

    def _derived(
        self, derived: Derived, function: FuncDef, call: CallExpr, node: Expression, path: Path
    ) -> Iterator[Source]:
        """The result of a function for the queryset that this call passes to it."""
        argument = dict(bind(call, function)).get(derived.parameter)
        is_own = bool(function.info) and is_a(function.info, QUERYSET)
        for value in self._ask(argument, ()) if argument is not None else (_UNKNOWN,):
            if not isinstance(value, Query):
                yield _UNKNOWN
                continue
            fresh = value._replace(behind=frozenset()) if derived.steps else value
            query = built(fresh, derived.steps)
            if is_own:
                query = query._replace(queryset=function.info)
            match derived.kind:
                case Kind.QUERYSET:
                    yield from self._applied(query, path, node)
                case Kind.ROW:
                    yield from self._applied(_row(query), path, node)
                case Kind.ROWS:
                    rest = after(path, (ITEM,)) if path else None
                    yield from () if rest is None else self._applied(_row(query), rest, node)

    def _of_result(
        self, result: Result, path: Path, root: Expression | None, node: Expression
    ) -> Iterator[Source]:
        query = result.row.query._replace(root=root)
        row = result.row._replace(query=query)
        match result.kind:
            case Kind.ROW:
                yield from self._applied(row, path, node)
            case Kind.QUERYSET:
                yield from self._applied(query, path, node)
            case Kind.ROWS if path:
                rest = after(path, (ITEM,))
                yield from (_UNKNOWN,) if rest is None else self._applied(row, rest, node)
            case _:
                pass

    def _made(
        self, info: TypeInfo, call: CallExpr, node: Expression, path: Path
    ) -> Iterator[Source]:
        if is_model(info):
            row = _made_row(info, call, node)
            yield from self._applied(row, path, node) if row else (_UNKNOWN,)
            return
        match path:
            case ():
                pass
            case (Attribute(name=name), *rest) if value := _kept_argument(info, call, name):
                yield from self._ask(value, tuple(rest))
            case (Attribute(name=name), *_) if _is_unset(info, name):
                pass  # nothing but what is stored in it
            case _:
                yield _UNKNOWN

    # Queries

    @cached_property
    def _replaced(self) -> frozenset[str]:
        """The names that a test patches here or around."""
        around = self._body.around
        names = replaced_names(self._body)
        return names | replaced_names(around) if around is not None else names

    def _itself(self) -> Source:
        """What the body's first parameter receives: in a manager, its queryset."""
        function = self._body.function
        names = function.arg_names if isinstance(function, FuncDef) and function.info else []
        return Argument(names[0]) if names and names[0] else _UNKNOWN

    def _own_query(
        self, method: FuncDef, is_awaited: bool, call: CallExpr, node: Expression, path: Path
    ) -> Iterator[Source]:
        """The result of a method that the project's manager or queryset class defines."""
        if not isinstance(call.callee, MemberExpr):
            yield _UNKNOWN
        elif method.name == _GET_QUERYSET:
            for value in self._ask(call.callee.expr, ()):
                yield from self._applied(value, path, node)
        elif self._body.effects is not None or is_awaited:
            yield from self._run(method, is_awaited, call, node, path)
        else:
            for value in self._ask(call.callee.expr, ()):
                step = (method.fullname, ())
                match value:
                    case Query():
                        later = value.later if step in value.later else (*value.later, step)
                        yield from self._applied(value._replace(later=later), path, node)
                    case Argument(path=()):
                        steps = value.steps if step in value.steps else (*value.steps, step)
                        yield from self._applied(Argument(value.parameter, (), steps), path, node)
                    case _:
                        yield _UNKNOWN

    def _queried(
        self, value: Source, name: str, call: CallExpr, node: Expression, path: Path
    ) -> Iterator[Source]:
        """The result of a method of a manager or queryset."""
        method = METHODS.get(name) if name not in self._replaced else None
        is_async = method is None and name.startswith("a") and name[1:] in METHODS
        if is_async and name not in self._replaced:
            method = METHODS[name[1:]]
        if method is None:
            yield _UNKNOWN
            return
        if is_async and method.gives is not Gives.ROWS:
            if path[:1] != (AWAITED,):
                if path:
                    yield _UNKNOWN
                return
            path = path[1:]
        name = name[1:] if is_async else name
        if method.gives is Gives.QUERYSET:
            stepped = _stepped(value, name, call)
            yield from self._applied(stepped, path, node)
        elif isinstance(value, Query):
            yield from self._found(value, name, method, call, node, path)
        elif isinstance(value, Argument) and not value.path and method.gives is Gives.ROW:
            step = (name, ())  # a queryset, whatever else the parameter may be
            row = Argument(value.parameter, (ITEM,), (*value.steps, step))
            yield from self._applied(row, path, node)
        else:
            yield _UNKNOWN

    def _found(
        self,
        query: Query,
        name: str,
        method: QueryMethod,
        call: CallExpr,
        node: Expression,
        path: Path,
    ) -> Iterator[Source]:
        row: Source = _row(query._replace(behind=frozenset()))
        match method.gives:
            case Gives.ROW:
                yield from self._applied(row, path, node)
            case Gives.ROWS if path:
                rest = after(path, (ITEM,))
                yield from (_UNKNOWN,) if rest is None else self._applied(row, rest, node)
            case Gives.BY_KEY if path:
                rest = _behind_step(path, ANY)
                yield from () if rest is None else self._applied(row, rest, node)
            case Gives.CREATED:
                made = _made_row(query.model, call, node, stored=True)
                yield from self._applied(made, path, node) if made else (_UNKNOWN,)
            case Gives.FOUND if path:
                if path[0] == At(0):
                    for found in self._found_or_created(query, name, call, node):
                        yield from self._applied(found, path[1:], node)
                elif path[0] != At(1):
                    yield _UNKNOWN
            case Gives.OTHER:
                yield _UNKNOWN
            case _:
                pass

    def _found_or_created(
        self, query: Query, name: str, call: CallExpr, node: Expression
    ) -> Iterator[Source]:
        """What was found; what was created too, if the code asks for the second of the pair."""
        given = _given_or_default(call)
        is_updated = name.startswith("update")
        if given is None and is_updated:
            yield _UNKNOWN
            return
        if given is not None and is_updated:
            query = query._replace(selected=query.selected | given)
        yield Row(query)
        if self._is_told_apart(node):
            yield _UNKNOWN if given is None else Row(query, given=given | {"pk"})

    def _is_told_apart(self, call: Expression) -> bool:
        """Whether the body reads the second of the pair: ``book, created = ...``."""
        body = self._body
        assignment = next(
            (node for node in body.ancestors(call) if not isinstance(node, AwaitExpr)), None
        )
        match assignment:
            case IndexExpr():
                return False
            case AssignmentStmt(lvalues=[TupleExpr(items=[_, NameExpr() as other])]):
                written = {binding.node for binding in body.flow.bindings()}
                return any(
                    name.name == other.name and name not in written for name in body.every(NameExpr)
                )
            case _:
                return True

    def _shortcut(
        self, call: CallExpr, node: Expression, gives: Gives, path: Path
    ) -> Iterator[Source]:
        """The result of ``get_object_or_404`` and its like, for a model, manager or queryset."""
        name = called_name(self._body, call) or ""
        if name.rpartition(".")[2].startswith("a"):
            if path[:1] != (AWAITED,):
                return
            path = path[1:]
        source = call.args[0] if call.args else None
        if source is None:
            yield _UNKNOWN
            return
        model = class_object(self._body.types.type_of(source))
        queries: Iterable[Source] = (
            [Query(model, source)] if model and is_model(model) else self._ask(source, ())
        )
        for query in queries:
            if not isinstance(query, Query):
                yield _UNKNOWN
            elif gives is Gives.ROW:
                yield from self._applied(Row(query), path, node)
            elif path and (rest := after(path, (ITEM,))) is not None:
                yield from self._applied(Row(query), rest, node)

    def _applied(self, value: Source, path: Path, node: Expression) -> Iterator[Source]:
        """What a path leads to from a source."""
        while path:
            match value, path[0]:
                case Query(), Item() | At():
                    value = _row(value)
                case Row(), Attribute(name=name) if rows := _attached(value, name, node):
                    if path[1:] and not isinstance(path[1], Item | At):
                        value = _UNKNOWN
                        break
                    value, path = (_row(rows), path[1:]) if path[1:] else (_LIST, path)
                case Row(), Attribute(name=name):
                    value = self._followed(value, name, node)
                case ((Argument() | Returned()), _) if not value.steps:
                    if len(value.path) + len(path) > LONGEST:
                        value = _UNKNOWN
                        break
                    whole = (*value.path, *path)
                    value = (
                        Argument(value.parameter, whole, value.steps)
                        if isinstance(value, Argument)
                        else Returned(value.giver, whole)
                    )
                    break
                case _:
                    value = _UNKNOWN
                    break
            path = path[1:]
        yield value

    def _followed(self, row: Row, name: str, node: Expression) -> Source:
        model = row.model
        found = relation(model, name) if model is not None else None
        if found is None or model is None:
            return _UNKNOWN
        if found.kind is not RelationKind.MANY:
            return row.follow(name)
        if found.target is None:
            return _UNKNOWN
        return Query(found.target, node, parent=model, behind=_behind(name, row))

    def _may_have(self, value: Expression, path: Path) -> bool:
        """Whether a value may have values by key, where the path begins with one."""
        infos = classes(self._body.types.type_of(value)) if path[:1] == (ANY,) else []
        return not infos or any(is_a(info, "typing.Mapping") for info in infos)

    def _moved(self, call: CallExpr, rows: Iterable[Transfer], path: Path) -> Iterator[Source]:
        """What a library function moves from its arguments to where a path leads."""
        is_known = not path
        for row in rows:
            if row.stored_in or row.handed_to:
                continue
            is_known |= after(path, written(row.target, -1)) is not None
            for value, inside, position in arguments_of(call, row.argument):
                source = written(row.source)
                rest = after(path, written(row.target, position))
                if rest is not None and self._may_have(value, source):
                    yield from self._ask(value, (*inside, *source, *rest))
        if not is_known:
            yield _UNKNOWN


def _unpacked(path: tuple[int, ...]) -> Path:
    """The steps that unpacking takes: `bindings.Binding.path`, but for the position of a star."""
    return tuple(At(None if place == STAR else place) for place in path)


def _joined(values: Iterable[Source]) -> _Values:
    """The values, with one query for each place where one begins: it has loaded what any may have."""
    queries: dict[object, Query] = {}
    rows: dict[object, Row] = {}
    others: _Values = {}
    for value in values:
        match value:
            case Query():
                same = queries.get(value.origin)
                queries[value.origin] = value if same is None else joined(same, value)
            case Row():
                key = (value.query.origin, value.path, value.given)
                before = rows.get(key)
                rows[key] = (
                    value
                    if before is None
                    else value._replace(query=joined(before.query, value.query))
                )
            case _:
                others[value] = None
    found: _Values = {**dict.fromkeys(queries.values()), **dict.fromkeys(rows.values()), **others}
    return found if len(found) <= _MOST else {Unknown(): None}


def _position(source: Source) -> tuple[int, int, str]:
    query = source.query if isinstance(source, Row) else source
    root = query.root if isinstance(query, Query) else None
    return (root.line, root.column, str(source)) if root is not None else (0, 0, str(source))


def _row(query: Query) -> Source:
    """A row of a queryset; unknown where a prefetch that is not seen may have loaded more."""
    if query.behind is None:
        return _UNKNOWN
    loaded = query.prefetched | query.behind
    return Row(query._replace(prefetched=loaded, behind=frozenset()))


def _behind(relation_name: str, source: Source) -> frozenset[str] | None:
    """What was prefetched beyond a relation of a row: of "books__tags" the "tags"."""
    if not isinstance(source, Row):
        return None
    path = "__".join((*source.path, relation_name, ""))
    return frozenset(
        name.removeprefix(path) for name in source.query.prefetched if name.startswith(path)
    )


def _attached(row: Row, name: str, node: Expression) -> Query | None:
    """The rows that a `Prefetch` has put into an attribute of a row; None if it has put none there."""
    label = "__".join((*row.path, f"{name}="))
    relations = [each.partition("=")[2] for each in row.query.prefetched if each.startswith(label)]
    model = row.model
    found = relation(model, relations[0]) if relations and model is not None else None
    if found is None or found.kind is not RelationKind.MANY or found.target is None:
        return None
    return Query(found.target, node, parent=model, behind=_behind(name, row))


def _begun(query: Query, steps: tuple[Step, ...]) -> Query:
    """A manager's queryset, after what its own ``get_queryset`` does."""
    is_known = all("." not in method for method, _ in steps)
    return built(query, steps) if is_known else query._replace(later=steps)


def _stepped(value: Source, name: str, call: CallExpr) -> Source:
    """A queryset after one of its methods that return another."""
    match value:
        case Query():
            if name == "select_related" and len(call.args) == 1 and is_none(call.args[0]):
                return value._replace(selected=frozenset(), all_selected=False)
            step = step_of(name, call)
            if value.later and step is not None:
                later = value.later if step in value.later else (*value.later, step)
                return value._replace(later=later)
            fresh = value if name == "all" else value._replace(behind=frozenset())
            if name in _CHOOSING:
                keys = _null_keys(value.model, call, when=name == "filter")
                fresh = fresh._replace(selected=fresh.selected | keys)
            return built(fresh, [step]) if step else _UNKNOWN
        case Argument() | Returned():
            step = step_of(name, call)
            if step is None or value.path:
                return _UNKNOWN
            steps = value.steps if step in value.steps else (*value.steps, step)
            if isinstance(value, Argument):
                return Argument(value.parameter, (), steps)
            return Returned(value.giver, (), steps)
        case _:
            return _UNKNOWN


def _null_keys(model: TypeInfo, call: CallExpr, *, when: bool) -> frozenset[str]:
    """The foreign keys that are null in the rows: these have nothing to load behind them."""
    return frozenset(
        key
        for name, value in zip(call.arg_names, call.args, strict=True)
        if name is not None and _is_key(model, key := name.removesuffix("__isnull"))
        if _is_bool(value, when) or (is_none(value) and when and key == name)
    )


def _is_bool(value: Expression, wanted: bool) -> bool:
    return isinstance(value, NameExpr) and value.fullname == f"builtins.{wanted}"


def _is_key(model: TypeInfo, name: str) -> bool:
    found = relation(model, name)
    return found is not None and found.kind in {RelationKind.KEY, RelationKind.ONE_TO_ONE}


def step_of(method: str, call: CallExpr) -> Step | None:
    """What a method of a queryset does to what is loaded; None where that cannot be seen."""
    row = METHODS.get(method)
    if row is None or row.gives is not Gives.QUERYSET:
        return None
    if not row.loads:
        return (method, ())
    names = [_lookups(argument) for argument in call.args]
    lookups = tuple(sorted({name for each in names if each is not None for name in each}))
    is_plain = None not in names and not any(call.arg_names)
    return (method, lookups) if is_plain else None


def _lookups(argument: Expression) -> Sequence[str] | None:
    """What an argument of ``select_related`` and its like names; None where that is not known.

    Of a `Prefetch` also what its queryset loads, behind the name; and with ``to_attr``, as ``recent=comments``,
    which relation the rows of that attribute are from.
    """
    match argument:
        case StrExpr():
            return (argument.value,)
        case CallExpr(
            callee=NameExpr(name="Prefetch") | MemberExpr(name="Prefetch"),
            args=[StrExpr(value=name), *rest],
        ):
            given = dict(zip(argument.arg_names[1:], rest, strict=True))
            queryset, attribute = given.get("queryset", given.get(None)), given.get("to_attr")
            inside = _loaded_by(queryset) if queryset is not None else ()
            if inside is None or given.keys() - {"queryset", "to_attr", None} or len(rest) > 2:
                return None
            if attribute is None:
                return (name, *(f"{name}__{each}" for each in inside))
            if not isinstance(attribute, StrExpr) or "__" in name:
                return None
            label = attribute.value
            return (f"{label}={name}", *(f"{label}__{each}" for each in inside))
        case _:
            return None


def _loaded_by(queryset: Expression) -> Sequence[str] | None:
    """What a queryset that is written as one chain loads with its rows; None if that is not known."""
    found: list[str] = []
    while isinstance(queryset, CallExpr) and isinstance(queryset.callee, MemberExpr):
        step = step_of(queryset.callee.name, queryset)
        if step is None or queryset.callee.name in {"defer", "only"}:
            return None
        if METHODS[step[0]].loads and not step[1]:
            return None  # "select_related()" loads all
        found += step[1]
        queryset = queryset.callee.expr
    return found if _is_plain_manager(queryset) else None


def _is_plain_manager(expression: Expression) -> bool:
    """Whether this is a model's manager, whose querysets load nothing by themselves."""
    match expression:
        case MemberExpr(expr=RefExpr(node=TypeInfo() as model), name=name) if is_model(model):
            found = member(model, name)
        case _:
            return False
    node = found[1].node if found is not None else None
    type_ = known(node.type) if isinstance(node, Var) else None
    return (
        isinstance(type_, Instance)
        and not type_.type.fallback_to_any
        and is_a(type_.type, MANAGER)
        and is_django_method(type_.type, _GET_QUERYSET)
    )


def _made_row(
    model: TypeInfo, call: CallExpr, node: Expression, *, stored: bool = False
) -> Row | None:
    if not is_model(model) or ARG_STAR2 in call.arg_kinds:
        return None
    given = [
        name
        for name, kind in zip(call.arg_names, call.arg_kinds, strict=True)
        if kind == ARG_NAMED and name
    ]
    return Row(Query(model, node), given=frozenset([*given, "pk"] if stored else given))


def _given_or_default(call: CallExpr) -> frozenset[str] | None:
    """The fields that ``aget_or_create`` and its like get values for; None if that is not shown."""
    given: set[str] = set()
    for value, name in zip(call.args, call.arg_names, strict=True):
        if name not in _DEFAULTS:
            given.add(name or "")
            continue
        keys = [key for key, _ in value.items] if isinstance(value, DictExpr) else [None]
        given |= {key.value for key in keys if isinstance(key, StrExpr)}
        if not all(isinstance(key, StrExpr) for key in keys):
            return None
    return None if ARG_STAR2 in call.arg_kinds else frozenset(given)


def _is_unset(info: TypeInfo, name: str) -> bool:
    """Whether a new object is known to lack an attribute: other code sets it."""
    found, init = member(info, name), member(info, "__init__")
    if found is None:
        return True
    variable = found[1].node
    is_declared = isinstance(variable, Var) and not variable.has_explicit_value
    return is_declared and init is not None and init[0].fullname == "builtins.object"


def _model_of(type_: ProperType | None) -> TypeInfo | None:
    """The only model among the classes of a value."""
    found = map(class_of, alternatives(type_)) if type_ is not None else ()
    models = [info for info in found if info is not None and is_model(info)]
    return models[0] if len(models) == 1 else None


def is_of_object(variable: Var) -> bool:
    """Whether each object has a value of its own in an attribute: the class has at most None."""
    type_ = get_proper_type(variable.type)
    has_none = isinstance(type_, NoneType) or (type_ is not None and may_be_none(type_))
    is_shared = variable.is_initialized_in_class and variable.has_explicit_value
    return not is_shared or has_none


def kept_attributes(body: Body, expression: Expression) -> Iterator[str]:
    """The attributes in which the constructor of an object's class may keep its arguments."""
    info = class_of(body.type_of(expression))
    found = member(info, "__init__") if info is not None and not is_model(info) else None
    if found is not None and not found[0].fullname.startswith(_LIBRARIES):
        variables = (name for base in info.mro for name in base.names) if info else ()
        yield from (name for name in variables if not name.startswith("__"))


def _kept_argument(info: TypeInfo, call: CallExpr, name: str) -> Expression | None:
    """The argument of a constructor that the new object keeps in an attribute."""
    found = member(info, "__init__")
    function = found[1].node if found else None
    if not isinstance(function, FuncDef):
        return None
    parameter = _parameter_kept(info, function, name)
    names = [each for each in function.arg_names[1:] if each is not None]
    for position, (argument, kind, given) in enumerate(
        zip(call.args, call.arg_kinds, call.arg_names, strict=True)
    ):
        is_it = (kind == ARG_NAMED and given == parameter) or (
            kind == ARG_POS and position < len(names) and names[position] == parameter
        )
        if is_it and parameter is not None:
            return argument
        if kind in {ARG_STAR, ARG_STAR2}:
            return None
    return None


def _parameter_kept(info: TypeInfo, init: FuncDef, attribute: str) -> str | None:
    """The parameter of a constructor whose argument an attribute holds, and nothing else."""
    if any("dataclass" in base.metadata for base in info.mro):
        return attribute if attribute in init.arg_names else None
    itself = init.arg_names[0] if init.arg_names else None
    kept: list[str | None] = []
    for statement in walk(init.info.defn):
        for target, value in _attribute_targets(statement):
            if target.name == attribute:
                is_own = isinstance(target.expr, NameExpr) and target.expr.name == itself
                is_name = isinstance(value, NameExpr) and value.name in init.arg_names
                kept.append(
                    value.name if is_own and is_name and isinstance(value, NameExpr) else None
                )
    is_there = bool(kept) and _is_assigned_at_top(init, attribute)
    return kept[0] if len(kept) == 1 and is_there else None


def _is_assigned_at_top(init: FuncDef, attribute: str) -> bool:
    """Whether a constructor itself assigns an attribute, on every path."""
    return any(
        target.name == attribute
        for statement in init.body.body
        for target, _ in _attribute_targets(statement)
    )


def _attribute_targets(node: Node) -> Iterator[tuple[MemberExpr, Expression | None]]:
    match node:
        case AssignmentStmt():
            for target in node.lvalues:
                if isinstance(target, MemberExpr):
                    yield target, node.rvalue
        case OperatorAssignmentStmt(lvalue=MemberExpr() as target):
            yield target, None
        case _:
            pass


def _targets(node: Node) -> Iterator[NameExpr]:
    match node:
        case AssignmentStmt():
            for target in node.lvalues:
                yield from (each for each in walk(target) if isinstance(each, NameExpr))
        case OperatorAssignmentStmt(lvalue=NameExpr() as target):
            yield target
        case AssignmentExpr(target=NameExpr() as target):
            yield target
        case _:
            index = getattr(node, "index", None)
            if isinstance(index, NameExpr) and hasattr(node, "is_async"):
                yield index


def _key(index: Expression) -> At:
    match index:
        case IntExpr(value=key) | StrExpr(value=key):
            return At(key)
        case UnaryExpr(op="-", expr=IntExpr(value=key)):
            return At(-key)
        case _:
            return ANY


def _behind_step(path: Path, step: At | Item) -> Path | None:
    """What is left behind a step of a mapping: iterating one yields keys, a subscript its values."""
    if not path or isinstance(path[0], At) is not isinstance(step, At):
        return None
    return path[1:] if isinstance(path[0], Item | At) else None


def _is_text(body: Body, expression: Expression) -> bool:
    info = class_of(body.types.type_of(expression))
    return info is not None and info.fullname in {"builtins.str", "builtins.int", "builtins.float"}


def _is_combined(body: Body, expression: OpExpr) -> bool:
    """Whether an operator combines querysets: the rows of either may have what the other loads."""
    infos = classes(body.types.type_of(expression.left))
    return any(is_a(info, QUERYSET) for info in infos)
