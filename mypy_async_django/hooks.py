"""mypy's hooks, each delegated in a line or two.

No hook ever answers: mypy infers and reports what it would without us. Being asked is enough: it
tells that a module is being checked, and by whom.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mypy.checker import TypeChecker
from mypy.checker_state import checker_state
from mypy.errors import CompileError
from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import Plugin, ReportConfigContext
from typing_extensions import override

from mypy_async_django import codes, rules
from mypy_async_django.config import Config, ConfigError, load
from mypy_async_django.effects.answers import Answers, side_file
from mypy_async_django.environment import (
    Environment,
    environment,
    fingerprint,
    template_digest,
)
from mypy_async_django.record import requested
from mypy_async_django.templates.files import Templates

if TYPE_CHECKING:
    from mypy_async_django.engine import Engine


class AsyncDjangoPlugin(Plugin):
    """Reports what would break or block an event loop."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        names = codes.announce(rules.names())
        self._problem: str | None = None
        self._settings = Config()
        request = requested()
        path = options.config_file if request is None else request.settings or None
        try:
            self._settings = load(path, names)
            if request is not None and request.strict:
                self._settings = self._settings._replace(strict_relations=True)
        except ConfigError as error:
            self._problem = str(error)
        self._made: Engine | None = None
        self._checkers: dict[str, TypeChecker] = {}
        self._last_checker: object = None

    @override
    def get_function_signature_hook(self, fullname: str) -> None:
        self._call_under_way()

    @override
    def get_method_signature_hook(self, fullname: str) -> None:
        self._call_under_way()

    @override
    def get_method_hook(self, fullname: str) -> None:
        self._call_under_way()

    @override
    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        self._refuse_problem()
        self._checkers.pop(file.fullname, None)  # the daemon reads the file again
        self._templates.forget()
        self._engine.module_parsed(file.fullname)
        return []

    @override
    def get_additional_indirect_deps(self, tree: MypyFile) -> set[str]:
        self._last_checker = None
        return self._engine.module_checked(tree, self._checkers.pop(tree.fullname, None))

    @override
    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        self._refuse_problem()
        if not ctx.is_check:
            self._engine.interface_ready(ctx.id)
        stamp = self._answers.stamp(ctx.id, is_stored=ctx.is_check)
        digest = template_digest(ctx.path, self._templates, self.options)
        return {**self._fingerprint, **stamp, **({"rendered": digest} if digest else {})}

    @override
    def set_modules(self, modules: dict[str, MypyFile]) -> None:
        super().set_modules(modules)
        if self._made is not None:
            self._made.modules = modules

    @cached_property
    def _environment(self) -> Environment:
        return environment(self.options, self._settings)

    @cached_property
    def _answers(self) -> Answers:
        return Answers(side_file(self.options))

    @cached_property
    def _templates(self) -> Templates:
        return Templates(self._environment.templates)

    @cached_property
    def _fingerprint(self) -> dict[str, str]:
        return fingerprint(self._environment)

    @property
    def _engine(self) -> "Engine":
        """Loaded once mypy has something to check: often it finds everything in its cache."""
        if self._made is None:
            from mypy_async_django.engine import engine

            self._made = engine(self.options, self._environment, self._answers, self._templates)
            self._made.modules = self._modules or {}
        return self._made

    def _call_under_way(self) -> None:
        checker = checker_state.type_checker
        if checker is self._last_checker:
            return  # nearly always: mypy asks at each call
        if isinstance(checker, TypeChecker):
            self._checkers[checker.tree.fullname] = checker
            if self.options.fine_grained_incremental:
                self._engine.call_under_way(checker)
            else:
                self._last_checker = checker

    def _refuse_problem(self) -> None:
        """End the run with exit status 2, as mypy does for wrong options of its own.

        Not in the constructor: mypy would put a line of its own before the message.
        """
        if self._problem is not None:
            raise CompileError([self._problem])
