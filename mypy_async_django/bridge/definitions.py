"""What a module's statements define, by name: mypy may have analysed them, or only parsed them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from mypy.nodes import (
    AssertStmt,
    AssignmentStmt,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    Decorator,
    DictExpr,
    Expression,
    FuncDef,
    GlobalDecl,
    IfStmt,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    RefExpr,
    Statement,
    StrExpr,
    TupleExpr,
    UnaryExpr,
)

from mypy_async_django.bridge.tree import all_statements, children, is_none, statements

#: Methods of a queryset that only take the key of a row that they are given.
_CHOOSING: Final = frozenset({"aget", "exclude", "filter", "get"})
#: Methods of a row that load no relation.
_SAVING: Final = frozenset({"adelete", "arefresh_from_db", "asave", "delete", "save"})
#: Values that tell more than their class: functions, constants, tables of functions.
_TELLING: Final = (
    LambdaExpr,
    RefExpr,
    CallExpr,
    DictExpr,
    IntExpr,
    ListExpr,
    StrExpr,
    TupleExpr,
)
#: Methods that put their last argument into a container.
_FILLING: Final = frozenset({"add", "append", "setdefault"})
#: Parts of a property that do not run when it is read, by the decorator that makes them.
_PROPERTY_PARTS: Final = frozenset({"setter", "deleter"})


class Definition(NamedTuple):
    """A function or method; ``owner`` is the class around ``outermost``, empty for none.

    ``outermost`` is the function that a function in a local class stands in, or the function itself.
    """

    function: FuncDef
    decorator: Decorator | None
    outermost: FuncDef
    owner: str


class Value(NamedTuple):
    """The only value that a variable of a module, or of the class ``owner``, is assigned."""

    value: Expression
    owner: str


class AttributeValue(NamedTuple):
    """The only value that a module assigns to an attribute, ``self.books = books``, in a method.

    Beside None, with ``may_be_none``.
    """

    method: Definition
    target: MemberExpr
    value: Expression
    may_be_none: bool = False


_Attributes: TypeAlias = Sequence[tuple[str, AttributeValue]]


class Definitions:
    """The functions of a module, and its variables and attributes with one value.

    Names are those within the module: ``Shop.size``, and ``Shop.size.setter`` for a property's
    setter. A class in a function is ``Local@12``, as for mypy. The last definition of a name counts.
    """

    def __init__(self, defs: Sequence[Statement]) -> None:
        self._defs = defs
        self.functions: dict[str, Definition] = dict(_functions(defs))

    @cached_property
    def classes(self) -> Mapping[str, ClassDef]:
        """The classes that stand at the module's top level, or in the body of such a class."""
        return dict(_classes(self._defs, ""))

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """The variables that are bound to a function, a constant or a dict, and to nothing else.

        Without those of classes that an annotation makes a field: each object may have its own.
        """
        found = dict(_values(self._defs, ""))
        if not found:
            return found
        bound, names = Counter(_bound_names(self._defs)), _attributes_set(self._defs)
        return {
            name: value
            for name, value in found.items()
            if bound[name] == 1 and name.rpartition(".")[2] not in names
        }

    @cached_property
    def registered(self) -> Mapping[str, Sequence[str]]:
        """The functions of the module that its decorators put into a variable, by the variable.

        A decorator is a function of the module, ``@register("x")``, or a method of the variable itself.
        """
        found: dict[str, list[str]] = defaultdict(list)
        fillers = {
            name: list(_filled(definition.function))
            for name, definition in self.functions.items()
            if "." not in name
        }
        for name, definition in self.functions.items():
            made = definition.decorator.original_decorators if definition.decorator else []
            for maker in () if "." in name else made:
                match maker.callee if isinstance(maker, CallExpr) else maker:
                    case NameExpr(name=filler):
                        for variable in fillers.get(filler, ()):
                            found[variable].append(name)
                    case MemberExpr(expr=NameExpr(name=variable)):
                        found[variable].append(name)
                    case _:
                        pass
        return found

    @cached_property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The attributes that one assignment in a class's methods sets, and no other code may set.

        Assignments of None do not count.
        Classes that derive from one another count as one; so does an object that is no ``self``.
        """
        assigned = list(self._attributes())
        times = Counter(_names_of_targets(self._defs)) if assigned else Counter[str]()
        own = Counter(each.target.name for _, each in assigned)
        found = [(owner, each) for owner, each in assigned if not is_none(each.value)]
        cleared = [(owner, each) for owner, each in assigned if is_none(each.value)]

        def has_other(owner: str, value: AttributeValue, among: _Attributes) -> bool:
            return any(
                other is not value
                and other.target.name == value.target.name
                and self._are_related(owner, owner_of_other)
                for owner_of_other, other in among
            )

        return {
            f"{owner}.{each.target.name}": each._replace(
                may_be_none=has_other(owner, each, cleared)
            )
            for owner, each in found
            if times[each.target.name] == own[each.target.name]
            and not has_other(owner, each, found)
        }

    def only_columns_are_read(
        self, attribute: AttributeValue, is_column: Callable[[str], bool]
    ) -> bool:
        """Whether the module does nothing that may load or set more of a row in an attribute.

        Reads of columns and of relations to many rows are fine, as are calls of Django's own
        methods, and in coroutines reads of relations: they raise, or the row has them.
        """
        pending = [_Mention(statement, None, None, "", None) for statement in self._defs]
        while pending:
            mention = pending.pop()
            node, _, _, owner, method = mention
            match node:
                case ClassDef(name=name):
                    owner = _within(owner, name)
                case FuncDef() if method is None:
                    method = node
                case MemberExpr(name=name, expr=holder) if name == attribute.target.name:
                    is_own = (
                        isinstance(holder, NameExpr)
                        and method is not None
                        and method.arg_names[:1] == [holder.name]
                    )
                    is_it = not is_own or self._are_related(owner, attribute.method.owner)
                    if is_it and not _is_harmless(mention, is_column):
                        return False
                case _:
                    pass
            pending += [
                _Mention(child, node, mention.parent, owner, method) for child in children(node)
            ]
        return True

    def _attributes(self) -> Iterator[tuple[str, AttributeValue]]:
        """The assignments to attributes of a method's own object, with the name of its class."""
        for method in self.functions.values():
            function = method.function
            if not method.owner or not function.arguments:
                continue
            itself = function.arguments[0].variable.name
            for node in all_statements(function):
                for target in node.lvalues if isinstance(node, AssignmentStmt) else ():
                    match target, node:
                        case MemberExpr(expr=NameExpr(name=name)), AssignmentStmt(rvalue=value):
                            if name == itself:
                                yield method.owner, AttributeValue(method, target, value)
                        case _:
                            pass

    def _are_related(self, one: str, other: str) -> bool:
        return other in self._ancestors(one) or one in self._ancestors(other)

    def _ancestors(self, owner: str) -> list[str]:
        """A class and those that it derives from, as far as the module shows, by their names."""
        found = [owner]
        for name in found:  # grows
            found += [base for base in self._bases.get(name, ()) if base not in found]
        return found

    @cached_property
    def _bases(self) -> Mapping[str, Sequence[str]]:
        return dict(_bases(self._defs, ""))


class _Mention(NamedTuple):
    """A node, the two around it, the class that it stands in and the method of that class."""

    node: Node
    parent: Node | None
    around: Node | None
    owner: str
    method: FuncDef | None


def _is_harmless(mention: _Mention, is_column: Callable[[str], bool]) -> bool:
    parent, around = mention.parent, mention.around
    match parent:
        case AssignmentStmt(lvalues=targets):
            return mention.node in targets
        case MemberExpr(name=name):
            if isinstance(around, CallExpr) and around.callee is parent:
                return name in _SAVING
            is_set = isinstance(around, AssignmentStmt) and parent in around.lvalues
            is_async = mention.method is not None and mention.method.is_coroutine
            return is_column(name) or (is_async and not is_set)
        case CallExpr(callee=MemberExpr(name=name), arg_names=names):
            return name in _CHOOSING and mention.node in parent.args and None not in names
        case ComparisonExpr(operands=operands):
            return any(map(is_none, operands))
        case AssertStmt() | IfStmt() | UnaryExpr(op="not"):
            return True
        case _:
            return False


def _filled(function: FuncDef) -> Iterator[str]:
    """The names of the containers that a function, or one inside it, puts a parameter into."""
    pending: list[tuple[Node, frozenset[str]]] = [(function, frozenset())]
    while pending:
        node, parameters = pending.pop()
        match node:
            case FuncDef():
                parameters |= {argument.variable.name for argument in node.arguments}
            case AssignmentStmt(
                lvalues=[IndexExpr(base=NameExpr(name=variable))], rvalue=NameExpr(name=value)
            ):
                if value in parameters:
                    yield variable
            case CallExpr(
                callee=MemberExpr(expr=NameExpr(name=variable), name=method),
                args=[*_, NameExpr(name=value)],
            ):
                if method in _FILLING and value in parameters:
                    yield variable
            case _:
                pass
        pending += [(child, parameters) for child in children(node)]


def _classes(defs: Sequence[Statement], owner: str) -> Iterator[tuple[str, ClassDef]]:
    for statement in defs:
        if isinstance(statement, ClassDef):
            name = _within(owner, statement.name)
            yield name, statement
            yield from _classes(statement.defs.body, name)


def _bases(defs: Sequence[Statement], owner: str) -> Iterator[tuple[str, list[str]]]:
    for statement in defs:
        if isinstance(statement, ClassDef):
            name = _within(owner, statement.name)
            bases = statement.base_type_exprs
            yield name, [each.name for each in bases if isinstance(each, NameExpr)]
            yield from _bases(statement.defs.body, name)


def _functions(defs: Sequence[Statement]) -> Iterator[tuple[str, Definition]]:
    """The functions that have a name outside the function that makes them, in source order."""
    stack: list[tuple[Node, str, Definition | None, Decorator | None]]
    stack = [(statement, "", None, None) for statement in reversed(defs)]
    while stack:
        node, scope, outer, decorator = stack.pop()
        match node:
            case FuncDef() if outer is None:
                outer = Definition(node, decorator, node, scope)
                yield _within(scope, _name(node, decorator)), outer
                scope = ""
            case FuncDef():
                if scope and outer is not None:
                    inner = outer._replace(function=node, decorator=decorator)
                    yield _within(scope, _name(node, decorator)), inner
                scope = ""
            case ClassDef():
                is_local = outer is not None and not scope
                scope = _within(scope, f"{node.name}@{node.line}" if is_local else node.name)
            case _:
                pass
        around = node if isinstance(node, Decorator) else None
        stack += [(each, scope, outer, around) for each in reversed(statements(node))]


def _name(function: FuncDef, decorator: Decorator | None) -> str:
    for each in decorator.original_decorators if decorator is not None else ():
        if isinstance(each, MemberExpr) and each.name in _PROPERTY_PARTS:
            return f"{function.name}.{each.name}"
    return function.name


def _within(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _values(defs: Sequence[Statement], owner: str) -> Iterator[tuple[str, Value]]:
    for statement in defs:
        match statement:
            case ClassDef(name=name):
                yield from _values(statement.defs.body, _within(owner, name))
            case AssignmentStmt(lvalues=[NameExpr(name=name)], rvalue=value):
                is_field = bool(owner) and statement.unanalyzed_type is not None
                if isinstance(value, _TELLING) and not is_field:
                    yield _within(owner, name), Value(value, owner)
            case _:
                pass


def _bound_names(defs: Sequence[Statement]) -> Iterator[str]:
    """The variables of the module and its classes that are assigned, each time."""
    stack: list[tuple[Node, str]] = [(statement, "") for statement in defs]
    while stack:
        node, scope = stack.pop()
        match node:
            case FuncDef():
                yield from _globals_bound(node)
                continue
            case ClassDef(name=name):
                scope = _within(scope, name)
            case AssignmentStmt(lvalues=targets):
                names = (target.name for target in targets if isinstance(target, NameExpr))
                yield from (_within(scope, name) for name in names)
            case _:
                pass
        stack += [(each, scope) for each in statements(node)]


def _globals_bound(function: FuncDef) -> Iterator[str]:
    inside = all_statements(function)
    declared = {n for each in inside if isinstance(each, GlobalDecl) for n in each.names}
    for each in inside if declared else ():
        for target in each.lvalues if isinstance(each, AssignmentStmt) else ():
            if isinstance(target, NameExpr) and target.name in declared:
                yield target.name


def _attributes_set(defs: Sequence[Statement]) -> frozenset[str]:
    """The names of attributes that are assigned on some object."""
    return frozenset(
        target.name
        for statement in defs
        for node in all_statements(statement)
        if isinstance(node, AssignmentStmt)
        for target in node.lvalues
        if isinstance(target, MemberExpr)
    )


def _names_of_targets(defs: Sequence[Statement]) -> Iterator[str]:
    """The names of attributes that are assigned, on any object, each time."""
    for statement in defs:
        for node in all_statements(statement):
            match node:
                case AssignmentStmt(lvalues=targets):
                    queue = list(targets)
                case OperatorAssignmentStmt(lvalue=target):
                    queue = [target]
                case _:
                    continue
            for target in queue:  # grows
                match target:
                    case MemberExpr(name=name):
                        yield name
                    case TupleExpr(items=items) | ListExpr(items=items):
                        queue += items
                    case _:
                        pass
