"""What django-stubs' plugin knows of managers and keeps in the metadata of their classes.

It generates classes for ``from_queryset()``, ``as_manager()`` and related managers, with Any as the
type of the methods that they take from a queryset: those it looks up when an attribute is read.

A base that is written in the class statement, ``class Books(Manager.from_queryset(BookQuerySet))``, is
Any for mypy. `note_made_base` keeps what it is made of, and `with_made_bases` gives such a class its bases.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from mypy.nodes import (
    MDEF,
    Block,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    MemberExpr,
    NameExpr,
    OverloadedFuncDef,
    SymbolTable,
    SymbolTableNode,
    TypeInfo,
    Var,
    get_member_expr_fullname,
)
from mypy.plugin import ClassDefContext
from mypy.types import AnyType, Instance, TypeOfAny, get_proper_type

from mypy_async_django.bridge.types import MADE_BASE, has_made_base, is_a

ClassNamed: TypeAlias = Callable[[str], TypeInfo | None]
"""Returns the class of a full name, if its module takes part in the build."""

QUERYSET: Final = "django.db.models.query.QuerySet"
FROM_QUERYSET: Final = "from_queryset"
MANAGER: Final = "django.db.models.manager.BaseManager"
GENERIC_RELATION: Final = "django.contrib.contenttypes.fields.GenericRelation"
RELATED_MANAGER: Final = "django.db.models.fields.related_descriptors.RelatedManager"
MANY_RELATED_MANAGER: Final = "django.db.models.fields.related_descriptors.ManyRelatedManager"


def queryset_of(manager: TypeInfo, method: str, class_named: ClassNamed) -> TypeInfo | None:
    """The queryset class whose method of this name a generated manager offers as its own."""
    owner = manager.get_containing_type_info(method)
    fullname = _metadata(owner).get("from_queryset_manager") if owner else None
    return class_named(fullname) if fullname and is_a(manager, MANAGER) else None


def generic_relation(field: Instance, class_named: ClassNamed) -> Instance | None:
    """The related manager of a GenericRelation, which the stubs leave open."""
    if not is_a(field.type, GENERIC_RELATION):
        return None
    info = class_named(RELATED_MANAGER)
    model = class_named("django.db.models.base.Model")
    return Instance(info, [Instance(model, [])]) if info and model else None


def refined(manager: Instance, class_named: ClassNamed) -> Instance:
    """The manager class generated for a relation, instead of the one that the stubs declare."""
    if manager.type.fullname == RELATED_MANAGER:
        key, arguments = "reverse_managers", manager.args[1:]
    elif manager.type.fullname == MANY_RELATED_MANAGER:
        key, arguments = "m2m_managers", manager.args[1:]
    else:
        return manager
    model = get_proper_type(manager.args[0])
    if not isinstance(model, Instance):
        return manager
    fullname = _metadata(model.type).get(key, {}).get("_default_manager")
    info = class_named(fullname) if fullname else None
    return Instance(info, list(arguments)) if info else manager


def note_made_base(context: ClassDefContext) -> None:
    """Keep, with a class, the manager and the queryset that one of its bases is made of."""
    match context.reason:
        case CallExpr(callee=MemberExpr(expr=manager), args=[queryset, *_]):
            names = [_named(context, each) for each in (manager, queryset)]
            if all(names):
                context.cls.info.metadata[MADE_BASE] = dict(
                    zip(("manager", "queryset"), names, strict=True)
                )
        case _:
            pass


def _named(context: ClassDefContext, expression: Expression) -> str:
    """The full name of what an expression of a class statement refers to; empty if unknown."""
    match expression:
        case NameExpr(name=name):
            pass
        case MemberExpr():
            name = get_member_expr_fullname(expression) or ""
        case _:
            return ""
    found = context.api.lookup_qualified(name, expression, suppress_errors=True) if name else None
    return (found.fullname or "") if found is not None else ""


def with_made_bases(info: TypeInfo, class_named: ClassNamed) -> TypeInfo:
    """A class as it is at run time, where mypy takes one of its bases for Any."""
    if not has_made_base(info):
        return info
    mro: list[TypeInfo] = []
    made: list[Instance] = []
    for base in info.mro:
        mro.append(base)
        parts = base.metadata.get(MADE_BASE, {})
        manager, queryset = (class_named(parts.get(key, "")) for key in ("manager", "queryset"))
        if manager is None or queryset is None:
            continue
        generated = _derived(manager, f"{manager.name}From{queryset.name}")
        _add_methods(generated, queryset)
        generated.metadata["django"] = {"from_queryset_manager": queryset.fullname}
        mro += generated.mro
        made.append(Instance(generated, list(generated.defn.type_vars)))
    if not made:
        return info
    found = _derived(made[0].type, info.name)
    found._fullname, found.module_name = info.fullname, info.module_name
    found.mro = [found, *reversed(list(dict.fromkeys(reversed(mro))))]
    found.bases = [*(base for base in info.bases if base.type.fullname != "builtins.object"), *made]
    return found


def _derived(base: TypeInfo, name: str) -> TypeInfo:
    definition = ClassDef(name, Block([]), type_vars=list(base.defn.type_vars))
    definition.fullname = f"{base.module_name}.{name}"
    info = TypeInfo(SymbolTable(), definition, base.module_name)
    info.type_vars = list(base.type_vars)
    info.bases = [Instance(base, list(base.defn.type_vars))]
    info.mro = [info, *base.mro]
    return info


def _add_methods(manager: TypeInfo, queryset: TypeInfo) -> None:
    """Add a queryset's own methods as django-stubs does: their types are looked up when asked for."""
    for base in queryset.mro:
        if base.fullname == QUERYSET:
            break
        for name, symbol in base.names.items():
            if not name.startswith("_") and isinstance(
                symbol.node, FuncDef | OverloadedFuncDef | Decorator
            ):
                variable = Var(name, AnyType(TypeOfAny.implementation_artifact))
                variable.info, variable.is_initialized_in_class = manager, True
                variable._fullname = f"{manager.fullname}.{name}"
                manager.names.setdefault(
                    name, SymbolTableNode(MDEF, variable, plugin_generated=True)
                )


def _metadata(info: TypeInfo) -> dict[str, Any]:
    return info.metadata.get("django", {})
