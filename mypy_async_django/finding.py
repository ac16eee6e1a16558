"""What a rule has found."""

from typing import NamedTuple

from mypy.errorcodes import ErrorCode
from mypy.nodes import Context


class Finding(NamedTuple):
    """One mistake: where it stands, what it is, and the way out.

    ``notes`` are shown below the error, each on a line of its own. ``unless_said`` is a part of
    a message: where mypy itself has an error with it on one of the node's lines, that is enough.
    """

    code: ErrorCode
    node: Context
    message: str
    notes: tuple[str, ...] = ()
    unless_said: str | None = None
