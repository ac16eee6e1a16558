"""Reading mypy's types."""

from collections.abc import Iterable
from typing import Final

from mypy.indirection import TypeIndirectionVisitor
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    Decorator,
    FuncDef,
    FuncItem,
    MypyFile,
    Node,
    SymbolNode,
    SymbolTableNode,
    TypeInfo,
)
from mypy.semanal import is_trivial_body
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    LiteralType,
    NoneType,
    Overloaded,
    ProperType,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    TypeVarType,
    UninhabitedType,
    UnionType,
    flatten_nested_unions,
    get_proper_type,
)

MADE_BASE: Final = "mypy_async_django.made_base"
"""The key of what `bridge.managers` keeps in the metadata of a class."""
COROUTINES: Final = ("typing.Coroutine", "types.CoroutineType")


def known(type_: Type | None) -> ProperType | None:
    """``type_`` itself, or None where it says nothing (Any, never, not inferred)."""
    if type_ is None:
        return None
    proper = get_proper_type(type_)
    if isinstance(proper, AnyType | UninhabitedType):
        return None
    if isinstance(proper, Instance) and has_made_base(proper.type):
        return None
    return proper


def has_made_base(info: TypeInfo) -> bool:
    """Whether a base of a class, which mypy takes for Any, is one that ``from_queryset()`` makes."""
    return info.fallback_to_any and any(MADE_BASE in base.metadata for base in info.mro)


def alternatives(type_: ProperType) -> tuple[ProperType | None, ...]:
    """What a value of the type may be, without None; an unknown alternative is None."""
    if isinstance(type_, UnionType):
        flat = flatten_nested_unions(type_.items)
        return tuple(
            known(item) for item in flat if not isinstance(get_proper_type(item), NoneType)
        )
    return () if isinstance(type_, NoneType) else (type_,)


def is_object(type_: ProperType) -> bool:
    """Whether a type is ``object``, which says nothing of a value."""
    return isinstance(type_, Instance) and type_.type.fullname == "builtins.object"


def class_of(type_: ProperType | None) -> TypeInfo | None:
    """The class whose instance a value of the type is; None where it is none or several."""
    match type_:
        case Instance():
            return type_.type
        case TupleType():
            return type_.partial_fallback.type
        case LiteralType() | TypedDictType() | FunctionLike():
            return type_.fallback.type
        case TypeVarType():
            return class_of(known(type_.upper_bound))
        case _:
            return None


def classes(type_: ProperType | None) -> tuple[TypeInfo, ...]:
    """The classes of all alternatives; empty where one of them is unknown."""
    if type_ is None:
        return ()
    if isinstance(type_, Instance):  # nearly always
        return (type_.type,)
    found = tuple(class_of(item) for item in alternatives(type_))
    return tuple(info for info in found if info) if all(found) else ()


def class_object(type_: ProperType | None) -> TypeInfo | None:
    """The class that a value of the type *is*: ``type[Book]``, or the name ``Book``."""
    if isinstance(type_, FunctionLike) and type_.is_type_obj():
        return class_of(known(type_.items[0].ret_type))
    if isinstance(type_, TypeType):
        return class_of(type_.item)
    return None


def is_a(info: TypeInfo, *fullnames: str) -> bool:
    """Whether the class, or one that it derives from, has one of these full names."""
    for base in info.mro:  # noqa: SIM110 - asked so often that a generator shows
        if base.fullname in fullnames:
            return True
    return False


def item_class(type_: ProperType | None) -> TypeInfo | None:
    """The class of the items of an iterable type."""
    if not isinstance(type_, Instance):
        return None
    base = next((base for base in type_.type.mro if base.fullname == "typing.Iterable"), None)
    arguments = map_instance_to_supertype(type_, base).args if base else ()
    return class_of(known(arguments[0])) if arguments else None


def all_are(type_: ProperType | None, *fullnames: str) -> bool:
    """Whether each alternative of a type is an instance of one of the named classes."""
    found = classes(type_)
    return bool(found) and all(is_a(info, *fullnames) for info in found)


def member(info: TypeInfo, name: str) -> tuple[TypeInfo, SymbolTableNode] | None:
    """The symbol that an attribute name finds in a class, with the class that defines it."""
    for base in info.mro:
        symbol = base.names.get(name)
        if symbol is not None:
            return base, symbol
    return None


def common_member(infos: Iterable[TypeInfo], name: str) -> SymbolNode | None:
    """The member of a name that all classes share; None where they differ."""
    nodes = set()
    for info in infos:
        found = member(info, name)
        nodes.add(found[1].node if found else None)
    return nodes.pop() if len(nodes) == 1 else None


def definition(type_: ProperType | None) -> FuncDef | None:
    """The function that a callable type was made from, if mypy still knows it."""
    if isinstance(type_, Overloaded):
        type_ = type_.items[0]
    if not isinstance(type_, CallableType):
        return None
    found = type_.definition
    if isinstance(found, Decorator):
        return found.func
    return found if isinstance(found, FuncDef) else None


def is_left_to_subclasses(method: FuncDef, module: MypyFile | None) -> bool:
    """Whether a method has nothing but ``...``, ``pass`` or ``raise NotImplementedError``.

    Of a method of another module than ``module``, mypy keeps that only if it is abstract.
    """
    is_here = module is not None and method.info and method.info.module_name == module.fullname
    return method.is_trivial_body or (bool(is_here) and is_trivial_body(method.body))


def result_type(function: Node) -> ProperType | None:
    """The declared return type of a function, once awaited; None where it is not declared."""
    signature = function.type if isinstance(function, FuncItem) else None
    if not isinstance(signature, CallableType):
        return None
    given = known(signature.ret_type)
    if isinstance(given, Instance) and given.type.fullname in COROUTINES:
        return known(given.args[-1])
    return given


def is_coroutine_type(type_: ProperType | None) -> bool:
    """Whether each alternative is a ``Coroutine``, the result of calling a coroutine function.

    None is another: what gives a coroutine or None has done its work where it gives None.
    """
    return all_are(type_, *COROUTINES) and not may_be_none(type_)


def makes_coroutine(type_: ProperType | None) -> bool:
    """Whether calling a value of the type returns a coroutine."""
    return isinstance(type_, CallableType) and is_coroutine_type(get_proper_type(type_.ret_type))


def is_awaitable(type_: ProperType | None) -> bool:
    """Whether each alternative can be awaited."""
    found = classes(type_)
    return bool(found) and all(member(info, "__await__") for info in found)


def literal_text(type_: ProperType | None) -> str | None:
    """The text of a string whose value the type shows; None where it does not."""
    literal = type_.last_known_value if isinstance(type_, Instance) else type_
    value = literal.value if isinstance(literal, LiteralType) else None
    return value if isinstance(value, str) else None


def may_be_none(type_: ProperType | None) -> bool:
    """Whether None is one of the alternatives."""
    return isinstance(type_, UnionType) and any(
        isinstance(get_proper_type(item), NoneType) for item in type_.items
    )


def may_be_called(type_: ProperType | None) -> bool:
    """Whether an alternative is a function, a class or an object that can be called."""
    for item in alternatives(type_) if type_ else ():
        if isinstance(item, FunctionLike | TypeType):
            return True
        info = class_of(item)
        if info is None or member(info, "__call__") or info.fallback_to_any:
            return True
    return False


def modules_of(types: Iterable[ProperType | None]) -> set[str]:
    """The modules whose definitions the types depend on: those of classes and of their bases."""
    return TypeIndirectionVisitor().find_modules({type_ for type_ in types if type_ is not None})
