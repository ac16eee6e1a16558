"""Summaries of a module's functions."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, Final

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    ArgKind,
    Argument,
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ConditionalExpr,
    Decorator,
    DictExpr,
    Expression,
    FuncDef,
    FuncItem,
    IndexExpr,
    LambdaExpr,
    ListExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OverloadedFuncDef,
    RefExpr,
    ReturnStmt,
    StarExpr,
    SymbolNode,
    TryStmt,
    TupleExpr,
    TypeInfo,
    Var,
    YieldExpr,
)
from mypy.types import FunctionLike, get_proper_type

from mypy_async_django.bridge.definitions import AttributeValue, Definitions
from mypy_async_django.bridge.function_bodies import ModuleBodies
from mypy_async_django.bridge.models import (
    KEEPING_NO_ROWS,
    QUERYSET,
    is_column,
    is_model,
    is_to_many,
    may_lead_to_rows,
)
from mypy_async_django.bridge.tree import is_none, maker_of
from mypy_async_django.bridge.types import (
    all_are,
    class_object,
    is_awaitable,
    known,
    result_type,
)
from mypy_async_django.catalogue.builtin import METHODS, Use
from mypy_async_django.catalogue.django_contrib import ANSWERED_BY_LOADED_SESSIONS
from mypy_async_django.catalogue.frameworks.installed import KEEPING
from mypy_async_django.catalogue.lookup import MADE_SYNC_TITLE, title
from mypy_async_django.catalogue.offload import TO_SYNC
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.effects.declared import UNIQUE, declared_summary, unique_summary
from mypy_async_django.effects.summary import (
    DERIVED,
    ITEMS,
    LOADED,
    MADE,
    PARAMETER,
    SAME_AS,
    Names,
    Part,
    StoredResult,
    Summary,
    part_named,
)
from mypy_async_django.index.abstract import (
    ALWAYS,
    AWAITED,
    CALL,
    CALLABLES,
    NONE,
    UNKNOWN,
    Action,
    All,
    Call,
    Chosen,
    Closure,
    Condition,
    Dispatch,
    Function,
    Instance,
    Items,
    Literal,
    Not,
    Of,
    OneOf,
    Operation,
    Parameter,
    Partial,
    Passed,
    ResultOf,
    Test,
    Value,
    roots,
)
from mypy_async_django.index.coroutines.callback_parameters import callback_parameters
from mypy_async_django.index.coroutines.returned_coroutines import coroutine_from
from mypy_async_django.index.coroutines.value_uses import value_parameters
from mypy_async_django.index.matches.abstraction import abstraction
from mypy_async_django.index.matches.actions import call_of, dynamic_uses, run_of
from mypy_async_django.index.matches.closing import closes_connections
from mypy_async_django.index.matches.matches import (
    Match,
    api_of_function,
    arguments_unless,
    matches,
)
from mypy_async_django.index.matches.memos import memo_of, memo_of_callee
from mypy_async_django.index.matches.parameter_reads import (
    follows_of,
    is_untouched_argument,
    passes_of,
    touches_of,
    uses,
)
from mypy_async_django.index.matches.rendered import rendered_querysets, rendered_rows
from mypy_async_django.index.paths import ANY, ITEM, At, Path
from mypy_async_django.index.queries import Kind, Result
from mypy_async_django.index.resolution.call_targets import call_targets
from mypy_async_django.index.resolution.callees import named_function, sync_callees
from mypy_async_django.index.resolution.cooperative_super import is_cooperative, upward
from mypy_async_django.index.syntax.bindings import BindingKind
from mypy_async_django.index.syntax.body import Body, once
from mypy_async_django.index.syntax.handlers import is_caught
from mypy_async_django.index.syntax.missing_imports import is_missing
from mypy_async_django.index.syntax.operations import (
    ImplicitUse,
    called_name,
    calls,
    full_name,
    implicit_uses,
)
from mypy_async_django.index.values.provenance import built_on, derived_from, result_of, row_at
from mypy_async_django.index.values.relations import may_be_changed, may_have_loaded
from mypy_async_django.index.values.rendering import entries_of
from mypy_async_django.index.values.result_cache import is_consumed, is_empty, is_evaluated
from mypy_async_django.index.values.sources import Argument as SourceArgument
from mypy_async_django.index.values.sources import is_of_object, sources

_DICT: Final = "builtins.dict"
_LOOP_PROBES: Final = frozenset(
    {
        "_asyncio._get_running_loop",
        "_asyncio.current_task",
        "_asyncio.get_running_loop",
        "asyncio.events._get_running_loop",
        "asyncio.events.get_running_loop",
        "asyncio.tasks.current_task",
        "sniffio._impl.current_async_library",
        "strawberry.utils.inspect.in_async_context",
    }
)
_IS_RUNNING: Final = "is_running"
#: The modules of decorators whose result returns what the function returns.
_KEEPING: Final = ("asgiref.", "builtins.", "django.", "functools.")
_PARTIAL: Final = "functools.partial"
#: Constants that make a call harmless, as values.
_HARMLESS: Final = {
    "False": Literal("builtins.bool", "False"),
    "None": NONE,
    "True": Literal("builtins.bool", "True"),
}
#: What None, which a caller cannot use, adds to other results.
NOTHING: Final = "nothing"
_MOST_RETURNS: Final = 8
_MOST_FOLLOWED: Final = 30
_DEEPEST: Final = 8
"""Functions inside each other that are summarised: a summary contains those of its functions."""
_FOLLOWED: Final = (Effect.RAISES, Effect.BLOCKS, Effect.NESTS)
_RENDERED: Final = "QuerySet.__iter__"

BodyOf = Callable[[FuncItem | MypyFile], Body]

IsFollowed = Callable[[str], bool]
"""Whether calls are followed into a function, by its full name: the user's, or of a package."""


def summary_named(
    name: str, tree: MypyFile, bodies: ModuleBodies, body_of: BodyOf, is_followed: IsFollowed
) -> Summary:
    """What calling what a module defines under a name does, or reading an attribute gives.

    The name is that within the module, and of a `Part`: of a function, of a variable that holds one,
    of an attribute that keeps a value. Nothing where there is none.
    """
    name, part = part_named(name)
    attribute = bodies.attribute(name)
    if attribute and (result := _kept_value(attribute, bodies.definitions, body_of, is_followed)):
        return Summary(result=result)
    value = bodies.value(name)
    if value is not None:
        module = body_of(_without_statements(tree))
        if _is_function(value.value, bodies.symbol(name)):
            return _summary_of_value(value.value, part, module, body_of, is_followed)
        held = _registered(name, tree, bodies, value.value) or abstraction(module).value(
            value.value
        )
        is_list = isinstance(held, Items) and isinstance(held.item, CALLABLES)
        return Summary(returns=held if is_list or isinstance(held, Literal | OneOf) else UNKNOWN)
    definition = bodies.function(name)
    if definition is None:
        return _declared(name, bodies)
    summary = summary_of(definition.function, part, body_of, is_followed)
    if summary.stores:
        owner = name.rpartition(".")[0]
        attributes = {name: bodies.attribute(f"{owner}.{name}") for name, _ in summary.stores}
        kept = tuple(
            (name, value)
            for name, value in summary.stores
            if (attribute := attributes[name]) is not None and not attribute.may_be_none
        )
        summary = summary._replace(stores=kept)
    if definition.decorator is None:
        return summary
    module = body_of(_without_statements(tree))
    is_typed = _has_type(bodies.symbol(name))
    return _as_decorated(
        summary, part, definition.decorator, module, is_followed, is_typed=is_typed
    )


def _registered(name: str, tree: MypyFile, bodies: ModuleBodies, value: Expression) -> Value | None:
    """The functions that decorators put into a variable of the module; None if there are none."""
    names = bodies.definitions.registered.get(name, ())
    found = OneOf(tuple(("", Function(f"{tree.fullname}.{each}")) for each in names))
    if not names:
        return None
    return Items(found) if isinstance(value, ListExpr) else found


def _declared(name: str, bodies: ModuleBodies) -> Summary:
    """What a method does that a class inherits, or the check of a model's field."""
    owner, _, method = name.rpartition(".")
    definition, info = bodies.class_(owner), bodies.symbol(owner)
    if definition is not None and isinstance(info, TypeInfo):
        return declared_summary(info, method, definition)
    outer, _, field = owner.rpartition(".")
    if method == UNIQUE and (model := bodies.class_(outer)) is not None:
        return unique_summary(model, field)
    return Summary()


def _without_statements(tree: MypyFile) -> MypyFile:
    """A module for questions about names at its top level; what it runs is of no interest."""
    module = MypyFile([], [])
    module._fullname, module.path, module.names = tree.fullname, tree.path, tree.names
    return module


def _is_function(value: Expression, variable: SymbolNode | None) -> bool:
    """Whether the value of a variable is a function."""
    match value:
        case _ if not isinstance(variable, Var):
            return False
        case LambdaExpr() | RefExpr(node=FuncDef() | Decorator() | OverloadedFuncDef()):
            return True
        case MemberExpr(node=None):  # perhaps a method: ``Book.objects.count``
            return isinstance(get_proper_type(variable.type), FunctionLike)
        case CallExpr(callee=RefExpr(fullname=name), args=[_, *_]):
            return name == _PARTIAL
        case _:
            return False


def _kept_value(
    attribute: AttributeValue, module: Definitions, body_of: BodyOf, is_followed: IsFollowed
) -> tuple[Any, ...]:
    """What an attribute holds, where the module reads it, as it was assigned."""
    function, value = attribute.method.function, attribute.value
    name = attribute.target.name
    symbol = function.info.names.get(name) if function.info else None
    variable = symbol.node if symbol is not None else None
    if not isinstance(variable, Var) or not is_of_object(variable):
        return ()
    body = body_of(function)
    facts = _given(body, value, is_followed, value)
    result = result_of(body, value) if facts else None
    model = result.row.model if result is not None else None
    is_lazy = result is not None and result.kind is Kind.QUERYSET
    if not facts or is_lazy:
        return facts

    def is_plain(name: str) -> bool:
        return model is not None and (is_column(model, name) or is_to_many(model, name))

    if module.only_columns_are_read(attribute, is_plain):
        return facts
    is_row = result is not None and result.kind is Kind.ROW
    return (MADE, model.fullname) if is_row and model is not None else ()


def _as_decorated(
    summary: Summary,
    part: Part,
    decorator: Decorator,
    module: Body,
    is_followed: IsFollowed,
    *,
    is_typed: bool,
) -> Summary:
    """What a function does for who calls it by its name, given what it does itself.

    ``is_typed`` says that mypy knows the type of that name.
    """
    if part in {Part.TOUCHES, Part.TAKES}:
        return summary
    function, catalogue = decorator.func, module.catalogue
    makers = [maker_of(each) for each in decorator.original_decorators]
    names = [full_name(module, maker) or _registering(maker) for maker in makers]
    offloaders = [found for name in names if (found := catalogue.offloader(name)) is not None]
    is_unseen = not is_typed and any(map(is_missing, makers))
    if function.is_coroutine and not TO_SYNC.isdisjoint(names):
        nests = Action(Operation(Effect.NESTS, MADE_SYNC_TITLE))
        summary = summary._replace(actions=(nests,), is_coroutine=False)
    elif not offloaders and not function.is_coroutine and any(map(is_followed, names)):
        summary = _wrapped(summary, decorator, names, module, is_typed=is_typed)
    elif offloaders or (is_unseen and not set(KEEPING).issuperset(names)):
        summary = summary._replace(actions=(), upward=(), queries=(), returns=UNKNOWN)
    if function.type is None and not all(
        name.startswith(_KEEPING) or catalogue.offloader(name) for name in names
    ):
        summary = summary._replace(result=())
    is_alone = len(makers) == 1 and is_missing(makers[0])
    return summary._replace(
        is_awaited=is_alone and any(offloader.wraps for offloader in offloaders)
    )


def _registering(maker: Expression) -> str:
    """The full name of a method of a tag library, which its module has to call ``register``."""
    match maker:
        case MemberExpr(expr=NameExpr(name="register"), name=name):
            return f"django.template.library.Library.{name}"
        case _:
            return ""


def _has_type(symbol: SymbolNode | None) -> bool:
    """Whether mypy knows the type of a decorated name; the statement read again does not tell."""
    return isinstance(symbol, Decorator) and known(symbol.var.type) is not None


def _wrapped(
    summary: Summary, decorator: Decorator, names: Sequence[str], module: Body, *, is_typed: bool
) -> Summary:
    """What a function does behind decorators of the project: what their wrappers do.

    Where types say that the result is called alike, the function itself counts in any case.
    """
    value: Value = Closure(decorator.func.fullname, summary)
    for maker, name in zip(reversed(decorator.original_decorators), reversed(names), strict=True):
        if not name.startswith((*_KEEPING, *KEEPING)):
            value = ResultOf(abstraction(module).value(maker), (_positional(value),))
    run = Action(Dispatch(value, CALL, tuple(map(_handed_on, summary.parameters))))
    return summary._replace(
        actions=(*summary.actions, run) if is_typed else (run,),
        returns=summary.returns if is_typed else UNKNOWN,
    )


def _positional(value: Value) -> Passed:
    return Passed(ARG_POS.value, None, value)


def _handed_on(parameter: Parameter) -> Passed:
    """The argument that hands a parameter on to one of the same kind."""
    kind = ArgKind(parameter.kind)
    value = Of((parameter.name,))
    if kind.is_star():
        return Passed(kind.value, None, value)
    return Passed(ARG_NAMED.value, parameter.name, value) if kind.is_named() else _positional(value)


def _summary_of_value(
    value: Expression, part: Part, module: Body, body_of: BodyOf, is_followed: IsFollowed
) -> Summary:
    """What calling the function does that a variable of a module or class holds."""
    if isinstance(value, LambdaExpr):
        return summary_of(value, part, body_of, is_followed)
    if part is not Part.DOES:
        return Summary()
    api = api_of_function(module, value)
    if api is not None:
        is_certain = api.effect in _FOLLOWED and api.is_certain(api.effect)
        return Summary(_performing(api) if is_certain else ())
    functions = [each for each in sync_callees(module, value) if is_followed(each.fullname)]
    called = sorted({each.fullname for each in functions if not each.is_generator})
    held = abstraction(module).value(value)
    arguments = tuple(Passed(each.kind, each.name, Of((each.name,))) for each in _ANY)
    passed = Partial(held, arguments) if isinstance(held, Partial) else held
    run = Dispatch(passed, CALL, arguments)
    actions = tuple(Action(Call(name, None, arguments)) for name in called)
    return Summary(
        actions if functions else (Action(run),),
        _ANY,
        held,
    )


#: The parameters of a function that takes anything.
_ANY: Final = (
    Parameter("args", ARG_STAR.value),
    Parameter("kwargs", ARG_STAR2.value),
)


def _performing(api: Api) -> tuple[Action, ...]:
    return (Action(Operation(api.effect, title(api))),)


def summary_of(
    function: FuncItem,
    part: Part,
    body_of: BodyOf,
    is_followed: IsFollowed,
    known: dict[FuncItem, Summary] | None = None,
    depth: int = 0,
) -> Summary:
    """A part of what one function does itself, with the functions and lambdas that it makes and calls.

    ``known`` is what functions inside the same outermost function do, ``depth`` is how many of them
    are being worked out.
    """
    known = {} if known is None else known
    if function not in known:
        known[function] = Summary()  # what a function that names itself is given
        known[function] = _summary_of(function, part, body_of, is_followed, known, depth)
    return known[function]


def _summary_of(
    function: FuncItem,
    part: Part,
    body_of: BodyOf,
    is_followed: IsFollowed,
    known: dict[FuncItem, Summary],
    depth: int,
) -> Summary:
    def does(item: FuncItem) -> Summary:
        return summary_of(item, Part.DOES, body_of, is_followed, known, depth + 1)

    body = body_of(function)
    body.summarise = does if depth < _DEEPEST else None
    match part:
        case Part.DOES:
            return _does(body, is_followed)
        case Part.RESULT:
            return Summary(result=_result(body, is_followed))
        case Part.TOUCHES:
            passes = {
                (passed.parameter, passed.function, passed.to)
                for passed in passes_of(body)
                if is_followed(passed.function)
            }
            return Summary(passes=tuple(sorted(passes)), touches=tuple(sorted(touches_of(body))))
        case Part.TAKES:
            return Summary(
                value_parameters=tuple(sorted(value_parameters(body))),
                callbacks=tuple(callback_parameters(body)),
            )
        case Part.AWAITED:
            return Summary(coroutine_from=coroutine_from(body))


def _does(body: Body, is_followed: IsFollowed) -> Summary:
    actions, ways = _actions(body, is_followed)
    return Summary(
        actions=tuple(sorted(actions, key=repr)),
        parameters=_parameters(body),
        returns=_returns(body),
        stores=tuple(sorted(_stores(body), key=repr)),
        is_probe=_is_probe(body),
        is_coroutine=body.is_coroutine,
        upward=tuple(sorted(ways)),
        is_cooperative=is_cooperative(body) and not _probes(body),
        queries=tuple(sorted(_queries(body, is_followed))),
        closes_connections=closes_connections(body),
    )


def _actions(body: Body, is_followed: IsFollowed) -> tuple[set[Action], set[Names]]:
    """What a body does, and the ``super()`` chains of what it calls.

    Of a coroutine, which is looked at itself, only what it follows of its parameters and passes on.
    Nothing where it asks whether a loop is running.
    """
    chains: set[Names] = set()
    if _probes(body):
        return set(), chains
    values = abstraction(body)

    def condition(node: Node, *more: Condition) -> Condition:
        is_sync = (Not(AWAITED),) if _is_on_sync_way(body, node) else ()
        found = [each for each in (values.condition(node), *is_sync, *more) if each != ALWAYS]
        return All(tuple(found)) if len(found) > 1 else found[0] if found else ALWAYS

    followed = ((follow, node) for follow, node in follows_of(body) if any(roots(follow)))
    actions = {Action(follow, condition(node)) for follow, node in followed}
    actions = set(sorted(actions, key=repr)[:_MOST_FOLLOWED])
    if body.is_coroutine:
        given = (
            (use, node) for node, use in uses(body) if any(roots(use)) and not is_caught(body, node)
        )
        return actions | {Action(use, condition(node)) for use, node in given}, chains
    for operation, node, when in _operations(body):
        actions.add(Action(operation, condition(node, *when), memo_of(body, node)))
    for target in call_targets(body):
        function, node = target.function, target.node
        if is_caught(body, node):
            continue
        if not isinstance(function, Var) and body.is_nested(function):
            if not function.is_coroutine:
                actions.add(Action(run_of(body, target), condition(node), memo_of(body, node)))
        elif is_followed(function.fullname):
            memo = memo_of(body, node) or memo_of_callee(body, target)
            actions.add(Action(call_of(body, target), condition(node), memo))
            if chain := upward(body, target):
                chains.add(chain)
    for dynamic in dynamic_uses(body):
        if not is_caught(body, dynamic.node):
            memo = memo_of(body, dynamic.node)
            actions.add(Action(dynamic.use, condition(dynamic.node), memo))
    return actions, chains


def _is_on_sync_way(body: Body, node: Node) -> bool:
    """Whether a function that on some ways returns a coroutine does something on another way.

    Callers that await the result have taken one of the former.
    """
    returned = _returned_coroutines(body)
    return bool(returned) and not any(body.flow.reaches(node, each) for each in returned)


@once
def _returned_coroutines(body: Body) -> Sequence[ReturnStmt]:
    """The ``return`` statements of a sync function that return something to await."""
    if body.is_coroutine:
        return ()
    return [
        node
        for node in body.every(ReturnStmt)
        if isinstance(node.expr, CallExpr)
        and (
            is_awaitable(body.type_of(node.expr))
            or ((named := named_function(body, node.expr.callee)) and named.is_awaited)
        )
    ]


def _operations(body: Body) -> Iterator[tuple[Operation, Node, Sequence[Condition]]]:
    """The operations of the catalogue that a body is certain to run, with their nodes.

    And with the conditions that their arguments make: ``validate(x, check_deliverability=check)``.
    """
    for matched in matches(body):
        if matched.api.when:
            continue  # what it takes is not to be seen from afar
        if matched.api.name in ANSWERED_BY_LOADED_SESSIONS:
            continue  # one of the needs: it may be loaded by then
        if _tests_whether_given(body, matched):
            continue
        if matched.api.effect in _FOLLOWED:
            conditions = list(_harmful(body, matched))
            yield Operation(matched.api.effect, title(matched.api)), matched.node, conditions
    if any(rendered_querysets(body)) or any(rendered_rows(body)):
        yield Operation(Effect.RAISES, _RENDERED), body.function, ()


def _harmful(body: Body, matched: Match) -> Iterator[Condition]:
    """The conditions that no argument, which a parameter gives, makes a call harmless."""
    call = matched.operation
    for value, constant in (
        arguments_unless(call, matched.api) if isinstance(call, CallExpr) else ()
    ):
        given = abstraction(body).value(value)
        if isinstance(given, Of) and constant in _HARMLESS:
            yield Not(Test(given, "equals", (_HARMLESS[constant],)))


def _parameters(body: Body) -> tuple[Parameter, ...]:
    function = body.function
    if not isinstance(function, FuncItem):
        return ()
    values = abstraction(body)
    return tuple(
        Parameter(
            argument.variable.name,
            argument.kind.value,
            None if argument.initializer is None else values.value(argument.initializer),
        )
        for argument in function.arguments
    )


def _returns(body: Body) -> Value:
    """The value that a function returns, or the values with their conditions.

    A mere instance of a class counts as unknown: the type says as much.
    """
    function = body.function
    if body.is_coroutine or not isinstance(function, FuncItem) or function.is_generator:
        return UNKNOWN
    values = abstraction(body)
    found = [
        (values.condition(node), values.value(node.expr))
        for node in body.every(ReturnStmt)
        if node.expr is not None and not isinstance(node.expr, AwaitExpr)
    ]
    distinct = {UNKNOWN if isinstance(value, Instance) else value for _, value in found}
    if len(distinct) == 1:
        return distinct.pop()
    is_told = any(when != ALWAYS for when, _ in found) and len(found) <= _MOST_RETURNS
    return Chosen(tuple(found)) if is_told else UNKNOWN


def _stores(body: Body) -> Iterator[tuple[str, Value]]:
    """The values that a constructor keeps in attributes that nothing else in it assigns."""
    function = body.function
    if not isinstance(function, FuncDef) or function.name != "__init__" or not function.arguments:
        return
    itself = function.arguments[0].variable
    targets = [
        (target, node)
        for node in body.every(AssignmentStmt)
        for target in node.lvalues
        if isinstance(target, MemberExpr) and isinstance(target.expr, NameExpr)
        if target.expr.node is itself
    ]
    times = Counter(target.name for target, _ in targets)
    for target, node in targets:
        if times[target.name] == 1 and abstraction(body).condition(node) == ALWAYS:
            value = abstraction(body).value(node.rvalue)
            if value is not UNKNOWN:
                yield target.name, value


def _queries(body: Body, is_followed: IsFollowed) -> Iterator[tuple[str, str]]:
    """The operations on results of the project's functions, of which no more is known here."""
    if body.is_coroutine:
        return
    operations: list[tuple[Expression, Sequence[str]]] = [
        (use.value, METHODS[use.use]) for use in implicit_uses(body)
    ]
    for call in calls(body):
        match call.callee:
            case MemberExpr(expr=rows, name=name):
                operations.append((rows, (name,)))
            case _:
                pass
    for rows, names in operations:
        row = next(filter(None, (body.catalogue.api(f"{QUERYSET}.{name}") for name in names)), None)
        if row is None or not row.is_certain(Effect.RAISES) or body.type_of(rows) is not None:
            continue
        begun = None if is_caught(body, rows) else built_on(body, rows)
        if begun is not None and not begun.path and is_followed(begun.giver.fullname):
            yield begun.giver.fullname, title(row)
        derived = None if is_caught(body, rows) else derived_from(body, rows)
        own = [name for name, _ in derived.steps if "." in name] if derived else []
        if own and derived is not None and derived.kind is Kind.QUERYSET:
            yield own[-1], title(row)


def _tests_whether_given(body: Body, matched: Match) -> bool:
    """Whether a truth test is of a parameter that may be None: it queries for some callers only."""
    tested = matched.operation
    if not isinstance(tested, ImplicitUse) or tested.use is not Use.TRUTH:
        return False
    name = tested.value
    return isinstance(name, NameExpr) and any(
        binding.kind is BindingKind.ARGUMENT
        and isinstance(binding.node, Argument)
        and binding.node.initializer is not None
        and is_none(binding.node.initializer)
        for binding in body.flow.reaching(name)
    )


@once
def _probes(body: Body) -> Sequence[CallExpr]:
    """The calls that find out whether an event loop is running."""
    return [
        call
        for call in calls(body)
        if called_name(body, call) in _LOOP_PROBES
        or (isinstance(call.callee, MemberExpr) and call.callee.name == _IS_RUNNING)
    ]


def _is_probe(body: Body) -> bool:
    """Whether a function outlives a failing probe: it is called to find out, not to use the loop."""
    return not body.is_coroutine and any(
        isinstance(around, TryStmt) for call in _probes(body) for around in body.ancestors(call)
    )


def _result(body: Body, is_followed: IsFollowed) -> tuple[Any, ...]:
    """The function's result, where all its return statements agree; see `Summary`."""
    if not may_lead_to_rows(result_type(body.function)):
        return ()
    yielded = [node.expr for node in body.every(YieldExpr)]
    returned = [node.expr for node in body.every(ReturnStmt)]
    ways = [way for value in yielded or returned if value is not None for way in _ways(value)]
    given = [
        _given(body, way, is_followed, way)
        for way in [way for way in ways if not is_empty(body, way)] or ways
    ]
    facts: tuple[Any, ...] = _telling(reduce(_same, given)) if given else ()
    if not yielded or not facts:
        return facts
    is_row = facts[0] == Kind.ROW.value and not StoredResult(*facts).path
    return (Kind.ROWS.value, *facts[1:]) if is_row else ()


def _ways(value: Expression) -> Iterator[Expression]:
    """The values that an expression may have, but for None."""
    match value:
        case ConditionalExpr(if_expr=one, else_expr=other):
            yield from _ways(one)
            yield from _ways(other)
        case _:
            if not is_none(value):
                yield value


def _same(facts: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    """Join of two return values: containers part by part, None and parts of one only are neutral."""
    if facts == others or others[:1] == (NOTHING,):
        return facts
    if facts[:1] == (NOTHING,):
        return others
    if (LOADED,) in {facts, others}:
        return (LOADED,)  # it may be, that is enough
    head = facts[:2] if facts[:1] == (MADE,) else facts[:1]
    if head[:1] not in {(ITEMS,), (MADE,)} or others[: len(head)] != head:
        return ()
    parts = dict(facts[len(head) :])
    for step, part in others[len(head) :]:
        parts[step] = _same(parts[step], part) if step in parts else part
    return (*head, *parts.items())


def _telling(facts: tuple[Any, ...]) -> tuple[Any, ...]:
    """The facts without the parts of a container of which nothing is known."""
    if facts[:1] == (NOTHING,):
        return ()
    if facts[:1] not in {(ITEMS,), (MADE,)}:
        return facts
    head = 1 if facts[0] == ITEMS else 2
    parts = [(step, known) for step, part in facts[head:] if (known := _telling(part))]
    return (*facts[:head], *parts) if parts else ()


def _given(
    body: Body, value: Expression, is_followed: IsFollowed, way: Expression
) -> tuple[Any, ...]:
    """The result of one return statement; nothing where the body may have loaded or changed it.

    ``way`` is the whole returned value, of which ``value`` may be a part.
    """
    if is_none(value):
        return (NOTHING,)
    if (parts := _parts(body, value)) is not None:
        head, inside = parts
        found: dict[Any, tuple[Any, ...]] = {}
        for step, part in inside:
            facts = _given(body, part, is_followed, way)
            found[step] = _same(found[step], facts) if step in found else facts
        return (*head, *found.items())
    type_ = body.type_of(value)
    if (type_ is None or all_are(type_, QUERYSET)) and (
        is_consumed(body, value) or is_evaluated(body, value, way)
    ):
        return (LOADED,)
    if not may_lead_to_rows(type_):
        return ()
    if isinstance(value, NameExpr) and is_untouched_argument(body, value):
        return (PARAMETER, value.name, (), True)
    if (derived := derived_from(body, value)) is not None:
        return (DERIVED, derived.parameter, derived.kind.value, derived.steps)
    result = result_of(body, value)
    begun = None if result else built_on(body, value)
    if begun is not None and not is_followed(begun.giver.fullname):
        begun = None
    is_changed = may_be_changed(body, value, way) or may_have_loaded(body, value, way)
    if (result or begun) and not is_changed:
        if result is not None:
            return _stored(result)
        return (SAME_AS, begun.giver.fullname, begun.path, *begun.steps) if begun else ()
    return _handed_back(body, value, ()) or (
        () if is_changed else (ITEMS, *_contained(body, value, ()))
    )


def _handed_back(body: Body, value: Expression, path: Path) -> tuple[Any, ...]:
    """What is returned of a parameter."""
    found = sources(body, value, path)
    match found.items:
        case (SourceArgument(parameter=name, path=inside, steps=()),) if found.is_complete:
            return (PARAMETER, name, inside, False)
        case _:
            return ()


def _contained(body: Body, value: Expression, path: Path) -> Iterator[tuple[Any, ...]]:
    """What a container that the body fills has, by the step to it."""
    if not sources(body, value, path).is_complete:
        return
    for step in (ITEM, ANY):
        inside = (*path, step)
        row = row_at(body, value, inside)
        if row is not None:
            yield step, _stored(Result(Kind.ROW, row))
        elif found := _handed_back(body, value, inside):
            yield step, found
        elif not path and (within := tuple(_contained(body, value, inside))):
            yield step, (ITEMS, *within)


_Parts = tuple[tuple[Any, ...], list[tuple[Any, Expression]]]


def _parts(body: Body, value: Expression) -> _Parts | None:
    """The parts of a container, or the arguments of an object that is made, with their steps.

    Also where a name has it that the body only reads and returns. None where it is neither.
    """
    if isinstance(value, DictExpr) or all_are(body.type_of(value), _DICT):
        entries = [(At(name), item) for name, item in entries_of(body, value)]
        return ((ITEMS,), [*entries]) if entries else None
    if not isinstance(value, NameExpr):
        return _parts_of(body, value)
    values, made = body.reaching_values(value), body.definition_sites(value)
    others = [name for name in body.every(NameExpr) if body.definition_sites(name) & made]
    return (
        _parts_of(body, values[0])
        if len(values) == 1 and all(_is_read(body, name) for name in others)
        else None
    )


def _is_read(body: Body, name: NameExpr) -> bool:
    """Whether code only returns what a name has, or reads an item or attribute of it."""
    parent = body.parent(name)
    around = body.parent(parent) if isinstance(parent, IndexExpr | MemberExpr) else None
    is_target = isinstance(around, AssignmentStmt) and parent in around.lvalues
    is_called = isinstance(around, CallExpr) and around.callee is parent
    return isinstance(parent, ReturnStmt) or (around is not None and not is_target | is_called)


def _parts_of(body: Body, value: Expression) -> _Parts | None:
    match value:
        case TupleExpr(items=items) if not any(isinstance(item, StarExpr) for item in items):
            return (ITEMS,), [(At(place), item) for place, item in enumerate(items)]
        case CallExpr() if (info := class_object(body.types.type_of(value.callee))) is not None:
            is_own = not is_model(info) and not info.fullname.startswith(KEEPING_NO_ROWS)
            is_plain = all(kind in {ARG_POS, ARG_NAMED} for kind in value.arg_kinds)
            arguments = zip(value.arg_names, value.args, strict=True)
            given = [(name or place, part) for place, (name, part) in enumerate(arguments)]
            return ((MADE, info.fullname), [*given]) if is_own and is_plain and given else None
        case _:
            return None


def _stored(result: Result) -> StoredResult:
    row, query = result.row, result.row.query
    return StoredResult(
        kind=result.kind.value,
        model=query.model.fullname,
        path=row.path,
        selected=tuple(sorted(query.selected)),
        all_selected=query.all_selected,
        prefetched=tuple(sorted(query.prefetched)),
        only=None if query.only is None else tuple(sorted(query.only)),
        deferred=tuple(sorted(query.deferred)),
        parent=query.parent.fullname if query.parent else None,
        given=None if row.given is None else tuple(sorted(row.given)),
        later=query.later,
    )
