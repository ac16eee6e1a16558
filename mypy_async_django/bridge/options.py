"""mypy's options for one module."""

from collections.abc import Set

from mypy.config_parser import parse_mypy_comments
from mypy.errorcodes import ErrorCode
from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.util import get_mypy_comments

from mypy_async_django.bridge.errors import BuildErrors


class ModuleOptions:
    """The options that hold in a module. ``mypys`` is mypy's own object, only for the bridge."""

    def __init__(self, mypys: Options) -> None:
        self.mypys = mypys

    @property
    def checks_unannotated(self) -> bool:
        """Whether mypy infers types in unannotated functions."""
        return self.mypys.check_untyped_defs

    @property
    def enabled(self) -> Set[ErrorCode]:
        """The error codes that the options switch on."""
        return self.mypys.enabled_error_codes

    @property
    def disabled(self) -> Set[ErrorCode]:
        """The error codes that the options switch off."""
        return self.mypys.disabled_error_codes

    def with_codes(self, on: Set[ErrorCode], off: Set[ErrorCode]) -> "ModuleOptions":
        """A copy in which some codes are switched on and some off."""
        copy = self.mypys.apply_changes({})
        copy.enabled_error_codes = (copy.enabled_error_codes - off) | on
        copy.disabled_error_codes = (copy.disabled_error_codes - on) | off
        return ModuleOptions(copy)

    def is_same(self, other: "ModuleOptions") -> bool:
        """Whether both are about the same options of mypy's."""
        return self.mypys is other.mypys


def options_of(tree: MypyFile, build: Options, errors: BuildErrors) -> ModuleOptions:
    """The options of a module: the build's, with the module's section and ``# mypy:`` comments.

    Needed only where no type checker is known: a type checker has its module's options.
    """
    own = build.clone_for_module(tree.fullname)
    if comments := get_mypy_comments("\n".join(errors.lines_of(tree.path))):
        changes, _ = parse_mypy_comments(comments, own)
        own = own.apply_changes(changes)
    return ModuleOptions(own)
