"""One module of the user's, once mypy has been through it."""

import gc
from collections.abc import Set
from functools import cached_property

from mypy.checker import TypeChecker
from mypy.config_parser import parse_mypy_comments
from mypy.errorcodes import ErrorCode
from mypy.errors import Errors
from mypy.nodes import FuncItem, MypyFile
from mypy.options import Options
from mypy.types import Instance
from mypy.util import get_mypy_comments

from mypy_async_django.bridge.source import Source
from mypy_async_django.bridge.types import COROUTINES


def errors_of(options: Options) -> Errors | None:
    """Where the build with these options collects its errors.

    mypy hands it to a plugin only along with a checked call, and a module of unannotated functions
    may have none.
    """
    for candidate in gc.get_objects():
        if type(candidate) is Errors and candidate.options is options:
            return candidate
    return None


def options_of(tree: MypyFile, options: Options, errors: Errors) -> Options:
    """The options that hold in a module: the build's, its section's, those of its own comments.

    Only for want of a checker: it has them.
    """
    own = options.clone_for_module(tree.fullname)
    lines = errors.read_source(tree.path) if errors.read_source else None
    if comments := get_mypy_comments("\n".join(lines or [])):
        changes, _ = parse_mypy_comments(comments, own)
        own = own.apply_changes(changes)
    return own


class Module:
    """A module's tree, the options that hold in it, where its errors go, and who checked it.

    ``checker`` is None where mypy checked no call in the module. ``on`` are the error codes that the
    configuration asks for, which may be fewer than ``options`` lets mypy report. With ``has_links``,
    the address of a code's page is noted with its first error.
    """

    def __init__(
        self,
        tree: MypyFile,
        options: Options,
        errors: Errors,
        checker: TypeChecker | None,
        on: Set[ErrorCode] = frozenset(),
        *,
        has_links: bool = False,
    ) -> None:
        self.tree = tree
        self.options = options
        self.errors = errors
        self.checker = checker
        self.on = on
        self.has_links = has_links

    @cached_property
    def source(self) -> Source:
        """The module's text."""
        read = self.errors.read_source
        return Source((read(self.path) if read else None) or [])

    @property
    def path(self) -> str:
        """The file as mypy calls it."""
        return self.checker.path if self.checker else self.tree.path

    def is_checked(self, body: FuncItem | MypyFile) -> bool:
        """Whether mypy infers types in a body: not in an unannotated function, by default."""
        if isinstance(body, MypyFile):
            return True
        return self.options.check_untyped_defs or not body.is_dynamic()

    @property
    def has_types(self) -> bool:
        """Whether mypy still holds any of the types that it inferred."""
        return self.checker is not None and any(self.checker._type_maps)

    @cached_property
    def makes_coroutines(self) -> bool:
        """Whether any expression that mypy has checked is a coroutine."""
        return self.checker is not None and any(
            type(type_) is Instance and type_.type.fullname in COROUTINES
            for types in self.checker._type_maps
            for type_ in types.values()
        )
