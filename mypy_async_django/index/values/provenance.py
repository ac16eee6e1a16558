"""Where querysets and model instances come from: the queries behind local names and calls."""

from collections.abc import Iterable, Iterator
from typing import Final

from mypy.nodes import (
    ARG_NAMED,
    ARG_STAR,
    ARG_STAR2,
    AwaitExpr,
    CallExpr,
    ConditionalExpr,
    DictExpr,
    Expression,
    FuncDef,
    IndexExpr,
    IntExpr,
    ListComprehension,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    SliceExpr,
    StrExpr,
    TupleExpr,
    TypeInfo,
    Var,
)
from mypy.types import Instance

from mypy_async_django.bridge.models import (
    MANAGER,
    QUERYSET,
    RELATED_MANAGERS,
    is_django_method,
    is_model,
    is_single_relation,
    model_class,
)
from mypy_async_django.bridge.tree import is_none
from mypy_async_django.bridge.types import (
    class_object,
    class_of,
    classes,
    common_member,
    is_a,
    known,
    member,
)
from mypy_async_django.catalogue.offload import GATHER
from mypy_async_django.index.queries import (
    EXTENDING,
    SAME_ROWS,
    Kind,
    Query,
    Result,
    Row,
    Step,
    built,
    either,
)
from mypy_async_django.index.resolution.argument_binding import bind
from mypy_async_django.index.resolution.callees import getter, named_function
from mypy_async_django.index.resolution.offloading import Offloaded, offloaded_by
from mypy_async_django.index.syntax.bindings import Binding, BindingKind, in_order
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.operations import called_name, owners

_ONE_ROW: Final = frozenset(["earliest", "first", "get", "last", "latest"])
_UPDATING: Final = frozenset(["aupdate_or_create"])
_OR_CREATE: Final = _UPDATING | {"aget_or_create"}
#: What gives a query: a function, or a variable that an object keeps one in.
Giver = FuncDef | Var

_DEFAULTS: Final = frozenset(["create_defaults", "defaults"])


def origins(body: Body) -> "Origins":
    """The origins of a body's values."""
    return Origins(body, _under_way(body))


@once
def _under_way(body: Body) -> set[Expression]:
    """The expressions whose origins are being looked for: who comes by again stops."""
    return set()


class Origins:
    """Follows local names back to the queries that their values came from."""

    def __init__(self, body: Body, under_way: set[Expression]) -> None:
        self._body = body
        self._under_way = under_way

    def rows(self, expression: Expression) -> tuple[Row, ...]:
        """What a model instance may be, one row for each way it may have come; empty if unknown.

        None is no way for an instance to come.
        """
        if expression in self._under_way:
            return ()
        self._under_way.add(expression)
        try:
            found = tuple(self._rows(expression))
        finally:
            self._under_way.discard(expression)
        return tuple(row for row in found if row) if all(found) else ()

    def query(self, expression: Expression) -> Query | None:
        """The query that a queryset expression builds; None where a step is unknown.

        Of a name that has several values it has loaded what any of them has.
        """
        match expression:
            case NameExpr():
                return self._query_behind(expression)
            case CallExpr():
                method = expression.callee
                step = self._step(method, expression) if isinstance(method, MemberExpr) else None
                if step is not None:
                    return step
                return self._given_query(expression, awaited=False)
            case AwaitExpr(expr=CallExpr() as call):
                offloaded = offloaded_by(self._body, call)
                if offloaded and isinstance(offloaded.function, MemberExpr):
                    step = self._step(offloaded.function, offloaded)
                    if step is not None:
                        return step
                return self._given_query(call, awaited=True)
            case IndexExpr(index=SliceExpr(stride=None)):
                return self.query(expression.base)
            case MemberExpr():
                return self._manager(expression) or self._kept_query(expression)
            case _:
                pass
        return None

    def _query_behind(self, name: NameExpr) -> Query | None:
        """The query behind a name: ``books``, after ``if q: books = books.filter(title=q)``."""
        values = self._body.reaching_values(name)
        if len(values) == 1:
            return None if values[0] is name else self.query(values[0])
        begun: list[Query | None] = []
        steps: list[Step | None] = []
        queue = [value for value in values if not is_none(value)]
        for value in queue:  # grows: the values that these are made of
            made, root = self._chain(value)
            if not isinstance(root, NameExpr):
                begun.append(self._begun(value))
                continue
            steps += made
            before = self._body.reaching_values(root) or (root,)
            begun += [None for expression in before if expression is root]
            queue += [expression for expression in before if expression not in queue]
        known, calls = [query for query in begun if query], [step for step in steps if step]
        if not known or len(known) < len(begun) or len(calls) < len(steps):
            return None
        return either(known, calls)

    def _chain(self, value: Expression) -> tuple[list[Step | None], Expression]:
        """The query methods that a value is the result of, the last first, and what they begin with."""
        steps: list[Step | None] = []
        while True:
            match value:
                case CallExpr(callee=MemberExpr() as method) if self._is_django_query(method):
                    steps.append(_step_of(method.name, value))
                    value = method.expr
                case IndexExpr(index=SliceExpr(stride=None)):
                    value = value.base
                case _:
                    return steps, value

    def _begun(self, value: Expression) -> Query | None:
        """The query of a value that begins anew; None too if that is being looked for."""
        if value in self._under_way:
            return None
        self._under_way.add(value)
        try:
            return self.query(value)
        finally:
            self._under_way.discard(value)

    def related_row(self, queryset: Expression) -> tuple[MemberExpr, tuple[Row, ...]] | None:
        """For ``author.books.all()`` the expression of the manager, and what ``author`` may be."""
        match queryset:
            case CallExpr(callee=MemberExpr(name="all", expr=MemberExpr() as manager)):
                pass
            case MemberExpr() as manager:
                pass
            case _:
                return None
        info = class_of(self._body.type_of(manager))
        if info is None or not (
            is_a(info, *RELATED_MANAGERS) or self._is_declared_relation(manager, info)
        ):
            return None
        return manager, self.rows(manager.expr)

    def _is_declared_relation(self, manager: MemberExpr, info: TypeInfo) -> bool:
        """Whether a model says of a relation itself that it is a queryset: ``books: QuerySet[Book]``."""
        owner = class_of(self._body.type_of(manager.expr))
        if owner is None or not is_model(owner) or not is_a(info, QUERYSET, MANAGER):
            return False
        found = member(owner, manager.name)
        return found is not None and isinstance(found[1].node, Var)

    def _rows(self, expression: Expression) -> Iterator[Row | None]:
        match expression:
            case NameExpr() if not is_none(expression):
                bindings = self._body.flow.reaching(expression)
                for binding in in_order(bindings):
                    yield from self._bound_rows(binding)
                if not bindings:
                    yield None
            case ConditionalExpr():
                yield from self._either(expression.if_expr, expression.else_expr)
            case OpExpr(op="or"):
                yield from self._either(expression.left, expression.right)
            case AwaitExpr(expr=CallExpr() as call):
                yield from self._awaited_rows(call)
            case IndexExpr(base=base) if query := self._listed(base):
                yield None if isinstance(expression.index, SliceExpr) else _row(query)
            case IndexExpr(base=base, index=IntExpr(value=place)):
                yield self._placed_row(base, place)
            case CallExpr() as call if info := class_object(self._body.type_of(call.callee)):
                yield _made(info, call)
            case CallExpr() as call:
                found = self._found_by(call.callee, call, _ONE_ROW)
                found = found or self._result_row(call, awaited=False)
                yield from self._row_or_argument(found, call, awaited=False)
            case MemberExpr() as read:
                for row in self.rows(read.expr) or (None,):
                    model = row.model if row is not None else None
                    if row is not None and model and is_single_relation(model, read.name):
                        yield row.follow(read.name)
                    else:
                        yield None
            case _:
                yield None

    def _either(self, *values: Expression) -> Iterator[Row | None]:
        for value in values:
            if not is_none(value):
                yield from self.rows(value) or (None,)

    def _bound_rows(self, binding: Binding) -> Iterator[Row | None]:
        value = binding.value
        match binding.kind, value:
            case _, None:
                yield None
            case ((BindingKind.ASSIGN | BindingKind.WALRUS | BindingKind.PATTERN), Expression()):
                if not binding.path:
                    yield from self._either(value)
                elif len(binding.path) == 1:
                    yield from self._unpacked_rows(value, binding)
                else:
                    yield None
            case ((BindingKind.ASYNC_FOR | BindingKind.ASYNC_COMPREHENSION), Expression()):
                yield None if binding.path else _row(self.query(value) or self._listed(value))
            case ((BindingKind.FOR | BindingKind.COMPREHENSION), Expression()):
                yield None if binding.path else _row(self._listed(value) or self.query(value))
            case _:
                yield None

    def _unpacked_rows(self, value: Expression, binding: Binding) -> Iterator[Row | None]:
        """What is at a place of a tuple that an expression gives."""
        [place] = binding.path
        match value:
            case AwaitExpr(expr=CallExpr(callee=MemberExpr(name=name)) as call) if (
                place == 0 and name in _OR_CREATE
            ):
                yield from self._found_or_created(call, binding.node)
            case AwaitExpr(expr=CallExpr(args=awaited, arg_kinds=kinds) as call) if (
                called_name(self._body, call) == GATHER
                and ARG_STAR not in kinds
                and 0 <= place < len(awaited)
            ):
                yield from self._awaited_rows(awaited[place])
            case _:
                yield self._placed_row(value, place)

    def _placed_row(self, value: Expression, place: int) -> Row | None:
        """The instance at a place of the tuple that the project's own function gives."""
        match value:
            case AwaitExpr(expr=CallExpr() as call):
                return self._result_row(call, awaited=True, place=place)
            case CallExpr():
                return self._result_row(value, awaited=False, place=place)
            case _:
                return None

    def _found_or_created(self, call: CallExpr, target: Node) -> Iterator[Row | None]:
        """What ``aget_or_create`` and its like found; what they created too, if that is asked."""
        found = self._awaited(call, _OR_CREATE)
        given = _given_or_default(call)
        is_updated = isinstance(call.callee, MemberExpr) and call.callee.name in _UPDATING
        if found is None or (given is None and is_updated):
            yield None
            return
        if given is not None and is_updated:
            query = found.query
            found = Row(query._replace(selected=query.selected | given))
        yield found
        if self._is_other_read(target):
            yield None if given is None else found._replace(given=given | {"pk"})

    def _is_other_read(self, target: Node) -> bool:
        """Whether a body reads what else is unpacked beside a target: ``book, created = ...``."""
        beside = self._body.parent(target)
        names = beside.items if isinstance(beside, TupleExpr) else []
        others = {item.name for item in names if isinstance(item, NameExpr) and item is not target}
        written = {binding.node for binding in self._body.flow.bindings()}
        reads = (name for name in self._body.every(NameExpr) if name not in written)
        return any(name.name in others for name in reads)

    def _awaited_rows(self, awaitable: Expression) -> Iterator[Row | None]:
        if isinstance(awaitable, CallExpr):
            found = self._awaited(awaitable) or self._result_row(awaitable, awaited=True)
            yield from self._row_or_argument(found, awaitable, awaited=True)
        else:
            yield None

    def _awaited(self, expression: Expression, methods: frozenset[str] = frozenset()) -> Row | None:
        """The instance that awaiting a call gives."""
        if not isinstance(expression, CallExpr):
            return None
        offloaded = offloaded_by(self._body, expression)
        if offloaded is not None:
            return self._found_by(offloaded.function, offloaded, _ONE_ROW)
        twins = methods or frozenset(f"a{name}" for name in _ONE_ROW)
        return self._found_by(expression.callee, expression, twins)

    def _found_by(
        self, function: Expression, call: "CallExpr | Offloaded", methods: frozenset[str]
    ) -> Row | None:
        match function:
            case MemberExpr(name=name) if name in methods and self._is_django_query(function):
                return _row(self.query(function.expr))
            case MemberExpr(name="acreate" | "create") if self._is_django_query(function):
                info = self._model_of(function.expr)
                return _made(info, call, stored=True) if info else None
            case NameExpr(fullname="builtins.anext") if call.args:
                return _row(self._iterated(call.args[0]))
            case NameExpr(name="aget_object_or_404" | "get_object_or_404") if call.args:
                return _row(self._given_to_shortcut(call.args[0]))
            case _:
                return None

    def _given_to_shortcut(self, source: Expression) -> Query | None:
        """The query that ``get_object_or_404`` makes of a model or a queryset."""
        model = class_object(self._body.type_of(source))
        return Query(model, source) if model else self.query(source)

    def _iterated(self, iterator: Expression) -> Query | None:
        """The query whose rows an async iterator such as ``aiter(books)`` gives."""
        match iterator:
            case CallExpr(callee=NameExpr(fullname="builtins.aiter"), args=[rows]):
                return self.query(rows)
            case _:
                return self.query(iterator)

    def _listed(self, expression: Expression) -> Query | None:
        """The query whose rows a list holds, or a dict that is looked into."""
        match expression:
            case NameExpr():
                values = self._body.reaching_values(expression)
                if len(values) == 1 and values[0] is not expression:
                    return self._listed(values[0])
            case ListComprehension(generator=generator):
                if len(generator.sequences) == 1 and _is_same_name(
                    generator.left_expr, generator.indices[0]
                ):
                    source = generator.sequences[0]
                    return (self.query if generator.is_async[0] else self._listed)(source)
            case AwaitExpr(expr=CallExpr(callee=MemberExpr(name="ain_bulk") as bulk)):
                return self.query(bulk.expr) if self._is_django_query(bulk) else None
            case AwaitExpr(expr=CallExpr() as call):
                offloaded = offloaded_by(self._body, call)
                if offloaded and offloaded.args and _is_list(offloaded.function):
                    return self.query(offloaded.args[0])
                if isinstance(call.callee, NameExpr) and call.callee.name == "aget_list_or_404":
                    return self._given_to_shortcut(call.args[0]) if call.args else None
                return self._query_of(self._result(call, awaited=True), Kind.ROWS)
            case CallExpr(args=[source]) if _is_list(expression.callee):
                return self.query(source) or self._listed(source)
            case CallExpr():
                return self._query_of(self._result(expression, awaited=False), Kind.ROWS)
            case _:
                pass
        return None

    def result(self, value: Expression) -> Result | None:
        """What a function that returns this value gives its caller; None if that is unknown."""
        rows = self.rows(value)
        if len({row._replace(query=row.query._replace(root=None)) for row in rows}) == 1:
            return Result(Kind.ROW, rows[0])
        if query := self._listed(value):
            return Result(Kind.ROWS, Row(query))
        if query := self.query(value):
            return Result(Kind.QUERYSET, Row(query))
        return None

    def _result(self, call: CallExpr, *, awaited: bool, place: int | None = None) -> Result | None:
        """What the project's own function gives that a call runs, here or in a thread."""
        if self._body.effects is None:
            return None
        function = self._function(call, awaited=awaited)
        return self._body.effects.result(function, place) if function else None

    def built_on(self, value: Expression) -> tuple[Giver, tuple[Step, ...]] | None:
        """The project's function, or attribute, that began a query, and what is called on it."""
        match value:
            case CallExpr(callee=MemberExpr(expr=queryset) as method) if (
                self._is_django_query(method) or self._body.type_of(queryset) is None
            ):
                step, begun = _step_of(method.name, value), self.built_on(queryset)
                return (begun[0], (*begun[1], step)) if step and begun else None
            case IndexExpr(index=SliceExpr(stride=None), base=queryset):
                return self.built_on(queryset)
            case _:
                giver = self.giver(value)
                return (giver, ()) if giver else None

    def given_by(self, value: Expression) -> tuple[Giver, int | None] | None:
        """The project's function that gave a value, and its place if that was in a tuple."""
        bindings = self._body.flow.reaching(value) if isinstance(value, NameExpr) else ()
        for binding in bindings if len(bindings) == 1 else ():
            if binding.value is not None and len(binding.path) == 1:
                function = self.giver(binding.value)
                return (function, binding.path[0]) if function else None
        function = self.giver(value)
        return (function, None) if function else None

    def giver(self, value: Expression) -> Giver | None:
        """The project's function that gave a value, where one call of it did, or an attribute."""
        match value:
            case NameExpr():
                values = self._body.reaching_values(value)
                is_call = len(values) == 1 and not isinstance(values[0], NameExpr)
                return self.giver(values[0]) if is_call else None
            case AwaitExpr(expr=CallExpr() as call):
                return self._function(call, awaited=True)
            case CallExpr():
                return self._function(value, awaited=False)
            case MemberExpr(node=None):
                return self._attribute(value)
            case _:
                return None

    def _attribute(self, read: MemberExpr) -> Giver | None:
        """The property behind an attribute, or the variable of an object's own, without a type."""
        node = common_member(owners(self._body, read.expr), read.name)
        match node:
            case Var(is_initialized_in_class=False) if known(node.type) is None:
                return node
            case _:
                return getter(node)

    def _kept_query(self, read: MemberExpr) -> Query | None:
        """The query that a property makes, or that an object keeps."""
        giver = self._attribute(read) if self._body.effects else None
        if giver is None or self._body.effects is None:
            return None
        return self._query_of(self._body.effects.result(giver), Kind.QUERYSET)

    def _function(self, call: CallExpr, *, awaited: bool) -> FuncDef | None:
        """The function that a call runs, here or in a thread."""
        offloaded = offloaded_by(self._body, call) if awaited else None
        callee = offloaded.function if offloaded else call.callee
        found = named_function(self._body, callee)
        if found is None or awaited != (found.is_awaited or offloaded is not None):
            return None
        return found.function

    def _result_row(self, call: CallExpr, *, awaited: bool, place: int | None = None) -> Row | None:
        result = self._result(call, awaited=awaited, place=place)
        return result.row if result and result.kind is Kind.ROW else None

    def _row_or_argument(
        self, row: Row | None, call: CallExpr, *, awaited: bool
    ) -> Iterator[Row | None]:
        """A row, or where none is known those of the argument that a function hands back."""
        argument = None if row else self._handed_back(call, awaited=awaited)
        yield from (argument and self.rows(argument)) or (row,)

    def _given_query(self, call: CallExpr, *, awaited: bool) -> Query | None:
        """The query that the project's own function gives, made by itself or handed back."""
        query = self._query_of(self._result(call, awaited=awaited), Kind.QUERYSET)
        argument = None if query else self._handed_back(call, awaited=awaited)
        return self.query(argument) if argument else query

    def _handed_back(self, call: CallExpr, *, awaited: bool) -> Expression | None:
        """The argument that a call gives back as it came, unless it has a name and more uses."""
        function = self._function(call, awaited=awaited) if self._body.effects else None
        if function is None or self._body.effects is None or function.is_coroutine != awaited:
            return None
        parameter = self._body.effects.hands_back(function)
        given = dict(bind(call, function)).get(parameter) if parameter else None
        return None if isinstance(given, NameExpr) else given

    def _query_of(self, result: Result | None, kind: Kind) -> Query | None:
        """The query of a result with many rows, if nothing is followed from them."""
        if result is None or result.kind is not kind or result.row.path:
            return None
        return result.row.query

    def _manager(self, manager: MemberExpr, *, is_fresh: bool = False) -> Query | None:
        """The query that a manager starts, one that no prefetch answers if that is ``is_fresh``."""
        type_ = self._body.type_of(manager)
        if not isinstance(type_, Instance) or not is_a(type_.type, MANAGER):
            return None
        model = model_class(type_)
        if model is None or not is_django_method(type_.type, "get_queryset"):
            return None
        if not is_a(type_.type, *RELATED_MANAGERS):
            return Query(model, manager)
        parents = classes(self._body.type_of(manager.expr))
        rows = self.rows(manager.expr)
        if len(parents) != 1 or not (rows or is_fresh):
            return None
        prefetched = frozenset() if is_fresh else frozenset(_behind(manager.name, rows))
        return Query(model, manager, prefetched=prefetched, parent=parents[0])

    def _step(self, method: MemberExpr, call: "CallExpr | Offloaded") -> Query | None:
        if not self._is_django_query(method):
            return None
        if isinstance(method.expr, MemberExpr):
            query = self._manager(method.expr, is_fresh=method.name != "all")
        else:
            query = self.query(method.expr)
        if query is None:
            return None
        if method.name == "select_related" and len(call.args) == 1 and is_none(call.args[0]):
            return query._replace(selected=frozenset(), all_selected=False)
        step = _step_of(method.name, call)
        return built(query, [step]) if step else None

    def _is_django_query(self, method: MemberExpr) -> bool:
        info = class_of(self._body.type_of(method.expr))
        return (
            info is not None
            and is_a(info, QUERYSET, MANAGER)
            and is_django_method(info, method.name)
        )

    def _model_of(self, queryset: Expression) -> TypeInfo | None:
        type_ = self._body.type_of(queryset)
        return model_class(type_) if isinstance(type_, Instance) else None


def _step_of(method: str, call: "CallExpr | Offloaded") -> Step | None:
    """What a method of a queryset does to what is loaded; None where that cannot be seen."""
    if method in SAME_ROWS:
        return (method, ())
    names = [_lookup(argument) for argument in call.args]
    lookups = tuple(sorted({name for name in names if name is not None}))
    is_plain = None not in names and not any(call.arg_names)
    return (method, lookups) if is_plain and method in EXTENDING else None


def _behind(relation: str, rows: Iterable[Row]) -> Iterator[str]:
    """What was prefetched beyond a relation of some rows: of "books__tags" the "tags"."""
    for row in rows:
        path = "__".join((*row.path, relation, ""))
        yield from (
            name.removeprefix(path) for name in row.query.prefetched if name.startswith(path)
        )


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


def _lookup(argument: Expression) -> str | None:
    match argument:
        case StrExpr():
            return argument.value
        case CallExpr(callee=NameExpr(name="Prefetch"), args=[StrExpr() as name]):
            return name.value
        case _:
            return None


def _row(query: Query | None) -> Row | None:
    return Row(query) if query else None


def _made(model: TypeInfo, call: "CallExpr | Offloaded", *, stored: bool = False) -> Row | None:
    if not is_model(model) or ARG_STAR2 in call.arg_kinds:
        return None
    given = [
        name
        for name, kind in zip(call.arg_names, call.arg_kinds, strict=True)
        if kind == ARG_NAMED and name
    ]
    made = call if isinstance(call, CallExpr) else call.node
    return Row(Query(model, made), given=frozenset([*given, "pk"] if stored else given))


def _is_same_name(left: Expression, right: Expression) -> bool:
    return isinstance(left, NameExpr) and isinstance(right, NameExpr) and left.node is right.node


def _is_list(function: Expression) -> bool:
    return isinstance(function, NameExpr) and function.fullname == "builtins.list"
