"""What happens in mypy's hooks, each delegated in a line or two.

The hooks return nothing that changes what mypy infers and reports. The call itself is what counts: it
shows which type checker is at work.
"""

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

from mypy.errors import Errors
from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import ClassDefContext, ReportConfigContext
from typing_extensions import override

from mypy_async_django import codes, rules
from mypy_async_django.bridge.build import Build, end_run
from mypy_async_django.bridge.guard import Hooks
from mypy_async_django.bridge.imports import imported_packages
from mypy_async_django.bridge.managers import FROM_QUERYSET, note_made_base
from mypy_async_django.bridge.untyped_bases import keep_bases
from mypy_async_django.catalogue.frameworks.installed import LOADS, UNTYPED_BASES
from mypy_async_django.config import Config, ConfigError, load
from mypy_async_django.effects.answers import Answers, side_file
from mypy_async_django.environment import Environment, environment, fingerprint, missing, problem
from mypy_async_django.record import requested
from mypy_async_django.templates.files import Templates

if TYPE_CHECKING:
    from mypy_async_django.daemon.engine import DaemonEngine
    from mypy_async_django.engine import Engine


class PluginHooks(Hooks):
    """Finds what would break or block an event loop."""

    def __init__(self, options: Options, errors: Errors | None) -> None:
        self._build = Build(options, errors)
        names = codes.announce(rules.names())
        self._settings = Config()
        request = requested()
        path = self._build.configuration_file if request is None else request.settings or None
        try:
            self._settings = load(path, names)
            if request is not None and request.strict:
                self._settings = self._settings._replace(strict_relations=True)
            found = problem(self._build.python_executable, self._settings)
            self._problem = f"mypy: error: {found}" if found else None
        except ConfigError as error:
            self._problem = str(error)
        self._made: Engine | None = None
        self._has_told = False
        self._modules: dict[str, MypyFile] = {}
        self._answers = Answers(side_file(self._build.cache_folder))

    @override
    def call_checked(self, callee: str) -> None:
        self._build.call_checked()
        if (daemon := self._daemon) is not None:
            daemon.call_checked(callee)

    @override
    def attribute_checked(self) -> None:
        if (daemon := self._daemon) is not None:
            daemon.attribute_checked()

    @override
    def module_parsed(self, tree: MypyFile) -> Sequence[str]:
        self._refuse_problem()
        self._build.module_parsed(tree.fullname)
        if (
            not self._has_told
            and "django" in imported_packages(tree)
            and self._build.is_project(tree)
        ):
            self._tell_what_is_missing()
        self._templates.forget()
        if self._build.checks_modules:
            self._engine.module_parsed(tree.fullname)
        if self._build.stores_dependencies:
            return ()  # dmypy ends with a KeyError where a module depends on one that it does not import
        needed = {LOADS[name] for name in imported_packages(tree) if name in LOADS}
        return sorted(needed) if needed and self._build.is_project_file(tree.path) else ()

    @override
    def class_hook(self, base: str) -> Callable[[ClassDefContext], None] | None:
        name = base.rpartition(".")[2]
        if name == FROM_QUERYSET:
            return note_made_base
        return keep_bases if name in UNTYPED_BASES else None

    @override
    def module_checked(self, tree: MypyFile) -> set[str]:
        return self._engine.module_checked(tree)

    @override
    def stored_data(self, context: ReportConfigContext) -> dict[str, str]:
        self._refuse_problem()
        self._build.module_found(context.id, context.path)
        if not context.is_check:
            self._engine.interface_ready(context.id)
        stamp = self._answers.stamp(context.id, is_stored=context.is_check)
        is_projects = self._build.is_project_file(context.path)
        digest = self._templates.digest(context.path) if is_projects else ""
        return {**self._fingerprint, **stamp, **({"rendered": digest} if digest else {})}

    @override
    def set_modules(self, modules: dict[str, MypyFile]) -> None:
        self._modules = modules
        if self._made is not None:
            self._made.set_modules(modules)

    @override
    def spoil(self) -> None:
        self._answers.spoil()

    @cached_property
    def _environment(self) -> Environment:
        build = self._build
        return environment(
            build.python_executable,
            self._settings,
            loads_django=build.has_other_plugins,
            folders=build.source_folders,
        )

    @cached_property
    def _templates(self) -> Templates:
        return Templates(self._environment.templates)

    @cached_property
    def _fingerprint(self) -> dict[str, str]:
        return fingerprint(self._environment)

    @property
    def _engine(self) -> "Engine":
        """The engine, loaded once mypy has something to check: often all is in its cache."""
        if self._made is None:
            made = self._build, self._environment, self._answers, self._templates
            if self._build.is_daemon:
                from mypy_async_django.daemon.engine import DaemonEngine

                self._made = DaemonEngine(*made)
            else:
                from mypy_async_django.engine import Engine

                self._made = Engine(*made)
            self._made.set_modules(self._modules)
        return self._made

    @property
    def _daemon(self) -> "DaemonEngine | None":
        """The engine if mypy runs as a daemon."""
        return cast("DaemonEngine", self._engine) if self._build.is_daemon else None

    def _tell_what_is_missing(self) -> None:
        """Say once, where people see it and mypy's output stays as it is, what Django needs."""
        self._has_told = True
        if requested() is None and (
            found := missing(self._build.python_executable, self._build.plugins)
        ):
            sys.stderr.write(f"mypy_async_django: {found}\n")

    def _refuse_problem(self) -> None:
        if self._problem is not None:
            end_run(self._problem)
