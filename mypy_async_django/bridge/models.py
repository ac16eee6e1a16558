"""What django-stubs' types say of models, their fields and their managers."""

from enum import Enum
from typing import Final, NamedTuple

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
GENERIC_KEY: Final = "django.contrib.contenttypes.fields.GenericForeignKey"
_BY_PREFETCH: Final = ("prefetch_related",)
_DESCRIPTORS: Final = "django.db.models.fields.related_descriptors"
_MANY_DESCRIPTORS: Final = (
    f"{_DESCRIPTORS}.ManyToManyDescriptor",
    f"{_DESCRIPTORS}.ReverseManyToOneDescriptor",
)
REVERSE_ONE_TO_ONE: Final = f"{_DESCRIPTORS}.ReverseOneToOneDescriptor"
RELATED_MANAGERS: Final = (
    f"{_DESCRIPTORS}.RelatedManager",
    f"{_DESCRIPTORS}.ManyRelatedManager",
    "django.contrib.contenttypes.fields.GenericRelatedObjectManager",
)
#: Where classes come from whose objects keep no rows of ours.
KEEPING_NO_ROWS: Final = (
    "_asyncio.",
    "asyncio.",
    "builtins.",
    "collections.",
    "datetime.",
    "django.",
    "typing.",
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


def may_lead_to_rows(type_: ProperType | None) -> bool:
    """Whether a value may have rows inside, in attributes of the project's objects too."""
    infos = map(class_of, alternatives(type_)) if type_ is not None else ()
    return may_hold_rows(type_) or any(
        info is not None and not info.fullname.startswith(KEEPING_NO_ROWS) for info in infos
    )


def model_class(queryset: Instance) -> TypeInfo | None:
    """The model of a queryset or manager type: the first type argument of Django's class."""
    return _model_argument(queryset, 0)


def row_class(queryset: Instance) -> TypeInfo | None:
    """The model whose instances are the rows; None where rows are values, or tuples of them."""
    return _model_argument(queryset, -1)


def _model_argument(queryset: Instance, place: int) -> TypeInfo | None:
    base = next((base for base in queryset.type.mro if base.fullname in {QUERYSET, MANAGER}), None)
    arguments = map_instance_to_supertype(queryset, base).args if base else ()
    found = class_of(known(arguments[place])) if arguments else None
    return found if found is not None and is_model(found) else None


def field_class(model: TypeInfo, name: str) -> Instance | None:
    """The declared type of a model's field or relation attribute; None for all else."""
    found = member(model, name)
    if found is None or not is_model(model) or not isinstance(found[1].node, Var):
        return None
    declared = get_proper_type(found[1].node.type)
    return declared if isinstance(declared, Instance) else None


class RelationKind(Enum):
    """What a relation attribute of a model leads to, and where its key is stored."""

    KEY = "foreign key"
    ONE_TO_ONE = "one-to-one"
    REVERSE_ONE_TO_ONE = "other side of a one-to-one"
    GENERIC = "generic foreign key"
    MANY = "many rows"


class Relation(NamedTuple):
    """A relation attribute of a model.

    ``target`` is the model on the other side, None where it may be any. ``nullable`` says that
    there may be no row, ``loaded_by`` names the queryset methods that load it with the query.
    """

    kind: RelationKind
    target: TypeInfo | None
    nullable: bool
    loaded_by: tuple[str, ...]


_KINDS: Final = (
    (RelationKind.GENERIC, GENERIC_KEY),
    (RelationKind.REVERSE_ONE_TO_ONE, REVERSE_ONE_TO_ONE),
    (RelationKind.ONE_TO_ONE, ONE_TO_ONE),
    (RelationKind.KEY, FOREIGN_KEY),
)


def relation(model: TypeInfo, name: str) -> Relation | None:
    """The relation that an attribute of a model is; None for columns and all else."""
    field = field_class(model, name)
    if field is None:
        return None
    if is_a(field.type, *_TO_MANY, *_MANY_DESCRIPTORS, *RELATED_MANAGERS):
        target = class_of(known(field.args[0])) if field.args else None
        is_known = target is not None and is_model(target)
        return Relation(RelationKind.MANY, target if is_known else None, False, _BY_PREFETCH)
    kind = next((kind for kind, name in _KINDS if is_a(field.type, name)), None)
    if kind is None:
        return None
    if kind is RelationKind.GENERIC:
        return Relation(kind, None, True, _BY_PREFETCH)
    other = get_proper_type(field.args[-1]) if field.args else None
    nullable = kind is RelationKind.REVERSE_ONE_TO_ONE or other is None
    nullable = nullable or isinstance(other, AnyType)
    if isinstance(other, UnionType):
        items = [get_proper_type(item) for item in other.items]
        nullable = nullable or any(isinstance(item, NoneType) for item in items)
        other = next((item for item in items if isinstance(item, Instance)), None)
    target = other.type if isinstance(other, Instance) else None
    return Relation(kind, target, nullable, ("select_related", *_BY_PREFETCH))


def is_single_relation(model: TypeInfo, name: str) -> bool:
    """Whether reading the attribute loads one related row: a key or a one-to-one, either side."""
    found = relation(model, name)
    return found is not None and found.kind is not RelationKind.MANY


def is_column(model: TypeInfo, name: str) -> bool:
    """Whether the attribute is a plain column, which a query may have deferred."""
    field = field_class(model, name)
    return field is not None and is_a(field.type, FIELD) and relation(model, name) is None


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


def is_to_many(model: TypeInfo, name: str) -> bool:
    """Whether the attribute is a manager of related rows: either side of a relation to many."""
    field = field_class(model, name)
    return field is not None and is_a(field.type, *_TO_MANY, *_MANY_DESCRIPTORS)


def has_many_to_many(model: TypeInfo) -> bool:
    """Whether a model declares a many-to-many field, itself or in a base."""
    names = (name for base in model.mro for name in base.names)
    fields = (field_class(model, name) for name in names)
    return any(field is not None and is_a(field.type, MANY_TO_MANY) for field in fields)
