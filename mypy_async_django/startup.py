"""How mypy gets the plugin: what is checked first, and what is said where the plugin cannot go on."""

import sys
from typing import TYPE_CHECKING

from typing_extensions import override

from mypy_async_django import __version__, versions
from mypy_async_django.bridge.guard import GuardedPlugin, Hooks, is_worker
from mypy_async_django.bridge.internals import MissingInternalsError, check_internals
from mypy_async_django.links import ISSUES

if TYPE_CHECKING:
    from mypy.errors import Errors
    from mypy.options import Options


def plugin_for(mypy: str) -> type[GuardedPlugin]:
    """The plugin for a version of mypy; one that ends the run with a message if it is too old."""

    class AsyncDjangoPlugin(GuardedPlugin):
        """Reports what would break or block an event loop."""

        problem = versions.too_old("mypy", mypy, versions.OLDEST_MYPY)

        @override
        def made_hooks(self, options: "Options", errors: "Errors | None") -> Hooks:
            check_internals()
            if options.verbosity and versions.newer_than_tested(mypy) and not is_worker():
                tested = versions.written(versions.TESTED_MYPY)
                print(
                    f"LOG:  mypy-async-django {__version__} is tested with mypy up to {tested}; "
                    f"this is {mypy}",
                    file=sys.stderr,
                )
            # Not above: where one of mypy's internals is gone, this import fails.
            from mypy_async_django.hooks import PluginHooks

            return PluginHooks(options, errors)

        @override
        def described(self, error: Exception) -> tuple[str, str]:
            ours, what = f"mypy-async-django {__version__}", f"{type(error).__name__}: {error}"
            if isinstance(error, MissingInternalsError | ImportError):
                message = f"{ours} does not fit mypy {mypy}: {error}"
            else:
                message = f"{ours} failed with mypy {mypy}: {what}"
            return (
                f"{message}; it reports nothing in this run",
                f"Please report this to {ISSUES}, with the traceback that --show-traceback prints",
            )

    return AsyncDjangoPlugin
