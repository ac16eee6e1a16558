"""What django-stubs' types say of models, their fields and their managers."""

from typing import Final

from mypy.maptype import map_instance_to_supertype
from mypy.nodes import TypeInfo, Var
from mypy.types import AnyType, Instance, NoneType, ProperType, UnionType, get_proper_type

from mypy_async_django.bridge.types import alternatives, class_of, is_a, known, member

MODEL: Final = "django.db.models.base.Model"
QUERYSET: Final = "django.db.models.query.QuerySet"
RAW_QUERYSET: Final = "django.db.models.query.RawQuerySet"
MANAGER: Final = "django.db.models.manager.BaseManager"
FIELD: Final = "django.db.models.fields.Field"
FOREIGN_KEY: Final = "django.db.models.fields.related.ForeignKey"
ONE_TO_ONE: Final = "django.db.models.fields.related.OneToOneField"
MANY_TO_MANY: Final = "django.db.models.fields.related.ManyToManyField"
_TO_MANY: Final = (MANY_TO_MANY, "django.contrib.contenttypes.fields.GenericRelation")
_DESCRIPTORS: Final = "django.db.models.fields.related_descriptors"
REVERSE_ONE_TO_ONE: Final = f"{_DESCRIPTORS}.ReverseOneToOneDescriptor"
RELATED_MANAGERS: Final = (
    f"{_DESCRIPTORS}.RelatedManager",
    f"{_DESCRIPTORS}.ManyRelatedManager",
    "django.contrib.contenttypes.fields.GenericRelatedObjectManager",
)


def is_model(info: TypeInfo) -> bool:
    """Whether the class is a Django model."""
    return is_a(info, MODEL)


def may_hold_rows(type_: ProperType | None) -> bool:
    """Whether a value may be a model instance or have some inside, as far as its type tells."""
    pending = [type_]
    seen: set[ProperType] = set()
    for each in pending:
        if each is None:
            return True
        # A type may be inside of itself: "Tree = list[Tree | str]".
        for item in set(alternatives(each)) - seen:
            if not isinstance(item, Instance) or is_a(
                item.type, MODEL, MANAGER, QUERYSET, RAW_QUERYSET
            ):
                return True
            seen.add(item)
            pending.extend(get_proper_type(argument) for argument in item.args)
    return False


def model_class(queryset: Instance) -> TypeInfo | None:
    """The model of a queryset or manager type: the first type argument of Django's class."""
    base = next((base for base in queryset.type.mro if base.fullname in {QUERYSET, MANAGER}), None)
    arguments = map_instance_to_supertype(queryset, base).args if base else ()
    found = class_of(known(arguments[0])) if arguments else None
    return found if found is not None and is_model(found) else None


def field_class(model: TypeInfo, name: str) -> Instance | None:
    """The declared type of a model's field or relation attribute; None for all else."""
    found = member(model, name)
    if found is None or not is_model(model) or not isinstance(found[1].node, Var):
        return None
    declared = get_proper_type(found[1].node.type)
    return declared if isinstance(declared, Instance) else None


def is_single_relation(model: TypeInfo, name: str) -> bool:
    """Whether reading the attribute loads one related row: a key or a one-to-one, either side."""
    field = field_class(model, name)
    return field is not None and is_a(field.type, FOREIGN_KEY, REVERSE_ONE_TO_ONE)


def is_one_to_one(model: TypeInfo, name: str) -> bool:
    """Whether the attribute is a one-to-one relation, on either side."""
    field = field_class(model, name)
    return field is not None and is_a(field.type, ONE_TO_ONE, REVERSE_ONE_TO_ONE)


def is_reverse_one_to_one(model: TypeInfo, name: str) -> bool:
    """Whether the attribute is the far side of a one-to-one."""
    field = field_class(model, name)
    return field is not None and is_a(field.type, REVERSE_ONE_TO_ONE)


def is_column(model: TypeInfo, name: str) -> bool:
    """Whether the attribute is a plain column, which a query may have deferred."""
    field = field_class(model, name)
    return (
        field is not None
        and is_a(field.type, FIELD)
        and not is_a(field.type, *_TO_MANY)
        and not is_single_relation(model, name)
    )


def related_model(model: TypeInfo, name: str) -> TypeInfo | None:
    """The model on the other side of a key or a one-to-one."""
    field = field_class(model, name)
    if field is None or not field.args:
        return None
    other = get_proper_type(field.args[-1])
    if isinstance(other, UnionType):
        other = next(
            (i for i in map(get_proper_type, other.items) if isinstance(i, Instance)), other
        )
    return other.type if isinstance(other, Instance) else None


def may_be_null(model: TypeInfo, name: str) -> bool:
    """Whether a key may be empty: a bare ``select_related()`` does not follow it then."""
    field = field_class(model, name)
    if field is None or not field.args or is_a(field.type, REVERSE_ONE_TO_ONE):
        return True
    other = get_proper_type(field.args[-1])
    if isinstance(other, AnyType):
        return True
    return isinstance(other, UnionType) and any(
        isinstance(get_proper_type(item), NoneType) for item in other.items
    )


def is_django_method(info: TypeInfo, name: str) -> bool:
    """Whether a queryset's or manager's method is Django's own, not the project's.

    django-stubs copies a queryset's methods into the managers it makes of it; a copy of Django's
    own method says nothing new.
    """
    for base in info.mro:
        symbol = base.names.get(name)
        if symbol is not None and not symbol.plugin_generated:
            return base.fullname.startswith("django.")
    return False


def has_many_to_many(model: TypeInfo) -> bool:
    """Whether a model declares a many-to-many field, itself or in a base."""
    names = (name for base in model.mro for name in base.names)
    fields = (field_class(model, name) for name in names)
    return any(field is not None and is_a(field.type, MANY_TO_MANY) for field in fields)
