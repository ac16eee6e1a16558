"""One run of mypy, as far as a plugin can see it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from mypy.checker import TypeChecker
from mypy.checker_state import checker_state
from mypy.errors import CompileError, Errors
from mypy.nodes import FuncDef, FuncItem, MypyFile
from mypy.options import Options

from mypy_async_django.bridge.errors import BuildErrors
from mypy_async_django.bridge.guard import is_worker
from mypy_async_django.bridge.installed import is_installed, module_file, top_level
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.options import ModuleOptions, options_of

_RECHECK_PASS = 3
"""The last pass of a type checker when the daemon checks single functions again."""


class CheckedCall(NamedTuple):
    """A call that mypy is checking: its module, and the functions around it.

    ``outermost`` is None at a module's top level and in a class body. ``is_recheck`` is True while
    the daemon checks single functions again.
    """

    module: Module
    function: FuncItem | None
    outermost: FuncDef | None
    is_recheck: bool


class Build:
    """Makes `Module` objects from what mypy tells a plugin.

    ``errors`` is where mypy collects the errors of the build, None if that is not known yet.
    """

    def __init__(self, options: Options, errors: Errors | None) -> None:
        self.options = options
        """mypy's own object; only the bridge reads it."""
        self.is_daemon = options.fine_grained_incremental
        self.stores_dependencies = options.cache_fine_grained or self.is_daemon
        # Where the daemon serves, ``--show-traceback`` is always on, and an exception would end it.
        self.raises_exceptions = options.show_traceback and not self.is_daemon
        # With ``--num-workers``, other processes check the modules.
        self.checks_modules = not options.num_workers or is_worker()
        self._errors = BuildErrors(errors) if errors is not None else None
        self._checkers: dict[str, TypeChecker] = {}
        self._last_checker: object = None
        self._paths: dict[str, str] = {}
        self._folders: dict[Path, None] = {}

    @property
    def python_executable(self) -> str | None:
        """The interpreter that mypy checks for; None if it has none."""
        return self.options.python_executable

    @property
    def plugins(self) -> list[str]:
        """The plugins of mypy, as its configuration names them."""
        return self.options.plugins

    @property
    def has_other_plugins(self) -> bool:
        """Whether mypy runs with plugins besides this one."""
        return len(self.options.plugins) > 1

    @property
    def configuration_file(self) -> str | None:
        """The file that mypy has read its configuration from."""
        return self.options.config_file

    @property
    def source_folders(self) -> list[Path]:
        """Where modules of the checked program are looked for: beside mypy's configuration first."""
        configuration = self.configuration_file
        beside = [Path(configuration).parent] if configuration else []
        named = os.environ.get("MYPYPATH", "").split(os.pathsep)
        return [
            *beside,
            Path(),
            *map(Path, self.options.mypy_path),
            *map(Path, filter(None, named)),
        ]

    @property
    def cache_folder(self) -> Path | None:
        """The folder of mypy's cache; None if there is none, or if it does not stay.

        Bazel starts each run with the caches of what a target depends on, without the target's own.
        """
        if self.options.cache_dir == os.devnull or self.options.bazel:
            return None
        return Path(self.options.cache_dir, ".".join(map(str, self.options.python_version)))

    def module_found(self, name: str, path: str) -> None:
        """Note where mypy finds a module in this run."""
        self._paths[name] = path

    def is_project(self, tree: MypyFile) -> bool:
        """Whether a module belongs to the checked project: no installed package, no stub."""
        self._locate(tree)
        return not tree.is_stub and not is_installed(tree.path, self.python_executable)

    def is_project_file(self, path: str) -> bool:
        """The same as `is_project`, by the module's file."""
        return not path.endswith(".pyi") and not is_installed(path, self.python_executable)

    def _locate(self, tree: MypyFile) -> None:
        """Correct the path of a module from mypy's cache: it is that of the run that stored it."""
        path = self._paths.get(tree.fullname)
        if path is None and is_worker() and not os.path.exists(tree.path):  # noqa: PTH110 - faster
            folders = (*self._folders, *self.source_folders)
            path = module_file(tree.fullname, folders, self.python_executable)
            self._paths[tree.fullname] = path or tree.path
        tree.path = path or tree.path

    def module_parsed(self, name: str) -> None:
        """Forget the type checker of a module that mypy has read anew."""
        self._checkers.pop(name, None)
        self._last_checker = None

    def call_checked(self) -> None:
        """Remember the type checker at work, while mypy asks its plugins about a call."""
        checker = checker_state.type_checker
        if checker is self._last_checker:
            return  # nearly always: mypy asks at each call
        self._last_checker = checker
        if isinstance(checker, TypeChecker):
            self._checkers[checker.tree.fullname] = checker
            self._errors = BuildErrors(checker.errors)

    def take_types(self, modules: Callable[[str], Module | None]) -> None:
        """Give the module that mypy is checking the type checker at work.

        In each of the daemon's updates that is another one.
        """
        checker = checker_state.type_checker
        if isinstance(checker, TypeChecker):
            module = modules(checker.tree.fullname)
            if module is not None and module.tree is checker.tree:
                module.checker = checker

    def module(self, tree: MypyFile) -> Module | None:
        """A module whose bodies mypy has checked, if mypy shows errors of it and it is the project's.

        The module's type checker is handed over: a second call does not have it.
        """
        checker = self._checkers.pop(tree.fullname, None)
        self._last_checker = None
        self._folders[Path(top_level(tree.fullname, tree.path)).parent] = None
        return self._module(tree, checker)

    def checked_call(self) -> CheckedCall | None:
        """The call that mypy asks its plugins about; None in modules that `module` leaves out."""
        checker = checker_state.type_checker
        if not isinstance(checker, TypeChecker):
            return None
        module = self._module(checker.tree, checker)
        if module is None:
            return None
        outermost = checker.tscope.function
        return CheckedCall(
            module,
            checker.scope.current_function(),
            outermost if isinstance(outermost, FuncDef) else None,
            checker.last_pass == _RECHECK_PASS,
        )

    def _module(self, tree: MypyFile, checker: TypeChecker | None) -> Module | None:
        errors = self._errors
        if errors is None or errors.are_ignored(tree.path) or not self.is_project(tree):
            return None
        options = (
            ModuleOptions(checker.options)
            if checker is not None
            else options_of(tree, self.options, errors)
        )
        return Module(tree, options, errors, checker)


def end_run(message: str) -> NoReturn:
    """End mypy's run with a message and exit status 2, as mypy does for wrong options of its own.

    Not for a plugin's constructor: mypy would print a line of its own before the message.
    """
    raise CompileError([message])
