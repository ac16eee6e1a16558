"""The plugin that mypy creates, around hooks that may fail.

Nothing else of mypy's is imported here, so that it works where another internal of mypy's has changed.
"""

import gc
import os
import sys
import tempfile
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar, NoReturn

from mypy.errors import CompileError
from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import ClassDefContext, Plugin, ReportConfigContext
from typing_extensions import override

_NO_LINE = -1
"""mypy prints no line then, and no ``type: ignore`` comment covers it."""


_FIRST = 10
"""The priority of mypy's plugins for modules that are checked before the one that needs them."""


class Hooks(ABC):
    """What `GuardedPlugin` calls. Any of it may raise any exception."""

    @abstractmethod
    def call_checked(self, callee: str) -> None:
        """Mypy is checking a call of the function or class with this full name."""

    @abstractmethod
    def attribute_checked(self) -> None:
        """Mypy's daemon is checking an attribute."""

    @abstractmethod
    def module_parsed(self, tree: MypyFile) -> Sequence[str]:
        """Mypy has read a module: the modules that it has to check before, besides the imported."""

    @abstractmethod
    def class_hook(self, base: str) -> Callable[[ClassDefContext], None] | None:
        """What is done with a class that has a base of this full name; None for nothing."""

    @abstractmethod
    def module_checked(self, tree: MypyFile) -> set[str]:
        """Mypy has checked a module: the modules that our findings in it depend on."""

    @abstractmethod
    def stored_data(self, context: ReportConfigContext) -> dict[str, str]:
        """What mypy stores with a module, and what it must find to use the module again."""

    @abstractmethod
    def set_modules(self, modules: dict[str, MypyFile]) -> None:
        """Take the modules of the build."""

    @abstractmethod
    def spoil(self) -> None:
        """Make what mypy stores in this run good for nothing."""


class GuardedPlugin(Plugin):
    """Passes mypy's hooks on. After an exception it reports one error, and passes on none.

    ``problem`` is a message that ends mypy's run at once.
    """

    problem: ClassVar[str | None] = None

    def made_hooks(self, options: Options, errors: Any) -> Hooks:
        """The hooks; ``errors`` is mypy's `mypy.errors.Errors` object, None if it is not found."""
        raise NotImplementedError

    def described(self, error: Exception) -> tuple[str, str]:
        """An error message about an exception, and a note for it."""
        raise NotImplementedError

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._errors = _errors_of(options)
        self._is_daemon = getattr(options, "fine_grained_incremental", False)
        self._is_parallel = bool(getattr(options, "num_workers", 0))
        self._failure: tuple[str, str] | None = None
        self._is_reported = False
        self._hooks: Hooks | None = None
        if self._is_parallel and not is_worker():
            with suppress(OSError):
                _mark_of_failure().unlink()
        try:
            if self.problem is None:
                self._hooks = self.made_hooks(options, self._errors)
        except Exception as error:
            self._fail(error)

    @override
    def get_function_signature_hook(self, fullname: str, *_: object) -> None:
        self._call_checked(fullname)

    @override
    def get_method_signature_hook(self, fullname: str, *_: object) -> None:
        self._call_checked(fullname)

    @override
    def get_method_hook(self, fullname: str, *_: object) -> None:
        self._call_checked(fullname)

    @override
    def get_attribute_hook(self, fullname: str, *_: object) -> None:
        self._attribute_checked()

    @override
    def get_class_attribute_hook(self, fullname: str, *_: object) -> None:
        self._attribute_checked()

    @override
    def get_base_class_hook(
        self, fullname: str, *_: object
    ) -> Callable[[ClassDefContext], None] | None:
        hook = self._hooks.class_hook(fullname) if self._hooks is not None else None
        return None if hook is None else partial(self._class_defined, hook)

    @override
    def get_additional_deps(self, file: MypyFile, *_: object) -> list[tuple[int, str, int]]:
        self._refuse_problem()
        needed: Sequence[str] = ()
        if self._hooks is not None:
            try:
                needed = self._hooks.module_parsed(file)
            except Exception as error:
                self._fail(error)
        self._report(file.path)
        return [(_FIRST, name, _NO_LINE) for name in needed]

    @override
    def get_additional_indirect_deps(self, tree: MypyFile, *_: object) -> set[str]:
        if self._hooks is not None:
            try:
                return self._hooks.module_checked(tree)
            except Exception as error:
                self._fail(error)
        self._report(tree.path)
        return set()

    @override
    def report_config_data(self, ctx: ReportConfigContext, *_: object) -> dict[str, str]:
        self._refuse_problem()
        if self._hooks is not None:
            try:
                return self._hooks.stored_data(ctx)
            except Exception as error:
                self._fail(error)
                if not (self._is_parallel or self._is_daemon or getattr(ctx, "is_check", True)):
                    self._end_run()  # mypy has printed the module's errors; others may not follow
        return {"failed": token_hex()}  # mypy checks the module again next time

    @override
    def set_modules(self, modules: dict[str, MypyFile], *_: object) -> None:
        super().set_modules(modules)
        if self._hooks is not None:
            try:
                self._hooks.set_modules(modules)
            except Exception as error:
                self._fail(error)

    def _class_defined(
        self, hook: Callable[[ClassDefContext], None], context: ClassDefContext
    ) -> None:
        try:
            hook(context)
        except Exception as error:
            self._fail(error)

    def _call_checked(self, callee: str) -> None:
        if self._hooks is not None:
            try:
                self._hooks.call_checked(callee)
            except Exception as error:
                self._fail(error)

    def _attribute_checked(self) -> None:
        if self._is_daemon and self._hooks is not None:
            try:
                self._hooks.attribute_checked()
            except Exception as error:
                self._fail(error)

    def _refuse_problem(self) -> None:
        """End the run. Not in the constructor: mypy would print a line of its own before."""
        if self.problem is not None:
            raise CompileError([f"mypy: error: {self.problem}"])

    def _fail(self, error: Exception) -> None:
        """Switch the hooks off. An error that is meant to end mypy's run does that."""
        if isinstance(error, CompileError):
            raise error
        if self.options.show_traceback:
            traceback.print_exception(error)
        hooks, self._hooks = self._hooks, None
        self._failure = self.described(error)
        if hooks is not None:
            with suppress(Exception):
                hooks.spoil()

    def _report(self, path: str) -> None:
        """Report the failure in a file, unless that is done or mypy shows no errors of the file."""
        if self._failure is None or (self._is_reported and not self._is_daemon):
            return
        try:
            if path in self._errors.ignored_files or self._is_held():
                return
        except Exception:
            self._end_run()
        if not self._is_reported and self._is_parallel and not _is_first_process():
            self._is_reported = True
            return
        self._is_reported = True
        try:
            self._add_errors(path)
        except Exception:
            self._end_run()

    def _is_held(self) -> bool:
        """Whether mypy has the error: its daemon drops it at the start of each update."""
        assert self._failure is not None
        held = self._errors.error_info_map
        return any(info.message == self._failure[0] for each in held.values() for info in each)

    def _add_errors(self, path: str) -> None:
        assert self._failure is not None
        errors, watchers = self._errors, getattr(self._errors, "_watchers", None)
        before = errors.file, errors.target_module, errors.options, errors.scope
        options = self.options.apply_changes({})
        options.disabled_error_codes = set()
        errors.set_file(path, None, options)
        if watchers is not None:
            errors._watchers = []  # a watcher catches the errors of what mypy checks on trial
        try:
            for message, severity in zip(self._failure, ("error", "note"), strict=True):
                errors.report(_NO_LINE, _NO_LINE, message, severity=severity)
        finally:
            if watchers is not None:
                errors._watchers = watchers
            errors.set_file(*before)

    def _end_run(self) -> NoReturn:
        """Where mypy's errors are not to be had: end the run with the message, status 2."""
        message, note = self._failure or ("", "")
        raise CompileError([f"mypy: error: {message}", f"mypy: note: {note}"])


def _errors_of(options: Options) -> Any:
    """Where mypy collects the errors of the build with these options; None if it is not found.

    mypy passes its `Errors` object to a plugin only with a checked call, and some runs check no call.
    While mypy makes its plugins, the object has the build's own options; later it has those of the
    module at hand. In a worker process, later the garbage collector does not list it any more.
    """
    for generation in range(3):
        for candidate in reversed(gc.get_objects(generation)):  # the newest first
            kind = type(candidate)
            if (kind.__module__, kind.__name__) == ("mypy.errors", "Errors") and getattr(
                candidate, "options", None
            ) is options:
                return candidate
    return None


def is_worker() -> bool:
    """Whether this process checks modules for another one, with ``--num-workers``."""
    return "mypy.build_worker.worker" in sys.modules


def _is_first_process() -> bool:
    """Whether no other process of the same parallel run has come here before."""
    try:
        _mark_of_failure().touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


def _mark_of_failure() -> Path:
    """A file that exists once any process of this parallel run has reported a failure."""
    run = os.getppid() if is_worker() else os.getpid()
    return Path(tempfile.gettempdir(), f"mypy-async-django-{run}-failed")
