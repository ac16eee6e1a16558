"""Async functions in place of sync ones: overrides, hooks and callbacks called without ``await``."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

from mypy.nodes import (
    AssertStmt,
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    ConditionalExpr,
    Decorator,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    IfStmt,
    IndexExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OpExpr,
    OverloadedFuncDef,
    RefExpr,
    StrExpr,
    SymbolNode,
    TypeInfo,
    UnaryExpr,
    Var,
    WhileStmt,
)
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    NoneType,
    ProperType,
    Type,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from mypy_async_django.bridge.imports import imported_names
from mypy_async_django.bridge.tree import children, decorated, walk
from mypy_async_django.bridge.types import (
    class_of,
    is_a,
    is_awaitable,
    known,
    makes_coroutine,
    member,
)
from mypy_async_django.catalogue.callbacks import METHODS, Misuse
from mypy_async_django.catalogue.decorators import HANDLERS
from mypy_async_django.catalogue.django import VIEW
from mypy_async_django.catalogue.frameworks import installed
from mypy_async_django.catalogue.offload import ASKING
from mypy_async_django.catalogue.overrides import (
    ADAPTED_HOOKS,
    ASYNC_TEST_CASE,
    AWAITED_HANDLERS,
    DECORATORS,
    EVENT_HANDLERS,
    FORM,
    HOOKS,
    LIBRARY,
    LIBRARY_DECORATORS,
    MIDDLEWARE,
    PERMISSIONS,
    RUNNERS_OF_TESTS,
    TEST_CASE,
    TWINS,
)
from mypy_async_django.index.inference.parameters import is_middleware
from mypy_async_django.index.resolution.concurrency import decorators
from mypy_async_django.index.syntax.body import Body

_RESPONSE: Final = "django.http.response.HttpResponseBase"
_ITERATORS: Final = ("typing.AsyncIterable", "typing.AsyncIterator")
_MODEL_FORM: Final = "django.forms.models.BaseModelForm"


class CalledBy(Enum):
    """Why a coroutine function is called without ``await``."""

    OVERRIDDEN_METHOD = auto()
    CLASS = auto()
    DECORATOR = auto()


class Misplaced(NamedTuple):
    """The caller of an async function that does not await it: a class, or a decorator.

    ``twin`` is the async method that the class has for the purpose. ``mypy_reports`` is set where
    annotations let mypy report the override itself.
    """

    called_by: CalledBy
    caller: str
    misuse: Misuse
    twin: str | None = None
    mypy_reports: bool = False


def misplaced(body: Body) -> Misplaced | None:
    """The caller that does not await this async function; None if there is none."""
    function, module = body.function, body.module
    if not isinstance(function, FuncDef) or module is None:
        return None
    tree = module.tree
    if function.is_generator or not _is_coroutine_function(tree, function):
        return None
    above = list(decorators(tree, function))
    if not function.info:
        return _decorated(body, above)
    found = (
        (_overriding(body, function, tree) if function.is_dynamic() else None)
        or _hook(function)
        or _untyped_hook(body, function, tree)
        or _decorated(body, above)
        or (None if function.is_dynamic() else _overriding(body, function, tree))
    )
    return None if found is None or _is_awaited_somewhere(tree, function.name) else found


def is_sync_hook(function: FuncDef) -> bool:
    """Whether a framework calls a sync method and does not await what it returns."""
    info = function.info
    is_adapted = function.name in ADAPTED_HOOKS and (is_middleware(info) or is_a(info, MIDDLEWARE))
    return not function.is_coroutine and (is_adapted or is_called_by_class(function))


def is_called_by_class(function: FuncDef) -> bool:
    """Whether a class of a framework calls a method as a hook, and would not await it either."""
    return bool(function.info) and _hook(function) is not None


def callback_owner(body: Body) -> TypeInfo | None:
    """The class that calls an async method as a callback, unless mypy reports it."""
    function, module = body.function, body.module
    if not isinstance(function, FuncDef) or module is None:
        return None
    return _callback_owner(function) if _is_coroutine_function(module.tree, function) else None


def _callback_owner(function: FuncDef) -> TypeInfo | None:
    if not function.info or not function.is_dynamic():
        return None
    owners = (base for base in function.info.mro if function.name in METHODS.get(base.fullname, ()))
    return next(owners, None)


def _overriding(body: Body, function: FuncDef, tree: MypyFile) -> Misplaced | None:
    """The class whose sync method is overridden."""
    info = function.info
    inherited = next((base for base in info.mro[1:] if function.name in base.names), None)
    if (
        inherited is None
        or _is_ignored(body, function, tree)
        or _is_exempt(info, function, inherited, _awaiting(body, info, tree))
    ):
        return None
    node = inherited.names[function.name].node
    result = _result(node)
    if result is None and not function.is_dynamic():
        return None
    if result is None:
        found = _misuse_in_class(inherited, node, tree) if isinstance(node, FuncDef) else None
        return Misplaced(CalledBy.OVERRIDDEN_METHOD, inherited.name, found) if found else None
    misuse = _misuse(result, function.name)
    return Misplaced(
        CalledBy.OVERRIDDEN_METHOD,
        inherited.name,
        misuse,
        _twin(body, function),
        mypy_reports=not function.is_dynamic(),
    )


def _is_ignored(body: Body, function: FuncDef, tree: MypyFile) -> bool:
    """Whether a comment makes mypy ignore its error for the override."""
    return body.is_checked and "override" in tree.ignored_lines.get(function.line, ())


def _is_exempt(
    info: TypeInfo, function: FuncDef, inherited: TypeInfo, awaiting: frozenset[str]
) -> bool:
    name = function.name
    if _callback_owner(function) is not None or _is_awaited_by(awaiting, inherited.fullname):
        return True
    if _is_event_handler(info, name):
        return True
    if not is_a(info, VIEW):
        return False
    if name in AWAITED_HANDLERS:
        return True
    result = _result(inherited.names[name].node)
    is_response = isinstance(result, Instance) and is_a(result.type, _RESPONSE)
    return is_response and any(_is_coroutine_method(info, handler) for handler in AWAITED_HANDLERS)


def _is_event_handler(info: TypeInfo, name: str) -> bool:
    """Whether base classes have both sync and async handlers of events: their caller awaits either.

    Such a caller finds a handler by its name: ``getattr(self, f"on_{event}")``.
    """
    if not name.startswith(EVENT_HANDLERS):
        return False
    return any(
        other.startswith(EVENT_HANDLERS) and _is_coroutine_node(symbol.node)
        for base in info.mro[1:]
        for other, symbol in base.names.items()
    )


def _result(node: SymbolNode | None) -> ProperType | None:
    """The declared return type of a sync method; None if it is unknown or awaitable."""
    declared: Type | None
    match node:
        case FuncDef():
            declared = None if node.is_coroutine or node.is_property else node.type
        case Decorator():
            is_call = not node.func.is_coroutine and not node.var.is_property
            declared = node.var.type if is_call else None
        case OverloadedFuncDef(is_property=False):
            results = [_result(item) for item in node.items]
            return results[0] if results and all(results) else None
        case _:
            return None
    proper = get_proper_type(declared)
    if not isinstance(proper, CallableType):
        return None
    result = get_proper_type(proper.ret_type)
    return None if _may_be_awaited(result) else result


def _may_be_awaited(type_: ProperType) -> bool:
    match type_:
        case AnyType() | TypeVarType():
            return True
        case UnionType():
            return any(_may_be_awaited(get_proper_type(item)) for item in type_.items)
        case Instance():
            is_vague = type_.type.fullname == "builtins.object" or is_a(type_.type, *_ITERATORS)
            return is_vague or is_awaitable(type_)
        case _:
            return False


def _misuse(result: ProperType, name: str) -> Misuse:
    items = result.items if isinstance(result, UnionType) else [result]
    names = {
        item.type.fullname for item in map(get_proper_type, items) if isinstance(item, Instance)
    }
    if isinstance(result, NoneType):
        return Misuse.DROPPED
    return Misuse.TRUTHY if names == {"builtins.bool"} or name in PERMISSIONS else Misuse.RESULT


def _twin(body: Body, function: FuncDef) -> str | None:
    """The async method that Django awaits instead, if the project's Django version has it."""
    name = f"a{function.name}"
    is_there = any(
        is_a(function.info, class_) and body.catalogue.django_version >= since
        for class_, since in TWINS.items()
    )
    return name if is_there and _is_coroutine_method(function.info, name) else None


def _is_coroutine_method(info: TypeInfo, name: str) -> bool:
    found = member(info, name)
    return found is not None and _is_coroutine_node(found[1].node)


def _is_coroutine_node(node: SymbolNode | None) -> bool:
    function = node.func if isinstance(node, Decorator) else node
    return isinstance(function, FuncDef) and function.is_coroutine


def _misuse_in_class(owner: TypeInfo, method: FuncDef, tree: MypyFile) -> Misuse | None:
    """What the class that defines a method does with its result; None if it may await it.

    Only for a method without annotations whose class is in the module: others declare their result.
    """
    if owner.module_name != tree.fullname or not method.is_dynamic():
        return None
    found = {
        misuse
        for function in walk(owner.defn)
        if isinstance(function, FuncDef) and function.info is owner
        for misuse in _uses_of_result(function, method.name)
    }
    order = (Misuse.TRUTHY, Misuse.RESULT, Misuse.DROPPED)
    return None if None in found else next((each for each in order if each in found), None)


def _uses_of_result(function: FuncDef, method: str) -> Iterator[Misuse | None]:
    """What a function does with the result of each call of ``self.method()``; None for what may await."""
    parents = {child: node for node in walk(function.body) for child in children(node)}
    for node in parents:
        match node:
            case CallExpr(callee=MemberExpr(expr=NameExpr(name="self"), name=name)) if (
                name == method
            ):
                match parents[node]:
                    case AssignmentStmt(lvalues=[NameExpr(name=target)]):
                        names = (n for n in parents if isinstance(n, NameExpr) and n.name == target)
                        reads = (n for n in names if not isinstance(parents[n], AssignmentStmt))
                        yield from (_use_of_result(parents[read], read) for read in reads)
                    case parent:
                        yield _use_of_result(parent, node)
            case _:
                pass


def _use_of_result(parent: Node, value: Expression) -> Misuse | None:
    match parent:
        case ExpressionStmt():
            return Misuse.DROPPED
        case IfStmt() | WhileStmt() | AssertStmt() | UnaryExpr(op="not") | OpExpr(op="and" | "or"):
            return Misuse.TRUTHY
        case ConditionalExpr():
            return Misuse.TRUTHY if parent.cond is value else None
        case MemberExpr() | OpExpr() | UnaryExpr() | ComparisonExpr():
            return Misuse.RESULT
        case IndexExpr() | ForStmt():
            is_looked_into = value is (
                parent.base if isinstance(parent, IndexExpr) else parent.expr
            )
            return Misuse.RESULT if is_looked_into else None
        case _:
            return None


def _hook(function: FuncDef) -> Misplaced | None:
    """The class that calls a method as a hook without defining it."""
    info = function.info
    for base in info.mro[1:]:
        if function.name in HOOKS.get(base.fullname, ()):
            return Misplaced(CalledBy.CLASS, base.name, Misuse.RESULT)
    if (caller := _framework_hook(function)) is not None:
        return Misplaced(CalledBy.CLASS, caller.name, Misuse.RESULT)
    if function.name.startswith("test") and _runs_sync_tests(info):
        return Misplaced(CalledBy.CLASS, "TestCase", Misuse.DROPPED)
    field = function.name.removeprefix("clean_")
    if field != function.name and is_a(info, FORM) and _has_field(info, field):
        return Misplaced(CalledBy.CLASS, "Form", Misuse.RESULT)
    return None


def _runs_sync_tests(info: TypeInfo) -> bool:
    """Whether unittest's own code runs the tests of a class, which drops the coroutine of one."""
    if not is_a(info, TEST_CASE) or is_a(info, ASYNC_TEST_CASE) or info.fallback_to_any:
        return False
    found = [member(info, name) for name in RUNNERS_OF_TESTS]
    owners = {each[0].fullname for each in found if each is not None}
    return owners <= {TEST_CASE, "builtins.object"} and not info.defn.decorators


def _framework_hook(function: FuncDef) -> TypeInfo | None:
    """The class of a framework that calls a method, by code of its own package."""
    info = function.info
    for base in info.mro[1:]:
        hooks = installed.HOOKS.get(base.fullname)
        if hooks is not None and function.name in hooks.names:
            found = member(info, hooks.caller)
            package = base.module_name.partition(".")[0]
            if found and found[0].module_name.partition(".")[0] in {package, "django"}:
                return base
    return None


def _has_field(form: TypeInfo, name: str) -> bool:
    found = member(form, name)
    if found is not None:
        return isinstance(found[1].node, Var)
    if not is_a(form, _MODEL_FORM) or form.defn is None:
        return False
    return any(
        isinstance(node, StrExpr) and node.value == name
        for inner in children(form.defn.defs)
        if isinstance(inner, ClassDef) and inner.name == "Meta"
        for node in walk(inner)
    )


def _untyped_hook(body: Body, function: FuncDef, tree: MypyFile) -> Misplaced | None:
    """The base class of an untyped package, by the import of its name."""
    awaiting = _awaiting(body, function.info, tree)
    imported = _imported(tree)
    for info in function.info.mro:
        if not info.fallback_to_any or info.module_name != tree.fullname:
            continue
        for expression in info.defn.base_type_exprs:
            name = _imported_name(expression, imported)
            module, _, class_ = (name or "").rpartition(".")
            hooks = installed.UNTYPED_HOOKS.get(module) or installed.UNTYPED_HOOKS.get(name or "")
            is_hook = function.name in (hooks or ())
            # A "dispatch" of the project's own may await the handlers.
            is_hook = is_hook and not (function.name in HANDLERS and _dispatches(function.info))
            # adrf's own views await their handlers, not those that it makes its views from.
            is_handler = function.name in HANDLERS and not any(
                known.partition(".")[0] in installed.AWAITING for known in imported.values()
            )
            if is_hook and (is_handler or not _is_awaited_by(awaiting, module)):
                is_truth = function.name in PERMISSIONS
                misuse = Misuse.TRUTHY if is_truth else Misuse.RESULT
                return Misplaced(CalledBy.OVERRIDDEN_METHOD, class_, misuse)
    return None


def _dispatches(info: TypeInfo) -> bool:
    return any("dispatch" in base.names for base in info.mro)


def _awaiting(body: Body, info: TypeInfo, tree: MypyFile) -> frozenset[str]:
    """The packages that can await the methods of a class: installed ones, or those of its bases."""
    names = {tree.fullname, *(base.module_name for base in info.mro), *_imported(tree).values()}
    return (
        body.catalogue.awaiting
        | {name.partition(".")[0] for name in names} & installed.AWAITING.keys()
    )


def _is_awaited_by(packages: frozenset[str], name: str) -> bool:
    return any(name.startswith(installed.AWAITING[package]) for package in packages)


def _imported(tree: MypyFile) -> dict[str, str]:
    """The full names that a module imports, by local name."""
    pairs = (pair for statement in tree.imports for pair in imported_names(statement))
    return {name: full_name for name, full_name in pairs if name != full_name}


def _imported_name(expression: Expression, imported: dict[str, str]) -> str | None:
    match expression:
        case NameExpr(name=name):
            return imported.get(name)
        case MemberExpr(expr=owner, name=name):
            module = _imported_name(owner, imported)
            return f"{module}.{name}" if module else None
        case _:
            return None


def _is_coroutine_function(tree: MypyFile, function: FuncDef) -> bool:
    """Whether a function is still an async function once its decorators are applied."""
    if not function.is_coroutine or not function.is_decorated:
        return function.is_coroutine
    made = (node.var.type for node in decorated(tree, function))
    return all(makes_coroutine(known(type_)) for type_ in made)


def _definition(name: RefExpr) -> str:
    return name.node.fullname if name.node is not None else name.fullname


def _decorated(body: Body, above: list[Node]) -> Misplaced | None:
    """The decorator that registers a function with Django."""
    for expression in above:
        callee = expression.callee if isinstance(expression, CallExpr) else expression
        match callee:
            case MemberExpr(expr=RefExpr(node=Var() as owner), name=name) if _is_library(owner):
                if name in LIBRARY_DECORATORS:
                    return Misplaced(CalledBy.DECORATOR, f"{owner.name}.{name}", Misuse.RESULT)
            case RefExpr(node=SymbolNode() as node) if node.fullname in DECORATORS:
                if body.catalogue.django_version < DECORATORS[node.fullname]:
                    return Misplaced(CalledBy.DECORATOR, node.name, Misuse.DROPPED)
            case _:
                pass
    return None


def _is_library(owner: Var) -> bool:
    info = class_of(known(owner.type))
    return info is not None and is_a(info, LIBRARY)


def _is_awaited_somewhere(tree: MypyFile, name: str) -> bool:
    """Whether the module awaits a method of this name, or tests if it is a coroutine function."""
    for node in walk(tree):
        match node:
            case AwaitExpr(expr=CallExpr(callee=MemberExpr(name=called))) if called == name:
                return True
            case CallExpr(callee=RefExpr() as callee, args=[MemberExpr(name=asked)]):
                if asked == name and _definition(callee) in ASKING:
                    return True
            case CallExpr(
                callee=RefExpr() as callee, args=[CallExpr(callee=MemberExpr(name=asked))]
            ):
                if asked == name and _definition(callee) in ASKING:
                    return True
            case _:
                pass
    return False
