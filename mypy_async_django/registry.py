"""All rules, found by walking the package `rules`: one module, one error code."""

from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from typing import Final

from mypy_async_django import rules
from mypy_async_django.rule import Rule


def _found() -> Iterator[Rule]:
    for name in rules.names():
        module = import_module(f"{rules.__name__}.{name}")
        yield Rule(
            code=module.CODE,
            page=getdoc(module) or "",
            findings=module.findings,
            everywhere=getattr(module, "EVERYWHERE", False),
        )


RULES: Final[tuple[Rule, ...]] = tuple(_found())
