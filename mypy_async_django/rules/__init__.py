"""The rules: one module is one error code, and its docstring is the rule's page."""

from collections.abc import Iterator
from pathlib import Path


def names() -> Iterator[str]:
    """The names of the rules' modules, in order; none of them is loaded."""
    return (path.stem for path in sorted(Path(__file__).parent.glob("[!_]*.py")))


def codes() -> list[str]:
    """The rules' error codes, in order, by the names of their modules."""
    return [name.replace("_", "-") for name in names()]
