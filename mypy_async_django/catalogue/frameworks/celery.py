"""celery: its workers call tasks, and take what they return for the result."""

from typing import Final

from mypy_async_django.catalogue.decorators import Harm, SyncDecorator
from mypy_async_django.catalogue.frameworks.framework import Framework

FRAMEWORK: Final = Framework(
    tasks={"celery.app.task.Task": frozenset({"apply", "run"})},
    keeping=("celery.shared_task",),
    results=dict.fromkeys(("apply_async", "delay"), "celery.result.AsyncResult"),
    sync_decorators=tuple(
        SyncDecorator(name, Harm.RETURNED_TO_WORKER)
        # Under the name that its stubs define, and the one that a project imports.
        for name in (
            "celery.app.base.Celery.task",
            "celery.app.shared_task",
            "celery.shared_task",
        )
    ),
)
