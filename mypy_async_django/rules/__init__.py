"""The rules: one module is one error code, and its docstring is the rule's page."""

from collections.abc import Iterator
from pathlib import Path


def names() -> Iterator[str]:
    """The names of the rules' modules, in order; none of them is loaded."""
    return (path.stem for path in sorted(Path(__file__).parent.glob("[!_]*.py")))
