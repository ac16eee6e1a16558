"""Summaries of methods that a class inherits from a framework, and which do what it declares.

Such a method is a function of the object that it represents, as any other: it reads its fields, hands
what they lead to on to other classes, and calls the hooks of its own class.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mypy.nodes import (
    ARG_POS,
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    IntExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    StrExpr,
    SuperExpr,
    TupleExpr,
    TypeInfo,
    Var,
)
from mypy.types import Instance as InstanceType
from mypy.types import ProperType, get_proper_type

from mypy_async_django.bridge.models import MANY_TO_MANY, field_class, is_model, relation
from mypy_async_django.bridge.models import RelationKind as Kind
from mypy_async_django.bridge.tree import walk
from mypy_async_django.bridge.types import alternatives, is_a, item_class
from mypy_async_django.catalogue.frameworks.framework import Declarative, FieldKind, Role
from mypy_async_django.catalogue.frameworks.installed import (
    DECLARED_METHODS,
    FIELDS,
    FIELDS_BY_NAME,
)
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.effects.summary import Names, Summary
from mypy_async_django.index.abstract import (
    ALL,
    ITEM,
    Action,
    Call,
    Dispatch,
    Follow,
    Instance,
    Of,
    Operation,
    Parameter,
    Passed,
)
from mypy_async_django.index.resolution.declared import (
    INSTANCE,
    declarative,
    is_declarative,
    is_framework,
)
from mypy_async_django.index.syntax.missing_imports import is_missing

#: Of a model's field: asks the database whether its value is taken.
UNIQUE: Final = "validate_unique"
_EXISTS: Final = "QuerySet.exists"
_GET: Final = "QuerySet.get"
_CHOICE: Final = "ModelChoiceField.to_python"
_CHOICES: Final = "ModelChoiceField.choices"
#: From a manager of related rows to one of them.
_EACH: Final = (ALL, ITEM)
_ITERATED: Final = "__iter__"
_ALL: Final = "__all__"
_WHOLE: Final = "*"
_LISTING: Final = "django.forms.widgets.ChoiceWidget"
_OBJECT: Final = Passed(ARG_POS.value, None, Of((INSTANCE,)))
_PARAMETERS: Final = (Parameter(INSTANCE, ARG_POS.value),)


class _Field(NamedTuple):
    """A field that a class declares: its class, and the arguments by keyword."""

    name: str
    class_: TypeInfo | None
    class_name: str
    arguments: dict[str, Expression]

    @property
    def kind(self) -> FieldKind | None:
        if self.class_ is None:
            return FIELDS_BY_NAME.get(self.class_name)
        return next((FIELDS[b.fullname] for b in self.class_.mro if b.fullname in FIELDS), None)

    def text(self, keyword: str) -> str | None:
        value = self.arguments.get(keyword)
        return value.value if isinstance(value, StrExpr) else None

    def is_set(self, keyword: str) -> bool:
        value = self.arguments.get(keyword)
        return isinstance(value, NameExpr) and value.name == "True"


class _Meta(NamedTuple):
    """The class ``Meta``: its model and the names of the model's fields that count."""

    model: TypeInfo
    names: Sequence[str]
    read_only: frozenset[str]
    depth: int


def declared_summary(info: TypeInfo, method: str, definition: ClassDef) -> Summary:
    """What a method does that a class inherits, by what the class itself declares."""
    found = declarative(info, method)
    if found is None:
        return Summary()
    rules, role = found
    made = _Method(info, method, definition, rules, role)
    return made.summary()


def declared_names(name: str, info: TypeInfo, definition: ClassDef) -> Iterator[str]:
    """The names within their module of all that a class declares and somebody may ask for."""
    yield from (f"{name}.{each}" for each in DECLARED_METHODS if declarative(info, each))
    if is_model(info):
        yield from (f"{name}.{field.name}.{UNIQUE}" for field in _fields(definition))


def unique_summary(model: ClassDef, name: str) -> Summary:
    """What checking a field of a model does: it queries if the field says that it is unique."""
    field = {each.name: each for each in _fields(model)}.get(name)
    return Summary((_raising(_EXISTS),)) if field and field.is_set("unique") else Summary()


def _raising(title: str) -> Action:
    return Action(Operation(Effect.RAISES, title))


class _Method:
    """Works out one summary."""

    def __init__(
        self, info: TypeInfo, method: str, definition: ClassDef, rules: Declarative, role: Role
    ) -> None:
        self._info = info
        self._method = method
        self._definition = definition
        self._rules = rules
        self._role = role
        self._fields = {field.name: field for field in _fields(definition)}
        self._meta = _meta(definition) if rules.from_model else None
        self._actions: set[Action] = set()

    def summary(self) -> Summary:
        match self._role:
            case Role.REPRESENTS if self._rules.by_annotation:
                self._represent_annotations()
            case Role.REPRESENTS if self._replaces("to_representation"):
                pass
            case Role.REPRESENTS:
                self._represent()
            case Role.VALIDATES:
                self._validate()
            case Role.RENDERS:
                self._render()
            case _:
                pass
        self._call_hooks()
        self._inherit()
        return Summary(
            actions=tuple(sorted(self._actions, key=repr)),
            parameters=_PARAMETERS if self._role is Role.REPRESENTS else (),
        )

    # What an object is read for

    def _read(self, path: Names) -> None:
        """Read attributes of the object, one after the other."""
        owner, name = Of((INSTANCE, *path[:-1])), path[-1]
        if path[-2:] == _EACH:
            self._actions.add(Action(Follow(owner, _ITERATED)))
            return
        self._actions.add(Action(Follow(owner, name)))
        self._actions.add(Action(Dispatch(owner, (name,), is_read=True)))
        self._actions.add(Action(Dispatch(owner, (name,))))

    def _represent_with(self, class_: TypeInfo, path: Names) -> None:
        """Let another class represent what a path leads to."""
        passed = Passed(ARG_POS.value, None, Of((INSTANCE, *path)))
        self._actions.add(Action(Call(f"{class_.fullname}.{self._method}", None, (passed,))))

    def _represent(self) -> None:
        for field in self._fields.values():
            if not field.is_set("write_only"):
                self._represent_field(field)
        if self._meta is not None:
            for name in self._meta.names:
                if name not in self._fields:
                    self._represent_model_field(self._meta.model, name, self._meta.depth)

    def _represent_field(self, field: _Field) -> None:
        source = field.text("source") or field.name
        path = () if source == _WHOLE else tuple(source.split("."))
        is_many = field.is_set("many")
        if field.kind is FieldKind.METHOD:
            self._call_with_object(field.text("method_name") or f"get_{field.name}")
        elif field.class_ is not None and is_declarative(field.class_):
            target = (*path, *_EACH) if is_many else path
            if path:
                self._read(target)
            self._represent_with(field.class_, target)
        elif is_many:
            self._read((*path, *_EACH))
        elif field.kind is FieldKind.KEY:
            if path[:-1]:
                self._read(path[:-1])
        elif field.kind is FieldKind.SLUG:
            self._read((*path, *(field.text("slug_field") or "").split("__")))
        elif path:
            self._read(path)

    def _represent_model_field(self, model: TypeInfo, name: str, depth: int) -> None:
        found = relation(model, name)
        if found is None:
            if field_class(model, name) is None and name in {"pk", "id"}:
                return
            self._read((name,))
        elif found.kind is Kind.MANY:
            self._read((name, *_EACH))
        elif depth or found.kind in {Kind.REVERSE_ONE_TO_ONE, Kind.GENERIC}:
            self._read((name,))

    def _represent_annotations(self) -> None:
        """The fields of a schema, whose annotations say which schemas are inside."""
        for name, type_ in _annotated(self._info):
            if self._own(f"resolve_{name}"):
                self._call_with_object(f"resolve_{name}")
                continue
            field = self._fields.get(name)
            path = tuple(((field and field.text("alias")) or name).split("."))
            for each in alternatives(type_):
                if not isinstance(each, InstanceType):
                    continue
                item = (
                    item_class(each)
                    if is_a(each.type, "typing.Sequence", "typing.AbstractSet")
                    else None
                )
                is_many = item is not None and each.type.fullname != "builtins.str"
                inner = item if is_many and item is not None else each.type
                target = (*path, *_EACH) if is_many else path
                self._read(target)
                if is_declarative(inner):
                    self._represent_with(inner, target)
        if self._meta is not None:
            for name in self._meta.names:
                self._represent_model_field(self._meta.model, name, 0)

    # What validation looks up

    def _validate(self) -> None:
        for field in self._fields.values():
            if field.is_set("read_only"):
                continue
            if field.kind is FieldKind.CHOICE:
                self._actions.add(_raising(_CHOICE))
            elif field.kind in {FieldKind.KEY, FieldKind.SLUG} or _is_checked(field):
                self._actions.add(_raising(_GET))
            elif field.class_ is not None and is_declarative(field.class_):
                self._actions.add(Action(Call(f"{field.class_.fullname}.{self._method}")))
        if self._meta is None:
            return
        for name in self._meta.names:
            if name in self._fields or name in self._meta.read_only:
                continue
            found = relation(self._meta.model, name)
            if found is not None:
                self._actions.add(_raising(_GET if self._is_serializer else _CHOICE))
            elif owner := _owner(self._meta.model, name):
                self._actions.add(Action(Call(f"{owner}.{name}.{UNIQUE}")))

    @property
    def _is_serializer(self) -> bool:
        return Role.REPRESENTS in self._rules.methods.values()

    def _render(self) -> None:
        for field in self._fields.values():
            if field.kind is FieldKind.CHOICE and _lists(field):
                self._actions.add(_raising(_CHOICES))
        if self._meta is not None:
            relations = (name for name in self._meta.names if relation(self._meta.model, name))
            if any(name not in self._fields for name in relations):
                self._actions.add(_raising(_CHOICES))

    # What the class itself defines

    def _own(self, name: str) -> FuncDef | None:
        """A method of the project's own that the class has."""
        for base in self._info.mro:
            symbol = base.names.get(name)
            if symbol is not None:
                node = symbol.node.func if isinstance(symbol.node, Decorator) else symbol.node
                return node if isinstance(node, FuncDef) and not is_framework(base) else None
        return None

    def _replaces(self, name: str) -> bool:
        """Whether a method of the project's own runs in the place of a framework's."""
        return self._own(name) is not None and not any(
            isinstance(node, SuperExpr) and node.name == name for node in walk(self._definition)
        )

    def _call_hooks(self) -> None:
        for pattern in self._rules.hooks.get(self._role, ()):
            for name in self._matching(pattern):
                if (hook := self._own(name)) is None:
                    continue
                if self._role is Role.REPRESENTS:
                    self._call_with_object(name)
                else:
                    itself = Instance(self._info.fullname)
                    self._actions.add(Action(Call(hook.fullname, itself)))

    def _matching(self, pattern: str) -> Iterator[str]:
        if not pattern.endswith("*"):
            yield pattern
            return
        prefix = pattern[:-1]
        for base in self._info.mro:
            if is_framework(base):
                return
            yield from (name for name in base.names if name.startswith(prefix))

    def _call_with_object(self, name: str) -> None:
        """Call a method of the class with the object."""
        method = self._own(name)
        if method is not None:
            receiver = None if method.is_static else Instance(self._info.fullname)
            self._actions.add(Action(Call(method.fullname, receiver, (_OBJECT,))))

    def _inherit(self) -> None:
        """What bases of the project declare; not where a ``Meta`` of the class chooses among it."""
        if self._rules.by_annotation or "Meta" in self._info.names or self._role is Role.SAVES:
            return
        for base in self._info.bases:
            if is_declarative(base.type) and not is_framework(base.type):
                name = f"{base.type.fullname}.{self._method}"
                arguments = (_OBJECT,) if self._role is Role.REPRESENTS else ()
                self._actions.add(Action(Call(name, None, arguments)))


def _is_checked(field: _Field) -> bool:
    """Whether a field names validators that ask the database."""
    validators = field.arguments.get("validators")
    return isinstance(validators, ListExpr) and any(
        isinstance(each, CallExpr)
        and isinstance(each.callee, RefExpr)
        and each.callee.fullname.rpartition(".")[2].startswith("Unique")
        for each in validators.items
    )


def _lists(field: _Field) -> bool:
    """Whether a field is rendered by a widget that lists its choices."""
    match field.arguments.get("widget"):
        case None:
            return True
        case CallExpr(callee=RefExpr(node=TypeInfo() as widget)):
            return is_a(widget, _LISTING)
        case RefExpr(node=TypeInfo() as widget):
            return is_a(widget, _LISTING)
        case _:
            return False


def _owner(model: TypeInfo, name: str) -> str | None:
    """The class that defines a model's field."""
    return next((base.fullname for base in model.mro if name in base.names), None)


def _annotated(info: TypeInfo) -> Iterator[tuple[str, ProperType]]:
    """The fields that the annotations of a class, and of its bases, declare."""
    found: dict[str, ProperType] = {}
    for base in reversed(info.mro):
        if is_declarative(base) and not is_framework(base):
            for name, symbol in base.names.items():
                match symbol.node:
                    case Var(is_classvar=False, type=type_) if type_ is not None:
                        found[name] = get_proper_type(type_)
                    case _:
                        pass
    yield from found.items()


# The class's body


def _fields(definition: ClassDef) -> Iterator[_Field]:
    for name, value in _assigned(definition).items():
        match value:
            case CallExpr(callee=NameExpr() | MemberExpr() as callee) as call:
                class_ = callee.node if isinstance(callee.node, TypeInfo) else None
                named = zip(call.arg_names, call.args, strict=True)
                arguments = {key: each for key, each in named if key is not None}
                if class_ is not None or is_missing(callee):
                    yield _Field(name, class_, callee.name, arguments)
            case _:
                pass


def _assigned(definition: ClassDef) -> dict[str, Expression]:
    found: dict[str, Expression] = {}
    for statement in definition.defs.body:
        match statement:
            case AssignmentStmt(lvalues=[NameExpr(name=name)], rvalue=value):
                found[name] = value
            case _:
                pass
    return found


def _meta(definition: ClassDef) -> _Meta | None:
    for statement in definition.defs.body:
        if isinstance(statement, ClassDef) and statement.name == "Meta":
            return _read_meta(_assigned(statement))
    return None


def _read_meta(values: dict[str, Expression]) -> _Meta | None:
    match values.get("model"):
        case RefExpr(node=TypeInfo() as model):
            pass
        case _:
            return None
    depth = values.get("depth")
    read_only = values.get("read_only_fields")
    return _Meta(
        model,
        _names(model, values),
        frozenset(_texts(read_only) or () if read_only is not None else ()),
        depth.value if isinstance(depth, IntExpr) else 0,
    )


def _names(model: TypeInfo, values: dict[str, Expression]) -> Sequence[str]:
    """The names of the fields that count; none where they are not written down."""
    fields, exclude = values.get("fields"), values.get("exclude")
    is_all = isinstance(fields, StrExpr) and fields.value == _ALL
    if fields is not None and not is_all:
        return _texts(fields) or ()
    left_out = _texts(exclude) if exclude is not None else ()
    if left_out is None or (not is_all and not left_out):
        return ()
    return [name for name in _of_model(model) if name not in left_out]


def _of_model(model: TypeInfo) -> Iterator[str]:
    """The fields that a model defines itself: not the other sides of relations."""
    for base in model.mro:
        for name in base.names:
            found = relation(model, name)
            field = field_class(model, name)
            if field is None or name in {"id", "pk"}:
                continue
            is_own = found is None or found.kind in {Kind.KEY, Kind.ONE_TO_ONE}
            if is_own or is_a(field.type, MANY_TO_MANY):
                yield name


def _texts(value: Expression) -> list[str] | None:
    """The strings of a list or tuple, or of several that are joined."""
    match value:
        case ListExpr(items=items) | TupleExpr(items=items):
            return [each.value for each in items if isinstance(each, StrExpr)]
        case OpExpr(op="+", left=left, right=right):
            one, other = _texts(left), _texts(right)
            return None if one is None or other is None else [*one, *other]
        case _:
            return None
