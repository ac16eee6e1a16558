"""A plugin that answers all of mypy's questions about calls and attributes.

mypy takes the first answer it gets: who comes after this plugin is not asked any more.
"""

from collections.abc import Callable

from mypy.plugin import AttributeContext, FunctionContext, MethodContext, Plugin
from mypy.types import Type
from typing_extensions import override


class GreedyPlugin(Plugin):
    """Says what mypy would say anyway."""

    @override
    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type]:
        """Answer for every function."""
        return lambda context: context.default_return_type

    @override
    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type]:
        """Answer for every method."""
        return lambda context: context.default_return_type

    @override
    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type]:
        """Answer for every attribute."""
        return lambda context: context.default_attr_type


def plugin(version: str) -> type[Plugin]:
    """The entry point that mypy calls."""
    return GreedyPlugin
