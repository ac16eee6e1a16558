"""How much of one mypy run is spent in the plugin: CPU seconds inside its hooks, and of the rest.

    python benchmarks/inside.py ARGUMENTS OF MYPY

The configuration has to name the plugin. Both numbers are of the same process, so that a busy machine
does less harm than to the comparison of two runs; but what the plugin costs outside of its hooks, as
the load that it puts on memory and on the garbage collector, counts as mypy's.
"""

import io
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from mypy.main import main as mypy

from mypy_async_django.hooks import PluginHooks

#: The hooks that do the work; the others only note which type checker is at work.
HOOKS: Final = ("module_parsed", "module_checked", "stored_data", "set_modules")


class Inside:
    """Adds up the CPU seconds inside the hooks; what one hook calls of another counts once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._is_inside = False
        for name in HOOKS:
            setattr(PluginHooks, name, self._timed(getattr(PluginHooks, name)))

    def _timed(self, hook: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            if self._is_inside:
                return hook(*arguments)
            self._is_inside = True
            started = time.process_time()
            try:
                return hook(*arguments)
            finally:
                self.seconds += time.process_time() - started
                self._is_inside = False

        return timed


def main(arguments: list[str]) -> None:
    """Run mypy, without its cache, and print what the plugin took."""
    inside, started, said = Inside(), time.process_time(), io.StringIO()
    try:
        mypy(args=[*arguments, "--cache-dir=/dev/null"], stdout=said, stderr=said, clean_exit=True)
    except SystemExit as end:
        if end.code not in (0, 1):
            sys.exit(said.getvalue())
    whole = time.process_time() - started
    rest = whole - inside.seconds
    print(*said.getvalue().splitlines()[-1:])
    print(f"plugin {inside.seconds:.2f} s, mypy {rest:.2f} s, together {whole / rest:.2f} times")


if __name__ == "__main__":
    main(sys.argv[1:])
