"""The functions whose summaries an answer depends on."""

from collections.abc import Iterator


class Asked:
    """Full names of functions, with those that other answers depend on.

    Answers share what they have in common: a chain of functions takes no more room than its length.
    """

    __slots__ = ("names", "parts")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.parts: set[Asked] = set()

    def __iter__(self) -> Iterator[str]:
        """Each name once."""
        found: set[str] = set()
        seen: set[Asked] = {self}
        stack = [self]
        while stack:
            part = stack.pop()
            found |= part.names
            new = part.parts - seen
            seen |= new
            stack += new
        return iter(found)
