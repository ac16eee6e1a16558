"""Recipes for the tasks of Django 6.0."""

from collections.abc import Iterator
from typing import Any, Final

from django.tasks import task, task_backends
from recipe import Recipe, args, methods, nothing


@task
def _task() -> int:
    """Do next to nothing."""
    return 42


def _dummy_task() -> Any:
    return _task.using(backend="dummy")


def _tasks() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.tasks.backends.base.BaseTaskBackend",
        lambda _: task_backends["default"],
        enqueue=args(_task, [], {}),
    )
    yield from methods(
        "django.tasks.backends.base.BaseTaskBackend",
        lambda _: task_backends["dummy"],
        get_result=lambda _: args(_dummy_task().enqueue().id),
    )
    yield from methods("django.tasks.base.Task", lambda _: _task, **nothing("call", "enqueue"))
    yield from methods(
        "django.tasks.base.Task",
        lambda _: _dummy_task(),
        get_result=lambda _: args(_dummy_task().enqueue().id),
    )
    yield from methods(
        "django.tasks.base.TaskResult", lambda _: _dummy_task().enqueue(), refresh=args()
    )


RECIPES: Final = dict(_tasks())
