"""A plugin that makes ours fail, also in the processes that mypy starts."""

from mypy.nodes import MypyFile
from mypy.plugin import Plugin

from mypy_async_django.engine import Engine


def fail(engine: Engine, tree: MypyFile) -> set[str]:
    """Fail in each module, each time with another message."""
    raise RuntimeError(f"failed in {tree.fullname}")


def plugin(version: str) -> type[Plugin]:
    """The entry point that mypy calls with its own version."""
    Engine.module_checked = fail  # type: ignore[assignment]
    return Plugin
