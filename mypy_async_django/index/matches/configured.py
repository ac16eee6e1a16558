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

    The row itself where the backend is not known; None for a backend that works in memory, and for
    an object that may have such a backend.
    """
    registry = _OWNERS.get(api.name.rpartition(".")[0])
    if registry is None or receiver is None:
        return api
    effects = _effects(body, receiver, registry)
    if effects == {None}:
        return None
    known = [effect for effect in effects if isinstance(effect, Effect)]
    return api._replace(effect=known[0]) if len(effects) == len(known) == 1 else api


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
        possible = body.catalogue.facts.effects(registry.setting, alias) or {UNKNOWN}
        # A value without an alias may have any: where one is harmless, nobody knows.
        effects |= {None} if alias is None and None in possible else possible
    return effects


def _alias(body: Body, value: Expression, registry: Registry) -> str | None:
    if full_name(body, value) == registry.default:
        return "default"
    if isinstance(value, IndexExpr) and full_name(body, value.base) == registry.aliases:
        return _text(body, value.index)
    return None


def _text(body: Body, key: Expression) -> str | None:
    """The string that an expression is, by its type, or by the one value that a name has."""
    if (text := literal_text(body.type_of(key))) is not None:
        return text
    values = values_of(body, key) or (key,)
    return values[0].value if len(values) == 1 and isinstance(values[0], StrExpr) else None
