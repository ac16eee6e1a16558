"""channels: consumers and channel layers.

Without types-channels mypy knows none of its types: which of its methods are coroutine functions is
told here.
"""

from typing import Final

from mypy_async_django.catalogue.django import REQUEST
from mypy_async_django.catalogue.django_contrib import SESSION
from mypy_async_django.catalogue.frameworks.framework import Framework

_WEBSOCKET: Final = "channels.generic.websocket"
_SENDING: Final = ("accept", "close", "send")
_HOOKS: Final = frozenset({"connect", "disconnect", "receive"})

#: What gives a channel layer, and the attribute of each consumer that holds one.
GET_LAYER: Final = "channels.layers.get_channel_layer"
LAYER_ATTRIBUTE: Final = "channel_layer"
LAYER_METHODS: Final = frozenset(
    {"group_add", "group_discard", "group_send", "new_channel", "send"}
)
CONSUMERS: Final = ("channels.consumer.", "channels.generic.")

FRAMEWORK: Final = Framework(
    # What AuthMiddleware has loaded, and the session with it.
    arrivals={("scope", "[session]"): SESSION, ("scope", "[user]"): f"{REQUEST}.user"},
    loads={"channels": "django.http.request"},
    coroutines=frozenset(
        (
            *(f"channels.auth.{name}" for name in ("get_user", "login", "logout")),
            *(f"{_WEBSOCKET}.AsyncWebsocketConsumer.{name}" for name in _SENDING),
            *(f"{_WEBSOCKET}.AsyncJsonWebsocketConsumer.{n}" for n in (*_SENDING, "send_json")),
            "channels.consumer.AsyncConsumer.send",
            *(
                f"channels.generic.http.AsyncHttpConsumer.{name}"
                for name in ("send_body", "send_headers", "send_response")
            ),
        )
    ),
    untyped_hooks={
        f"{_WEBSOCKET}.WebsocketConsumer": _HOOKS,
        f"{_WEBSOCKET}.JsonWebsocketConsumer": _HOOKS | {"receive_json"},
    },
)
