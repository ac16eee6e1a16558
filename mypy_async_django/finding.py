"""What a rule has found."""

from dataclasses import dataclass

from mypy.errorcodes import ErrorCode
from mypy.nodes import Context


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: where it stands, what it is, and the way out.

    ``notes`` are shown below the error, each on a line of its own.
    """

    code: ErrorCode
    node: Context
    message: str
    notes: tuple[str, ...] = ()
