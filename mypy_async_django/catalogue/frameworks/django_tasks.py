"""django-tasks: the package from which Django 6.0 has its tasks."""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.frameworks.framework import Framework
from mypy_async_django.catalogue.row import blocks

_TASKS: Final = "django_tasks"

FRAMEWORK: Final = Framework(
    rows=tuple(
        chain(
            blocks(f"{_TASKS}.backends.base.BaseTaskBackend", "enqueue get_result", twin="a*"),
            blocks(f"{_TASKS}.base.Task", "call enqueue get_result", twin="a*"),
            blocks(f"{_TASKS}.base.TaskResult", "refresh", twin="a*"),
        )
    ),
)
