"""Objects that the project's Django settings configure: caches and storages."""

from typing import Final

from mypy.nodes import ConditionalExpr, Expression, IndexExpr, StrExpr

from mypy_async_django.bridge.types import class_of, literal_text
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.catalogue.settings import BACKENDS, REGISTRIES, UNKNOWN, Registry
from mypy_async_django.index.resolution.module_level import values_of
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.operations import full_name

_OWNERS: Final = {registry.owner: registry for registry in REGISTRIES}


def as_configured(body: Body, receiver: Expression | None, api: Api) -> Api | None:
    """The row of a method of a cache or storage with the effect that its backend has.

    The row itself where the backend is not known; None for a backend that works in memory.
    """
    registry = _OWNERS.get(api.name.rpartition(".")[0])
    if registry is None or receiver is None:
        return api
    effects = _effects(body, receiver, registry)
    if len(effects) != 1:
        return api
    (effect,) = effects
    if effect is None:
        return None
    return api._replace(effect=effect) if isinstance(effect, Effect) else api


def _effects(body: Body, receiver: Expression, registry: Registry) -> set[Effect | str | None]:
    """The effects that the backends of an object have."""
    info = class_of(body.type_of(receiver))
    known = (
        [BACKENDS[base.fullname] for base in info.mro if base.fullname in BACKENDS] if info else []
    )
    if known:
        return {known[0]}
    values = list(values_of(body, receiver) or (receiver,))
    effects: set[Effect | str | None] = set()
    for value in values:  # grows
        if isinstance(value, ConditionalExpr):
            values += (value.if_expr, value.else_expr)
            continue
        alias = _alias(body, value, registry)
        # A value without an alias may have any.
        effects |= body.catalogue.facts.effects(registry.setting, alias) or {UNKNOWN}
    return effects


def _alias(body: Body, value: Expression, registry: Registry) -> str | None:
    if full_name(body, value) == registry.default:
        return "default"
    if isinstance(value, IndexExpr) and full_name(body, value.base) == registry.aliases:
        key = value.index
        return key.value if isinstance(key, StrExpr) else literal_text(body.type_of(key))
    return None
