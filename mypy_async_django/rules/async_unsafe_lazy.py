"""Lazy database access in a coroutine."""

from collections.abc import Iterator
from typing import Final

from mypy_async_django import suggestion
from mypy_async_django.catalogue import Effect
from mypy_async_django.explanation import explained
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.index.hits import hits
from mypy_async_django.index.relations import Unloaded, unloaded
from mypy_async_django.index.requests import forced_users, rendered_querysets
from mypy_async_django.rule import ASYNC_UNSAFE, code

CODE: Final = code("async-unsafe-lazy", "Lazy database access in a coroutine", parent=ASYNC_UNSAFE)


def findings(body: Body) -> Iterator[Finding]:
    """Evaluated querysets, relations and columns loaded on access, lazy users."""
    for hit in hits(body):
        if hit.api.effect is Effect.RAISES and not hit.is_explicit:
            yield explained(CODE, body, hit)
    for read in unloaded(body):
        yield _loaded_on_access(body, read)
    for user in forced_users(body):
        text = body.source.text
        yield Finding(
            CODE,
            user,
            f'"{text(user)}" loads the user in coroutine "{body.name}": {Effect.RAISES.value}',
            (suggestion.use(f"await {text(user.expr)}.auser()"),),
        )
    for queryset, render in rendered_querysets(body):
        text = body.source.text
        yield Finding(
            CODE,
            queryset,
            f'"{text(queryset)}" is evaluated by "{text(render.callee)}" '
            f'in coroutine "{body.name}": {Effect.RAISES.value}',
            (suggestion.use(suggestion.all_rows(body, queryset)),),
        )


def _loaded_on_access(body: Body, found: Unloaded) -> Finding:
    read = body.source.text(found.read)
    known = "is" if found.rows else "may be"
    return Finding(
        CODE,
        found.read,
        f'"{read}" {known} loaded on access in coroutine "{body.name}": {Effect.RAISES.value}',
        (suggestion.for_unloaded(body, found),),
    )
