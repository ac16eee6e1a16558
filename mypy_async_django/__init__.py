"""A mypy plugin that reports async Django mistakes before the code runs.

How a finding comes about, and the room for each step:

    bridge     what mypy knows: nodes, types, source text
    index      what one function's body does: operations, control flow, local names
    effects    what calling a function means, across modules
    catalogue  facts about Django, the standard library and other packages
    rules      compare the two; one file is one error code
    report     findings become mypy errors
    engine     when all this happens; ``hooks`` are mypy's way in
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy.plugin import Plugin

__version__ = "0.1.0"


def plugin(version: str) -> "type[Plugin]":
    """The entry point that mypy calls with its own version."""
    from mypy_async_django.startup import plugin_for

    return plugin_for(version)
