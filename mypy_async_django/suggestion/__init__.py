"""The replacement that a person would type: notes below errors."""

from mypy_async_django.suggestion.bridges import (
    for_bridged,
    for_coroutine_in_bridge,
    for_early_call,
    for_nested_loop,
    for_thread,
    without_argument,
)
from mypy_async_django.suggestion.callbacks import for_callback, for_own_callback
from mypy_async_django.suggestion.calls import for_call, for_reached
from mypy_async_django.suggestion.coroutines import for_coroutine, for_uncalled, for_unentered
from mypy_async_django.suggestion.rows import (
    for_lacking,
    for_read,
    for_rendered_queryset,
    for_rendered_row,
    for_rendered_user,
    for_unloaded,
    rendered_in_thread,
)
from mypy_async_django.suggestion.uses import all_rows, for_use
from mypy_async_django.suggestion.waits import (
    for_polling,
    for_race,
    for_stale_save,
    for_stale_update,
)
from mypy_async_django.suggestion.wording import WHOLE_BLOCK, in_place, use

__all__ = [
    "WHOLE_BLOCK",
    "all_rows",
    "for_bridged",
    "for_call",
    "for_callback",
    "for_coroutine",
    "for_coroutine_in_bridge",
    "for_early_call",
    "for_lacking",
    "for_nested_loop",
    "for_own_callback",
    "for_polling",
    "for_race",
    "for_reached",
    "for_read",
    "for_rendered_queryset",
    "for_rendered_row",
    "for_rendered_user",
    "for_stale_save",
    "for_stale_update",
    "for_thread",
    "for_uncalled",
    "for_unentered",
    "for_unloaded",
    "for_use",
    "in_place",
    "rendered_in_thread",
    "use",
    "without_argument",
]
