"""Modules that stand for packages which are not installed, so that a project's models can be imported."""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from typing_extensions import override


class StandIn(ModuleType):
    """A module whose every attribute is a class that takes anything."""

    @override
    def __getattr__(self, name: str) -> type:
        """A class of this name, for names that are not the interpreter's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Anything,), {})


class _Anything:
    def __init__(self, *arguments: object, **named: object) -> None:
        pass

    def __class_getitem__(cls, _: object) -> type:
        return cls


class _Finder(MetaPathFinder, Loader):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_ours = any(f"{fullname}.".startswith(f"{name}.") for name in self._names)
        return ModuleSpec(fullname, self, is_package=True) if is_ours else None

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    @override
    def exec_module(self, module: ModuleType) -> None:
        pass


def install(*names: str) -> None:
    """Let imports of these packages, where they are not installed, give stand-ins."""
    sys.meta_path.append(_Finder(names))
