"""One function's own code: its nodes, their parents and what is known of their types."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, wraps
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from mypy.nodes import (
    AwaitExpr,
    Block,
    BreakStmt,
    CallExpr,
    ComparisonExpr,
    Context,
    ContinueStmt,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IfStmt,
    LambdaExpr,
    ListComprehension,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    RaiseStmt,
    RefExpr,
    ReturnStmt,
    SetComprehension,
    StarExpr,
    Statement,
    TypeInfo,
    UnaryExpr,
    Var,
    WithStmt,
    YieldFromExpr,
)
from mypy.types import Instance, ProperType

from mypy_async_django.bridge.imports import MissingImports
from mypy_async_django.bridge.source import Source
from mypy_async_django.bridge.tree import LEAVES, children, walk
from mypy_async_django.bridge.types import class_object, definition, is_a, is_object
from mypy_async_django.catalogue.builtin import EVALUATORS, Use
from mypy_async_django.catalogue.callbacks import Misuse
from mypy_async_django.catalogue.django import RAISED_BY_QUERIES
from mypy_async_django.catalogue.lookup import Catalogue
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.index.abstract import ALWAYS, Call, Condition, Dispatch, Way
from mypy_async_django.index.paths import Path
from mypy_async_django.index.queries import Derived, Result
from mypy_async_django.index.syntax.bindings import BindingKind, in_order
from mypy_async_django.index.syntax.reaching_definitions import Flow
from mypy_async_django.templates.files import Templates, TemplateSettings

T = TypeVar("T")
N = TypeVar("N", bound=Node)

_TYPE_CHECKING: Final = frozenset({"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"})

#: Names of methods among the functions that evaluate an argument.
EVALUATING_METHODS: Final = frozenset(name.rpartition(".")[2] for name in EVALUATORS)
#: The context managers with which a test expects an exception.
_EXPECTING: Final = ("raises", "assertRaises")

#: Node classes with children that do not run when the node is evaluated.
_PARTLY_OWN: Final = frozenset({Block, FuncDef, GeneratorExpr, IfStmt, LambdaExpr})

#: Bindings that bind the name to the value itself, not to an item of it.
_PLAIN: Final = (BindingKind.ASSIGN, BindingKind.WALRUS)


class Types(Protocol):
    """The types of a body's expressions."""

    @property
    def are_mypys(self) -> bool:
        """Whether mypy has checked the body."""
        ...

    def type_of(self, expression: Expression) -> ProperType | None:
        """The type of an expression of the body; None if it is unknown."""
        ...

    def is_reached(self, expression: Expression) -> bool:
        """Whether the expression is reachable; mypy infers no types for unreachable code."""
        ...


Ways: TypeAlias = Mapping[Effect, Way]
"""The shortest call chain to an operation of each effect; an effect that is not reached has none."""


class HandedBack(NamedTuple):
    """A parameter that a function returns, or what a path from it leads to.

    ``is_untouched`` says that the function does nothing else with it.
    """

    parameter: str
    path: Path
    is_untouched: bool


class Effects(Protocol):
    """What the project's functions do, through whatever they call."""

    def path(self, function: FuncItem | Var, effect: Effect) -> Way | None:
        """The shortest call chain from a function, or a variable that holds one, to an operation.

        None if there is none.
        """
        ...

    def ways(
        self,
        function: FuncItem | Var,
        upward: tuple[str, ...] = (),
        call: Call | None = None,
        when: Condition = ALWAYS,
    ) -> Ways:
        """The shortest call chains from a function, or a variable that holds one, to operations.

        ``call`` is how it is called, with what is passed, ``when`` the
        condition of that. ``upward`` is the ``super()`` chain that a mixin's method begins.
        """
        ...

    def dispatched(self, use: Dispatch) -> Ways:
        """The shortest call chains to operations, for a use that a value's class decides."""
        ...

    def nested(self, function: FuncItem) -> object:
        """The summary of a lambda, or of a function inside another."""
        ...

    def result(self, function: FuncItem | Var, path: Path = ()) -> tuple[Result, Path] | None:
        """The rows at a path into what a function or its coroutine returns, or a variable keeps.

        With what is left of the path behind them. None if they are not known.
        """
        ...

    def hands_back(self, function: FuncItem, path: Path = ()) -> HandedBack | None:
        """What of a parameter is at a path into what a function returns; None if it is not known."""
        ...

    def makes(self, function: FuncItem | Var) -> str | None:
        """The full name of the class of the container or object that a function returns.

        None where it returns something else, or nothing is known of what is inside.
        """
        ...

    def derives(self, function: FuncItem) -> Derived | None:
        """What a function returns of a queryset that it receives; None if that is not known."""
        ...

    def gives_loaded(self, function: FuncItem | Var, path: Path = ()) -> bool:
        """Whether a function gives a queryset at a path that it has iterated, or may have."""
        ...

    def is_awaited(self, function: FuncItem) -> bool:
        """Whether a decorator that mypy has not found makes a coroutine function of a sync one."""
        ...

    def asks_for_loop(self, function: FuncItem) -> bool:
        """Whether a function finds out whether an event loop is running."""
        ...

    def closes_connections(self, function: FuncItem, way: Way) -> bool:
        """Whether a function, or one on the way from it to a query, closes its connections."""
        ...

    def uses_as_value(self, function: FuncItem, parameter: str) -> bool:
        """Whether a function only uses what a parameter gets as a value.

        One of the project's may await it, or see that it is; others that take anything do not.
        """
        ...

    def misuse_of_callback(self, function: FuncItem, parameter: str) -> Misuse | None:
        """What a function does with the coroutine, if a parameter receives a coroutine function.

        None where it may await it, where it does anything with the parameter but call it, and where
        nothing is known of the function.
        """
        ...

    def coroutine_from(self, function: FuncItem) -> frozenset[str]:
        """The functions that a sync function calls to return a coroutine, by full names.

        Empty where it may return something else.
        """
        ...

    def touched(self, function: FuncItem, parameter: str) -> frozenset[str] | None:
        """The attributes that a function reads, calls or sets on what a parameter receives.

        None where it may do more with it, or nothing is known of the function.
        """
        ...

    def needs(
        self, use: Call | Dispatch, when: Condition = ALWAYS
    ) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """The access paths from rows in a call's values that are followed, and by which functions.

        Each path starts with the key of the row.
        """
        ...

    def short(self, function: str) -> str:
        """A function's name within its module."""
        ...

    def file(self, function: str) -> str:
        """The path of the file that a function stands in."""
        ...


class ModuleContext(NamedTuple):
    """The module that contains a body: its syntax tree and the bodies of its other functions."""

    tree: MypyFile
    body_of: "Callable[[FuncItem], Body]"
    answers: dict[Callable[..., object], Any]
    """The memo of the functions decorated with `once_in_module`: for one look at the module."""


class Body:
    """A function, or a module's top level, with the nodes that are evaluated when it runs.

    Excluded are the bodies of nested functions and lambdas, code under ``if TYPE_CHECKING``, blocks
    that mypy marked as unreachable, and the inside of a generator expression that is passed on:
    its consumer runs it.
    """

    def __init__(
        self,
        function: FuncItem | MypyFile,
        flow: Flow,
        types: Types,
        catalogue: Catalogue,
        source: Source,
        effects: Effects | None = None,
        *,
        missing_imports: MissingImports,
        strict_relations: bool = False,
        templates: Templates | None = None,
        outer: "Callable[[], Body] | None" = None,
    ) -> None:
        self.function = function
        self.flow = flow
        self.types = types
        self.catalogue = catalogue
        self.source = source
        self.effects = effects
        self.missing_imports = missing_imports
        self.strict_relations = strict_relations
        self.templates = templates or Templates(TemplateSettings())
        self._outer = outer
        #: A second source of types, asked where ``types`` has none.
        self.given: Callable[[Expression], ProperType | None] | None = None
        #: Summarises a function inside the body.
        self.summarise: Callable[[FuncItem], object] | None = effects.nested if effects else None
        #: Set for bodies that rules look at; None for bodies that are only summarised.
        self.module: ModuleContext | None = None
        #: Whether mypy checks the body too, in this run or in an earlier one, and reports errors in it.
        self.is_checked = False
        self.answers: dict[Callable[..., object], Any] = {}
        """The memo of the functions decorated with `once` and `once_each`."""
        self._by_class: dict[type[Node], list[Any]] = defaultdict(list)
        self._parents: dict[Node, Node] = {}
        self._definition_sites: dict[NameExpr, frozenset[object]] = {}

    @property
    def name(self) -> str:
        """The function's name as messages print it."""
        match self.function:
            case FuncDef() | MypyFile():
                return self.function.name
            case _:
                return "<lambda>"

    @property
    def is_coroutine(self) -> bool:
        """Whether the body runs on the event loop, and may await."""
        return isinstance(self.function, FuncDef) and self.function.is_coroutine

    @cached_property
    def around(self) -> "Body | None":
        """The body of the outermost function around, for a function inside another."""
        return self._outer() if self._outer is not None else None

    def is_nested(self, function: FuncItem) -> bool:
        """Whether a function that the body may call is a lambda or stands inside another function.

        mypy names one in a method as if it were a method itself.
        """
        if not isinstance(function, FuncDef) or "." not in function.fullname:
            return True
        return not function.info and function in self._nested

    @cached_property
    def _nested(self) -> frozenset[Node]:
        outermost = self.around.function if self.around is not None else self.function
        inside = walk(outermost.body) if isinstance(outermost, FuncItem) else ()
        return frozenset(node for node in inside if isinstance(node, FuncDef))

    @cached_property
    def unaided(self) -> "Body":
        """The same body with the types that do not depend on summaries, and a memo of its own.

        What such types are made from is looked for in it: it never depends on itself.
        """
        if self.given is None:
            return self
        self.nodes  # noqa: B018 - both share the tables
        other = copy(self)
        other.given = None
        other.answers = {}
        return other

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes of the body, parents before children, in source order."""
        roots = self.function.defs if isinstance(self.function, MypyFile) else [self.function.body]
        found: list[Node] = []
        stack: list[Node] = list(reversed(roots))
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is Block and cast("Block", node).is_unreachable:
                continue
            found.append(node)
            self._by_class[kind].append(node)
            if kind in LEAVES:
                continue
            inside = self._inside(node) if kind in _PARTLY_OWN else children(node)
            for child in inside:
                self._parents[child] = node
            stack += reversed(inside)
        return found

    def every(self, kind: type[N]) -> list[N]:
        """The nodes of one class, in the order of `nodes`."""
        self.nodes  # noqa: B018 - fills the table
        return self._by_class.get(kind, [])

    def parent(self, node: Node) -> Node | None:
        """The parent of a node; None for the function's block."""
        self.nodes  # noqa: B018 - fills the table
        return self._parents.get(node)

    def ancestors(self, node: Node) -> Iterator[Node]:
        """The ancestors of a node within the body, innermost first."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def is_awaited(self, node: Node) -> bool:
        """Whether the expression is the operand of an ``await``."""
        return isinstance(self.parent(node), AwaitExpr)

    def is_expected_to_fail(self, node: Context) -> bool:
        """Whether a test expects the code to raise: ``with pytest.raises(...)``.

        Not if it expects an exception that only a completed query raises, as ``DoesNotExist``.
        """
        return isinstance(node, Node) and not self._expecting.isdisjoint(
            self.ancestors(node) if self._expecting else ()
        )

    @cached_property
    def _expecting(self) -> frozenset[Node]:
        """The ``with`` statements whose blocks are expected to raise."""
        return frozenset(
            each for each in self.every(WithStmt) if any(map(self._expects_failure, each.expr))
        )

    def _expects_failure(self, context: Expression) -> bool:
        match context:
            case CallExpr(callee=NameExpr(name=name) | MemberExpr(name=name), args=args):
                raised = class_object(self.type_of(args[0])) if args else None
                by_query = raised is not None and is_a(raised, *RAISED_BY_QUERIES)
                return name.startswith(_EXPECTING) and not by_query
            case _:
                return False

    def type_of(self, expression: Expression) -> ProperType | None:
        """The expression's type, or None; for ``object`` what its sources tell."""
        found = self.types.type_of(expression)
        if found is not None and not is_object(found):
            if isinstance(found, Instance) and isinstance(expression, NameExpr):
                return self._of_another_class(expression, found.type) or found
            return found
        if self.given is None:
            return found
        return self.given(expression) or found

    def _of_another_class(self, name: NameExpr, info: TypeInfo) -> ProperType | None:
        """The type of a name that is bound to a new object of another class than its first value.

        mypy reports the assignment, and takes the name for what it was before.
        """
        bindings = self.flow.reaching(name)
        if len(bindings) != 1:
            return None
        [binding] = bindings
        value = binding.value if binding.kind is BindingKind.ASSIGN and not binding.path else None
        if not isinstance(value, CallExpr):
            return None
        type_ = self.types.type_of(value)
        of_class = class_object(self.types.type_of(value.callee))
        is_other = of_class is not None and info not in of_class.mro
        return type_ if is_other and isinstance(type_, Instance) else None

    def reaching_values(self, expression: Expression) -> tuple[Expression, ...]:
        """The expressions whose value an expression may have, through assignments to local names.

        An expression that is not a local name is returned itself. Empty if a reaching definition
        has no such expression, as a parameter or the variable of a loop.
        """
        found: list[Expression] = []
        queue = [expression]
        for current in queue:
            bindings = self.flow.reaching(current) if isinstance(current, NameExpr) else ()
            if not bindings:
                found.append(current)
                continue
            plain = [b for b in in_order(bindings) if b.kind in _PLAIN and not b.path and b.value]
            if len(plain) < len(bindings):
                return ()
            queue.extend(b.value for b in plain if b.value and b.value not in queue)
        return tuple(found)

    def definition_sites(self, name: NameExpr) -> frozenset[object]:
        """The definition sites of the object that a name refers to: expressions, else bindings.

        Two names with the same definition sites refer to the same object.
        """
        if name not in self._definition_sites:
            self._definition_sites[name] = frozenset(self._each_definition_site(name))
        return self._definition_sites[name]

    def _each_definition_site(self, name: NameExpr) -> Iterator[object]:
        queue, seen = [name], {name}
        for current in queue:
            for binding in self.flow.reaching(current):
                value = binding.value
                if value is None or binding.path:
                    yield binding
                elif not isinstance(value, NameExpr):
                    yield value if binding.kind in _PLAIN else binding
                elif value not in seen:
                    seen.add(value)
                    queue.append(value)

    def _inside(self, node: Node) -> Sequence[Node]:
        match node:
            case FuncDef() | LambdaExpr():
                return [arg.initializer for arg in node.arguments if arg.initializer]
            case IfStmt():
                return list(_without_type_checking(node))
            case Block():
                return list(_reached(node.body))
            case GeneratorExpr() if not self._runs_here(node):
                return [node.sequences[0]]
            case _:
                return children(node)

    def _runs_here(self, generator: GeneratorExpr) -> bool:
        """Whether the code around a generator expression iterates it to its end at once."""
        match self._parents.get(generator):
            case ListComprehension() | SetComprehension() | StarExpr() | YieldFromExpr():
                return True
            case ForStmt(is_async=False, expr=iterated) | ComparisonExpr(operands=[*_, iterated]):
                return iterated is generator
            case CallExpr(callee=RefExpr(fullname=name)) if name:
                return _iterates(name)
            case CallExpr(callee=MemberExpr() as method) if method.name in EVALUATING_METHODS:
                # A method of a builtin: ", ".join(...), found.extend(...).
                function = definition(self.types.type_of(method))
                return function is not None and _iterates(function.fullname)
            case _:
                return False


def _iterates(function: str) -> bool:
    evaluator = EVALUATORS.get(function)
    return evaluator is not None and evaluator.use is Use.ITERATE


def once(question: Callable[[Body], T]) -> Callable[[Body], T]:
    """Decorator that memoises a function of a body, as several rules call it."""

    @wraps(question)
    def answer(body: Body) -> T:
        if question not in body.answers:
            body.answers[question] = question(body)
        found: T = body.answers[question]
        return found

    return answer


def once_in_module(question: Callable[[MypyFile], T]) -> Callable[[ModuleContext], T]:
    """As `once`, for a function of a module that several bodies ask."""

    @wraps(question)
    def answer(module: ModuleContext) -> T:
        if question not in module.answers:
            module.answers[question] = question(module.tree)
        found: T = module.answers[question]
        return found

    return answer


def once_each(question: Callable[[Body, N], T]) -> Callable[[Body, N], T]:
    """As `once`, for a function of a body and one of its nodes."""

    @wraps(question)
    def answer(body: Body, node: N) -> T:
        answers: dict[N, T] | None = body.answers.get(question)
        if answers is None:
            answers = body.answers[question] = {}
        if node not in answers:
            answers[node] = question(body, node)
        return answers[node]

    return answer


def _reached(statements: list[Statement]) -> Iterator[Statement]:
    """The statements up to and including the first after which control leaves the block."""
    for statement in statements:
        yield statement
        if leaves(statement):
            return


def leaves(statement: Statement) -> bool:
    """Whether control never reaches the next statement; mypy marks this only in checked bodies."""
    match statement:
        case ReturnStmt() | RaiseStmt() | BreakStmt() | ContinueStmt():
            return True
        case IfStmt(else_body=Block() as otherwise):
            return all(any(map(leaves, block.body)) for block in (*statement.body, otherwise))
        case _:
            return False


def _without_type_checking(statement: IfStmt) -> Iterator[Node]:
    for condition, block in zip(statement.expr, statement.body, strict=True):
        yield condition
        if not _is_type_checking(condition):
            yield block
        if isinstance(condition, UnaryExpr) and _is_type_checking(condition.expr):
            return  # `if not TYPE_CHECKING`: nothing after it runs
    if statement.else_body is not None:
        yield statement.else_body


def _is_type_checking(condition: Expression) -> bool:
    return isinstance(condition, RefExpr) and condition.fullname in _TYPE_CHECKING
