"""Attributes of values, results of calls and of other operations, as far as declarations tell.

mypy does the same while it checks a body, with the checker's help and with all its error messages
(checkmember.py). Here are its rules for the moments before, and for bodies it does not check.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from mypy.expandtype import expand_self_type, expand_type_by_instance
from mypy.infer import ArgumentInferContext
from mypy.lookup import lookup_fully_qualified, lookup_stdlib_typeinfo
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    ARG_POS,
    Decorator,
    FuncBase,
    FuncDef,
    MypyFile,
    OverloadedFuncDef,
    SymbolNode,
    SymbolTableNode,
    TypeAlias,
    TypeInfo,
    Var,
)
from mypy.typeops import (
    bind_self,
    callable_type,
    function_type,
    make_simplified_union,
    tuple_fallback,
    type_object_type,
)
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    LiteralType,
    NoneType,
    Overloaded,
    PartialType,
    ProperType,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    TypeVarType,
    UninhabitedType,
    UnionType,
    get_proper_type,
)
from mypy.typevars import fill_typevars_with_any

from mypy_async_django.bridge.calls import UNKNOWN, Arguments, expected, returned
from mypy_async_django.bridge.managers import (
    generic_relation,
    queryset_of,
    refined,
    with_made_bases,
)
from mypy_async_django.bridge.types import alternatives, has_made_base, known

NO_ARGUMENTS: Final = Arguments([], [], [])


class Members:
    """Looks at the classes of one build; answers None where a type is not known.

    What it has worked out it keeps: make a new one once symbol tables may have changed.
    """

    def __init__(self, modules: dict[str, MypyFile]) -> None:
        self._modules = modules
        self._attributes: dict[tuple[ProperType, str], ProperType | None] = {}
        self._classes: dict[str, TypeInfo] = {}
        self._constructors: dict[TypeInfo, ProperType] = {}

    def class_named(self, fullname: str) -> TypeInfo | None:
        """The class of this full name, if its module takes part in the build."""
        if fullname in self._classes:
            return self._classes[fullname]
        symbol = lookup_fully_qualified(fullname, self._modules)
        found = symbol.node if symbol and isinstance(symbol.node, TypeInfo) else None
        if found is not None and has_made_base(found):
            found = self._classes[fullname] = with_made_bases(found, self.class_named)
        return found

    def declared(self, fullname: str) -> ProperType | None:
        """An instance of a class, or the type of an attribute of a class, by the full name."""
        if (info := self.class_named(fullname)) is not None:
            return Instance(info, [])
        owner, _, attribute = fullname.rpartition(".")
        holder = self.class_named(owner)
        return self.attribute(Instance(holder, []), attribute) if holder is not None else None

    def has_fixture(self, name: str, module: str) -> bool:
        """Whether a module, or a ``conftest.py`` of the build, defines a function of a name."""
        return any(
            name in tree.names
            for other, tree in self._modules.items()
            if other == module or other.rpartition(".")[2] == "conftest"
        )

    def standard(self, fullname: str, *arguments: Type | None) -> Instance:
        """An instance of a class of builtins or typing; Any for unknown type arguments."""
        info = lookup_stdlib_typeinfo(fullname, self._modules)
        return Instance(info, [argument or UNKNOWN for argument in arguments])

    def value_of(self, node: SymbolNode | None) -> ProperType | None:
        """The type of the definition that a name of a module or class refers to."""
        match node:
            case Var():
                return None if isinstance(node.type, PartialType) else known(node.type)
            case TypeInfo():
                return class_type(node)
            case FuncBase():
                return self.signature(node)
            case Decorator():
                return known(_decorated(node))
            case TypeAlias():
                target = get_proper_type(node.target)
                return TypeType(target) if isinstance(target, Instance | TupleType) else None
            case _:
                return None

    def signature(self, function: FuncBase) -> FunctionLike:
        """A function's declared type; an unannotated coroutine returns a coroutine all the same."""
        if isinstance(function, FuncDef) and function.type is None and _is_coroutine(function):
            result = self.standard("typing.Coroutine", UNKNOWN, UNKNOWN, UNKNOWN)
            return callable_type(function, self._function, result)
        return function_type(function, self._function)

    def constructor(self, info: TypeInfo) -> ProperType:
        """A class as the function that makes its instances."""
        if info not in self._constructors:
            self._constructors[info] = type_object_type(info)
        return self._constructors[info]

    def attribute(self, owner: ProperType, name: str) -> ProperType | None:
        """The type of ``owner.name``. What is None otherwise is taken to be not None here."""
        key = owner, name
        if key not in self._attributes:
            self._attributes[key] = None  # what it may be asked for while it is worked out
            self._attributes[key] = known(self._attribute(owner, name))
        return self._attributes[key]

    def inherited(self, owner: ProperType, after: TypeInfo, name: str) -> ProperType | None:
        """The type of ``super().name`` in a method of the class ``after``."""
        of_class = isinstance(owner, TypeType)
        instance = _instance(owner.item if isinstance(owner, TypeType) else owner)
        if instance is None or after not in instance.type.mro:
            return None
        mro = instance.type.mro
        for base in mro[mro.index(after) + 1 :]:
            if name in base.names:
                look_up = self._of_class if of_class else self._of_instance
                return known(look_up(instance, name, owner, base.names[name]))
        return None

    def call(self, callee: ProperType, arguments: Arguments = NO_ARGUMENTS) -> ProperType | None:
        """The type of the result of a call."""
        match callee:
            case CallableType() | Overloaded():
                return known(returned(callee, arguments, self._infer_context))
            case TypeType():
                return self._constructed(callee, arguments)
            case Instance():
                return self.call_method(callee, "__call__", arguments)
            case UnionType():
                return union(item and self.call(item, arguments) for item in alternatives(callee))
            case UninhabitedType():
                return callee
            case _:
                return None

    def expected(
        self, callee: ProperType, arguments: Arguments, position: int
    ) -> ProperType | None:
        """The type of the parameter that takes the argument at a position of a call."""
        if isinstance(callee, TypeType) and isinstance(callee.item, Instance):
            callee = self.constructor(callee.item.type)
        if not isinstance(callee, FunctionLike):
            return None
        return expected(callee, arguments, position, self._infer_context)

    def call_method(
        self, owner: ProperType, name: str, arguments: Arguments = NO_ARGUMENTS
    ) -> ProperType | None:
        """The type of the result of ``owner.name(...)``."""
        method = self.attribute(owner, name)
        return method and self.call(method, arguments)

    @cached_property
    def _function(self) -> Instance:
        return self.standard("builtins.function")

    @cached_property
    def _infer_context(self) -> ArgumentInferContext:
        return ArgumentInferContext(
            self.standard("typing.Mapping", UNKNOWN, UNKNOWN),
            self.standard("typing.Iterable", UNKNOWN),
        )

    def _constructed(self, class_: TypeType, arguments: Arguments) -> ProperType | None:
        item = class_.item
        if not isinstance(item, Instance) or not item.args:
            return known(item)
        if not all(isinstance(get_proper_type(arg), AnyType) for arg in item.args):
            return item
        return self.call(self.constructor(item.type), arguments) or item

    def _attribute(self, owner: ProperType, name: str) -> Type | None:
        match owner:
            case UninhabitedType():
                return owner
            case UnionType():
                return union(item and self.attribute(item, name) for item in alternatives(owner))
            case TypeType():
                return self._of_class_object(owner.item, name, owner)
            case FunctionLike() if owner.is_type_obj():
                item = get_proper_type(owner.items[0].ret_type)
                return self._of_class_object(item, name, TypeType.make_normalized(item))
        instance = _instance(owner)
        if instance is None:
            return None
        symbol = instance.type.get(name)
        if symbol is None:
            return self._dynamic(instance, name)
        return self._of_instance(instance, name, owner, symbol)

    def _dynamic(self, instance: Instance, name: str) -> Type | None:
        if instance.extra_attrs and name in instance.extra_attrs.attrs:
            return instance.extra_attrs.attrs[name]
        if name.startswith("__") or instance.type.get("__getattr__") is None:
            return None
        return self.call_method(instance, "__getattr__")

    def _of_instance(
        self, instance: Instance, name: str, owner: Type, symbol: SymbolTableNode
    ) -> Type | None:
        node = symbol.node
        if isinstance(node, FuncDef | OverloadedFuncDef) and not node.is_property:
            return self._method(node, instance, owner, is_bound=not node.is_static)
        found = _variable(node)
        if found is None:
            return self.value_of(node)
        type_ = self._bound(*found, instance, owner)
        if isinstance(type_, AnyType) and (queryset := self._queryset_behind(instance, name)):
            return self.attribute(queryset, name)
        if type_ is None or symbol.implicit:
            return type_
        return self._got(type_, owner, TypeType.make_normalized(owner))

    def _queryset_behind(self, manager: Instance, method: str) -> Instance | None:
        """The queryset whose method of this name a generated manager offers as its own."""
        info = queryset_of(manager.type, method, self.class_named)
        model = self.attribute(manager, "model") if info else None
        if info is None or not isinstance(model, TypeType):
            return None
        return Instance(info, [model.item] * len(info.type_vars))

    def _method(
        self, function: FuncBase, instance: Instance, owner: Type, *, is_bound: bool
    ) -> Type:
        signature = self.signature(function)
        if is_bound:
            signature = bind_self(signature, owner, is_classmethod=function.is_class)
        return expand_type_by_instance(
            signature, map_instance_to_supertype(instance, function.info)
        )

    def _bound(
        self, var: Var, declared: Type | None, instance: Instance, owner: Type
    ) -> ProperType | None:
        """The type of a variable (a property, a decorated method) of an instance."""
        if declared is None:
            return None
        base = map_instance_to_supertype(instance, var.info)
        proper = get_proper_type(expand_self_type(var, declared, owner))
        if isinstance(proper, FunctionLike) and _is_method(var, proper):
            proper = bind_self(proper, owner, is_classmethod=var.is_classmethod)
        if var.is_property and isinstance(proper, CallableType):
            proper = get_proper_type(proper.ret_type)
        return expand_type_by_instance(proper, base)

    def _of_class_object(self, item: ProperType, name: str, owner: ProperType) -> Type | None:
        if isinstance(item, UnionType):
            return union(
                self.attribute(TypeType.make_normalized(each), name) for each in item.items
            )
        if isinstance(item, AnyType):
            return self.attribute(self.standard("builtins.type"), name)
        instance = _instance(item)
        if instance is None:
            return None
        symbol = instance.type.get(name)
        metaclass = instance.type.metaclass_type or self.standard("builtins.type")
        of_metaclass = metaclass.type.get(name)
        if symbol is not None and not (of_metaclass and _is_hidden(symbol.node)):
            return self._of_class(instance, name, owner, symbol)
        return self._of_instance(metaclass, name, owner, of_metaclass) if of_metaclass else None

    def _of_class(
        self, instance: Instance, name: str, owner: ProperType, symbol: SymbolTableNode
    ) -> Type | None:
        node = symbol.node
        if instance.type.is_enum and name in instance.type.enum_members:
            return instance
        if isinstance(node, FuncDef | OverloadedFuncDef) and not node.is_property:
            return self._method(node, instance, owner, is_bound=node.is_class)
        found = _variable(node)
        if found is None:
            return self.value_of(node)
        var, declared = found
        if declared is None or var.is_property:
            return None
        type_ = get_proper_type(expand_self_type(var, declared, instance))
        if isinstance(type_, FunctionLike) and var.is_classmethod:
            type_ = bind_self(type_, owner, is_classmethod=True)
        if isinstance(type_, Instance) and has_made_base(type_.type):
            manager = self.class_named(type_.type.fullname) or type_.type
            return Instance(manager, [instance] * len(manager.type_vars))
        base = map_instance_to_supertype(instance, var.info)
        return self._got(expand_type_by_instance(type_, base), NoneType(), owner)

    def _got(self, type_: ProperType, instance: Type, owner: Type) -> ProperType | None:
        """The type of an attribute as it is read: the return type of ``__get__`` if it has one."""
        if isinstance(type_, UnionType):
            return union(self._got(get_proper_type(each), instance, owner) for each in type_.items)
        if not isinstance(type_, Instance) or type_.type.get("__get__") is None:
            return type_
        if found := generic_relation(type_, self.class_named):
            return found
        arguments = Arguments([instance, owner], [ARG_POS, ARG_POS], [None, None])
        got = self.call_method(type_, "__get__", arguments)
        return refined(got, self.class_named) if isinstance(got, Instance) else got


def class_type(info: TypeInfo) -> TypeType:
    """The type of the class itself, with unknown type arguments."""
    return TypeType(info.typeddict_type or fill_typevars_with_any(info))


def union(types: Iterable[ProperType | None]) -> ProperType | None:
    """What may be any of the types; None where one of them is unknown."""
    items: Sequence[ProperType | None] = tuple(types)
    found = [item for item in items if item is not None]
    if len(found) < len(items) or not found:
        return None
    return found[0] if len(found) == 1 else make_simplified_union(found)


def _instance(type_: ProperType) -> Instance | None:
    """The instance whose class has the attributes of a value of the type."""
    match type_:
        case Instance():
            return type_
        case TupleType():
            return tuple_fallback(type_)
        case LiteralType() | TypedDictType() | FunctionLike():
            return type_.fallback
        case TypeVarType():
            return _instance(get_proper_type(type_.upper_bound))
        case _:
            return None


def _variable(node: SymbolNode | None) -> tuple[Var, Type | None] | None:
    """The variable that holds a class member's type, with that type."""
    match node:
        case OverloadedFuncDef(items=[Decorator() as getter, *_]):
            return getter.var, _decorated(getter)
        case Decorator():
            return node.var, _decorated(node)
        case Var():
            return node, None if isinstance(node.type, PartialType) else node.type
        case _:
            return None


def _decorated(node: Decorator) -> Type | None:
    """The type of a decorated function; mypy sets some only when it checks the class."""
    return node.var.type or (None if node.decorators else node.func.type)


def _is_hidden(node: SymbolNode | None) -> bool:
    """Whether an attribute of the metaclass comes before this one of the class."""
    return isinstance(node, Var) and not node.is_classvar


def _is_method(var: Var, type_: FunctionLike) -> bool:
    """Whether a callable in a class is bound to the instance when it is read."""
    symbol = var.info.names.get(var.name)
    is_variable = symbol is not None and symbol.node is var
    return (
        var.is_initialized_in_class
        and not var.is_staticmethod
        and not type_.is_type_obj()
        and (var.is_property or not type_.bound())
        and (not is_variable or var.is_classvar or var.is_inferred)
    )


def _is_coroutine(function: FuncDef) -> bool:
    return function.is_coroutine and not function.is_generator
