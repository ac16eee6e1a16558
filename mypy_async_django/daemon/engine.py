"""Keeps the findings right between the updates of mypy's daemon.

In an update, dmypy checks the modules that have changed, and functions that depend on them. It
calls the plugin for the former as a batch run does. Of the latter it tells only the calls in them,
and of unannotated functions nothing. So this engine finds out itself which bodies the changes of an
update concern, and checks them at the end of the update.
"""

from collections.abc import Callable, Iterator, Sequence

from mypy.nodes import Block, CallExpr, FuncDef, FuncItem, MypyFile, Node
from typing_extensions import override

from mypy_async_django.bridge.build import Build
from mypy_async_django.bridge.daemon_errors import printed_files
from mypy_async_django.bridge.errors import BuildErrors
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.module_interface import mark
from mypy_async_django.bridge.rebinding import rebind
from mypy_async_django.bridge.tree import children
from mypy_async_django.daemon.findings import Change, FindingCache, Types
from mypy_async_django.daemon.wakeup import DaemonWakeup
from mypy_async_django.effects.answers import Answers
from mypy_async_django.effects.asked import Asked
from mypy_async_django.effects.call_graph import module_of
from mypy_async_django.effects.summary import answer
from mypy_async_django.engine import Engine
from mypy_async_django.environment import Environment
from mypy_async_django.finding import Finding
from mypy_async_django.index.bodies import Bodies
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.templates.files import Templates


class DaemonEngine(Engine):
    """Checks modules, and bodies that depend on the changes of an update."""

    def __init__(
        self, build: Build, environment: Environment, answers: Answers, templates: Templates
    ) -> None:
        self._cache = FindingCache()
        self._wakeup = DaemonWakeup()
        self._changes: dict[str, Change] = {}
        """How the interfaces of modules have changed in this update."""
        self._handled: set[str] = set()
        """The modules of ``_changes`` whose users have been checked."""
        self._printed: set[str] = set()
        super().__init__(build, environment, answers, templates)

    @override
    def module_parsed(self, name: str) -> None:
        """Keep the interface of a module that mypy has read anew, to be compared with the new one."""
        self._cache.keep_interface(name, self.summaries.all_of)
        self._wakeup.forget(name)

    @override
    def module_checked(self, tree: MypyFile) -> set[str]:
        """Check a module, then the bodies that its changes concern, unless the wake-up comes later."""
        module = self.build.module(tree)
        if module is None:
            # It may have been the project's before: now its errors are ignored, or it is a stub.
            self._cache.drop(tree.fullname)
            return set()
        self.summaries.forget(tree)
        summaries = self.summaries.all_of(tree)
        text = "".join(f"{name} {answer(each)}\n" for name, each in sorted(summaries.items()))
        mark(tree, text, self.bodies().members.standard("builtins.str"))
        used = self.check_module(module)
        self._cache.finish(module)
        change = self._cache.change(module, summaries)
        if change is not Change.NOTHING:
            self._changes[tree.fullname] = change
            self._handled.discard(tree.fullname)
        # At the end of the update all modules have their new symbols.
        if not self._wakeup.comes_after(tree.fullname):
            self._check_concerned(module.errors)
        self._restore(module.errors)
        return used

    def call_checked(self, callee: str) -> None:
        """Check a function again that dmypy is checking again, as something it uses has changed.

        dmypy does not tell a plugin when it has checked the function. At the function's last call
        nearly all types are known; for the rest, those of the last time are used.
        """
        if (call := self.build.checked_call()) is None:
            return
        self.build.take_types(self._cache.module)
        module, function, outermost = call.module, call.function, call.outermost
        self.selection.apply(module)
        defining = module_of(callee, self.modules)
        is_stable = defining is not None and not self.build.is_project(defining)
        self._wakeup.call_checked(module.tree, outermost, is_stable=is_stable)
        if not call.is_recheck:
            return
        self._restore(module.errors)
        # Without changes, mypy has come only because the function had errors before.
        if self._changes and isinstance(function, FuncDef) and _is_nearly_checked(function, module):
            bodies = self._bodies(self._cache.types_before)
            self.check_body(module, function, outermost, bodies)
            if not function.is_coroutine and self.summaries.take_again(module.tree, function):
                self._check_users(module.tree.fullname)
        is_end = self._wakeup.is_at(module.tree, outermost)
        if is_end and (outermost is None or _is_nearly_checked(outermost, module)):
            self._check_concerned(module.errors)

    def attribute_checked(self) -> None:
        """Take mypy's new types: it may be checking a function again that contains no call.

        Nor does it tell a plugin of a call whose callee has become Any.
        """
        self.build.take_types(self._cache.module)

    @override
    def check_bodies(self, module: Module) -> Asked:
        self._cache.start(module)
        return super().check_bodies(module)

    @override
    def may_misuse_coroutines(self, module: Module) -> bool:
        return super().may_misuse_coroutines(module) or self._cache.made_coroutines(module)

    @override
    def bodies(self) -> Bodies:
        return self._bodies(self._cache.types)

    def _bodies(self, remembered: Callable[[Module, FuncItem | MypyFile], Types | None]) -> Bodies:
        return Bodies(
            self._catalogue,
            self.modules,
            strict_relations=self._settings.strict_relations,
            templates=self._templates,
            remembered=remembered,
        )

    @override
    def report(
        self,
        module: Module,
        body: Body,
        outermost: FuncDef | None,
        findings: list[Finding],
        asked: Asked,
    ) -> None:
        used = self.summaries.modules_of(asked)
        self._cache.replace(module, body, outermost, findings, used)

    def _restore(self, errors: BuildErrors) -> None:
        """Report the findings again that mypy has dropped at the start of the update."""
        self._wakeup.set_up(errors)
        self._cache.restore(errors, self.modules)

    def _check_concerned(self, errors: BuildErrors) -> None:
        """Check the bodies that the changes of this update concern."""
        self._forget_earlier_updates(errors)
        for name in self._cache.forget_deleted(self.modules):
            self._wakeup.forget(name)
            self._changes[name] = Change.SYMBOLS
            for module in self._cache.importers({name}, self._unread):
                self._cache.forget_types(module)
        self._handled = set(self._changes)
        symbols = {name for name, change in self._changes.items() if change is Change.SYMBOLS}
        importers = self._cache.importers(symbols, self._unread)
        for module in importers:
            rebind(module.tree)
            self.summaries.forget(module.tree)
        for module in importers:
            self.check_bodies(module)
        for name in self._changes:
            self._check_users(name, done=importers)

    def _forget_earlier_updates(self, errors: BuildErrors) -> None:
        printed = printed_files(errors)
        if self._printed is not printed:
            if self._printed:
                for name in self._handled:
                    self._changes.pop(name, None)
            self._printed = printed

    def _unread(self) -> Iterator[MypyFile]:
        """The project's modules that mypy has loaded from its cache, without their bodies."""
        return (t for t in self.modules.values() if not t.defs and self.build.is_project(t))

    def _check_users(self, name: str, done: Sequence[Module] = ()) -> None:
        """Check the bodies that depend on a module's summaries, except in the modules ``done``."""
        bodies = self.bodies()
        for module, function, outermost in self._cache.users(name):
            if module not in done:
                self.check_body(module, function or module.tree, outermost, bodies)


def _is_nearly_checked(function: FuncDef, module: Module) -> bool:
    """Whether mypy has come to a function's last call."""
    last = _last_call(function)
    return last is None or module.has_type(last.callee)


def _last_call(function: FuncDef) -> CallExpr | None:
    """The call in a function's own code that mypy checks last; None if it calls nothing."""
    last: CallExpr | None = None
    stack: list[Node] = [function.body]
    while stack and last is None:
        node = stack.pop()
        if isinstance(node, CallExpr):
            last = node
        elif not isinstance(node, FuncItem) and not (
            isinstance(node, Block) and node.is_unreachable
        ):
            stack.extend(children(node))
    return last
