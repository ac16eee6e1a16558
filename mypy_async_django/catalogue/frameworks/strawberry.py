"""strawberry: resolvers get the request in the context of ``info``, as Django's handler made it."""

from typing import Final

from mypy_async_django.catalogue.django import REQUEST
from mypy_async_django.catalogue.frameworks.framework import Framework

_NAMES: Final = (
    "strawberry.{0}",
    "strawberry.types.field.{0}",
    "strawberry.types.mutation.{0}",
)

#: Decorators of resolvers, as its package and its modules offer them.
RESOLVERS: Final = frozenset(
    name.format(kind) for name in _NAMES for kind in ("field", "mutation", "subscription")
)

FRAMEWORK: Final = Framework(
    endpoints=RESOLVERS,
    on_loop=dict.fromkeys(
        RESOLVERS,
        'Make the resolver async, or decorate it with "strawberry_django.field", which runs it in a '
        "thread",
    ),
    async_servers=frozenset(
        {
            "strawberry.channels.handlers.http_handler.GraphQLHTTPConsumer",
            "strawberry.channels.handlers.ws_handler.GraphQLWSConsumer",
            "strawberry.django.views.AsyncGraphQLView",
        }
    ),
    loads={"strawberry": "django.http.request"},
    arrivals={
        ("info", "context", "request"): REQUEST,
        ("info", "context", "[request]"): REQUEST,
    },
)
