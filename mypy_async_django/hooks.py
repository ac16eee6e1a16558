"""mypy's hooks, each delegated in a line or two.

The hooks return nothing that changes what mypy infers and reports. The call itself is what counts: it
shows which type checker is at work.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import Plugin, ReportConfigContext
from typing_extensions import override

from mypy_async_django import codes, rules
from mypy_async_django.bridge.build import Build, end_run
from mypy_async_django.config import Config, ConfigError, load
from mypy_async_django.effects.answers import Answers, side_file
from mypy_async_django.environment import Environment, environment, fingerprint
from mypy_async_django.record import requested
from mypy_async_django.templates.files import Templates

if TYPE_CHECKING:
    from mypy_async_django.daemon.engine import DaemonEngine
    from mypy_async_django.engine import Engine


class AsyncDjangoPlugin(Plugin):
    """Reports what would break or block an event loop."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._build = Build(options)
        names = codes.announce(rules.names())
        self._problem: str | None = None
        self._settings = Config()
        request = requested()
        path = self._build.configuration_file if request is None else request.settings or None
        try:
            self._settings = load(path, names)
            if request is not None and request.strict:
                self._settings = self._settings._replace(strict_relations=True)
        except ConfigError as error:
            self._problem = str(error)
        self._made: Engine | None = None
        self._answers = Answers(side_file(self._build.cache_folder))

    @override
    def get_function_signature_hook(self, fullname: str) -> None:
        self._call_checked()

    @override
    def get_method_signature_hook(self, fullname: str) -> None:
        self._call_checked()

    @override
    def get_method_hook(self, fullname: str) -> None:
        self._call_checked()

    @override
    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        self._refuse_problem()
        self._build.module_parsed(file.fullname)
        self._templates.forget()
        if (daemon := self._daemon) is not None:
            daemon.module_parsed(file.fullname)
        return []

    @override
    def get_additional_indirect_deps(self, tree: MypyFile) -> set[str]:
        return self._engine.module_checked(tree)

    @override
    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        self._refuse_problem()
        if not ctx.is_check:
            self._engine.interface_ready(ctx.id)
        stamp = self._answers.stamp(ctx.id, is_stored=ctx.is_check)
        is_projects = self._build.is_project_file(ctx.path)
        digest = self._templates.digest(ctx.path) if is_projects else ""
        return {**self._fingerprint, **stamp, **({"rendered": digest} if digest else {})}

    @override
    def set_modules(self, modules: dict[str, MypyFile]) -> None:
        super().set_modules(modules)
        if self._made is not None:
            self._made.set_modules(modules)

    @cached_property
    def _environment(self) -> Environment:
        return environment(self._build.python_executable, self._settings)

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
            self._made.set_modules(self._modules or {})
        return self._made

    @property
    def _daemon(self) -> "DaemonEngine | None":
        """The engine if mypy runs as a daemon."""
        return cast("DaemonEngine", self._engine) if self._build.is_daemon else None

    def _call_checked(self) -> None:
        self._build.call_checked()
        if (daemon := self._daemon) is not None:
            daemon.call_checked()

    def _refuse_problem(self) -> None:
        if self._problem is not None:
            end_run(self._problem)
