"""What django-stubs' plugin knows of managers and keeps in the metadata of their classes.

It generates classes for ``from_queryset()``, ``as_manager()`` and related managers, with Any as the
type of the methods that they take from a queryset: those it looks up when an attribute is read.
"""

from typing import TYPE_CHECKING, Any

from mypy.nodes import TypeInfo
from mypy.types import Instance, TypeType, get_proper_type

from mypy_async_django.bridge.types import is_a

if TYPE_CHECKING:
    from mypy_async_django.bridge.members import Members

MANAGER = "django.db.models.manager.BaseManager"
GENERIC_RELATION = "django.contrib.contenttypes.fields.GenericRelation"
RELATED_MANAGER = "django.db.models.fields.related_descriptors.RelatedManager"
MANY_RELATED_MANAGER = "django.db.models.fields.related_descriptors.ManyRelatedManager"


def queryset_of(manager: Instance, method: str, members: "Members") -> Instance | None:
    """The queryset whose method of this name a generated manager offers as its own."""
    owner = manager.type.get_containing_type_info(method)
    fullname = _metadata(owner).get("from_queryset_manager") if owner else None
    info = members.class_named(fullname) if fullname else None
    if info is None or not is_a(manager.type, MANAGER):
        return None
    model = members.attribute(manager, "model")
    if not isinstance(model, TypeType):
        return None
    return Instance(info, [model.item] * len(info.type_vars))


def generic_relation(field: Instance, members: "Members") -> Instance | None:
    """The related manager of a GenericRelation, which the stubs leave open."""
    if not is_a(field.type, GENERIC_RELATION):
        return None
    info = members.class_named(RELATED_MANAGER)
    model = members.class_named("django.db.models.base.Model")
    return Instance(info, [Instance(model, [])]) if info and model else None


def refined(manager: Instance, members: "Members") -> Instance:
    """The manager class generated for a relation, in the place of the one that the stubs declare."""
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
    info = members.class_named(fullname) if fullname else None
    return Instance(info, list(arguments)) if info else manager


def _metadata(info: TypeInfo) -> dict[str, Any]:
    return info.metadata.get("django", {})
