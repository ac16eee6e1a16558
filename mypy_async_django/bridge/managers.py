"""What django-stubs' plugin knows of managers and keeps in the metadata of their classes.

It generates classes for ``from_queryset()``, ``as_manager()`` and related managers, with Any as the
type of the methods that they take from a queryset: those it looks up when an attribute is read.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from mypy.nodes import TypeInfo
from mypy.types import Instance, get_proper_type

from mypy_async_django.bridge.types import is_a

ClassNamed: TypeAlias = Callable[[str], TypeInfo | None]
"""Returns the class of a full name, if its module takes part in the build."""

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


def _metadata(info: TypeInfo) -> dict[str, Any]:
    return info.metadata.get("django", {})
