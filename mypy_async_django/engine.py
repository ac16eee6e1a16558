"""What happens when: bodies come before the rules, and what these find to the user."""

from collections.abc import Iterable, Iterator, Sequence

from mypy import errorcodes
from mypy.checker import TypeChecker
from mypy.errors import Errors
from mypy.nodes import Block, CallExpr, Decorator, FuncDef, FuncItem, MypyFile, Node
from mypy.options import Options

from mypy_async_django.bridge.module import Module, errors_of, options_of
from mypy_async_django.bridge.module_interface import mark, trigger
from mypy_async_django.bridge.tree import children, functions
from mypy_async_django.catalogue.django import LAZY_ATTRIBUTES
from mypy_async_django.catalogue.lookup import Catalogue
from mypy_async_django.catalogue.offload import Offloader
from mypy_async_django.catalogue.row import Api, Effect
from mypy_async_django.codes import ASYNC_BLOCKING
from mypy_async_django.config import Config
from mypy_async_django.daemon.findings import Change, Memory
from mypy_async_django.effects.answers import Answers
from mypy_async_django.effects.summary import answer
from mypy_async_django.effects.summary_store import SummaryStore
from mypy_async_django.environment import Environment
from mypy_async_django.finding import Finding
from mypy_async_django.index.bodies import Bodies, versions
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.testing import is_test
from mypy_async_django.naming import names_on
from mypy_async_django.record import requested
from mypy_async_django.registry import RULES
from mypy_async_django.report import place, report
from mypy_async_django.rule import Rule
from mypy_async_django.selection import Selection
from mypy_async_django.templates.files import Templates

_RECHECK_PASSES = 3
"""The last pass of mypy's checker when the daemon checks single functions again."""


class Engine:
    """Brings functions before the rules, and what the rules find to the user.

    Needs ``modules`` before it is asked anything.
    """

    def __init__(
        self,
        options: Options,
        catalogue: Catalogue,
        settings: Config,
        selection: Selection,
        answers: Answers,
        templates: Templates,
    ) -> None:
        self._options = options
        self._catalogue = catalogue
        self._settings = settings
        self._selection = selection
        self._answers = answers
        self._templates = templates
        self._errors: Errors | None = None
        self._memory = Memory() if options.fine_grained_incremental else None
        # In the daemon: what has changed in this increment.
        self._changes: dict[str, Change] = {}
        self._seen: set[str] = set()
        self._printed: set[str] = set()
        self.modules = {}

    @property
    def modules(self) -> dict[str, MypyFile]:
        """The modules of the build, by name; with new ones, what was known of functions is forgotten."""
        return self._modules

    @modules.setter
    def modules(self, modules: dict[str, MypyFile]) -> None:
        self._modules = modules
        self._summaries = SummaryStore(self._options, modules, self._bodies, self._catalogue)

    def interface_ready(self, name: str) -> None:
        """Mypy is about to store a module: seal it with what its functions do, if that was asked."""
        rows = self._answers.of(name)
        if rows:
            self._answers.seal(name, {each: answer(self._summaries.named(each)) for each in rows})

    def module_checked(self, tree: MypyFile, checker: TypeChecker | None) -> set[str]:
        """Look at a module whose bodies mypy has just checked; what its findings depend on."""
        module = self._module(tree, checker)
        if module is None:
            return set()
        if self._memory is not None:
            self._summaries.forget(tree)
            summaries = self._summaries.all_of(tree)
            text = "".join(f"{name} {answer(each)}\n" for name, each in sorted(summaries.items()))
            mark(tree, text, self._bodies().members.standard("builtins.str"))
        asked = self._look_over(module)
        self._report_failures(module)
        if self._memory is not None:
            self._memory.close(module)
            self._look_again(module, self._memory)
            self._memory.show_again(module.errors, self.modules)
        elsewhere = {each for each in asked if self._summaries.module_of(each) != tree.fullname}
        self._answers.note(self._answered(elsewhere))
        return self._summaries.depends_on(elsewhere) - {tree.fullname}

    def _answered(self, functions: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        for function in self._answers.new(functions):
            module = self._summaries.module_of(function)
            if module is not None:
                yield module, function, answer(self._summaries.named(function))

    def _report_failures(self, module: Module) -> None:
        """Say which functions could not be summarised, once, in the module that asked."""
        failures = self._summaries.failures
        with place(module, None):
            while failures:
                function, error = failures.popitem()
                report(module, _failure("the summary of", module.tree, error, function))

    def _look_over(self, module: Module) -> set[str]:
        """Look at all of a module; the functions elsewhere that its findings depend on."""
        tree = module.tree
        if self._memory is not None:
            self._memory.open(module)
        bodies = self._bodies()
        everything = (
            module.makes_coroutines
            or _knows_coroutines(tree)
            or (self._memory is not None and self._memory.makes_coroutines(module))
        )
        request = requested()
        everything |= request is not None and request.asks_names(module.path)
        asked: set[str] = set()
        defines_coroutine = False
        for outermost, function in functions(tree):
            defines_coroutine |= function.is_coroutine
            if everything or function.is_coroutine:
                for version in versions(function):
                    asked |= self._look_at(module, version, outermost, bodies)
        if everything or defines_coroutine:
            asked |= self._look_at(module, tree, None, bodies)
        return asked

    def _look_again(self, module: Module, memory: Memory) -> None:
        """The daemon has been through a module: look where that matters and mypy does not come.

        mypy asks plugins nothing in unannotated functions, and nothing about operations other than
        calls. For the bodies that it checks, its types of the last time have to do.
        """
        name = module.tree.fullname
        change = memory.change(module, self._summaries.all_of(module.tree))
        if change is not Change.NOTHING:
            self._changes[name] = change
            self._seen.discard(name)
        # Better at the end of the increment, when names stand for what they will.
        if not memory.bell.rings_after(name):
            self._catch_up(memory, module.errors)

    def _catch_up(self, memory: Memory, errors: Errors) -> None:
        """Look where the changes of this increment matter."""
        if self._printed is not errors.flushed_files:
            if self._printed:
                # That was another increment.
                for name in self._seen:
                    self._changes.pop(name, None)
            self._printed = errors.flushed_files
        for name in memory.forget_gone(self.modules):
            self._changes[name] = Change.NAMES
            for module in memory.importers({name}, self._unread):
                memory.forget_types(module)
        self._seen = set(self._changes)
        renamed = {name for name, change in self._changes.items() if change is Change.NAMES}
        importers = memory.importers(renamed, self._unread)
        for module in importers:
            self._summaries.forget(module.tree)
        for module in importers:
            self._look_over(module)
        for name in self._changes:
            self._look_at_users(name, memory, done=importers)

    def _unread(self) -> Iterator[MypyFile]:
        """The project's modules that mypy has from its cache, without their bodies."""
        return (t for t in self.modules.values() if not t.defs and self._summaries.is_project(t))

    def _look_at_users(self, name: str, memory: Memory, done: Sequence[Module] = ()) -> None:
        """Look at the bodies that depend on a module's summaries, but for those of some modules."""
        bodies = self._bodies()
        for module, key, outermost in memory.users(name):
            if module not in done:
                self._look_at(module, key or module.tree, outermost, bodies)

    def module_parsed(self, name: str) -> None:
        """A module has been read, and not looked at yet."""
        if self._memory is not None:
            self._memory.remember(name, self._summaries.all_of)

    def call_under_way(self, checker: TypeChecker) -> None:
        """Look at a function again that the daemon checks again, as something it uses has changed.

        The daemon does not come by the module's end for that. At the function's last call nearly
        all types are known; for the rest those of the last time have to do.
        """
        memory, outermost = self._memory, checker.tscope.function
        module = self._module(checker.tree, checker) if memory is not None else None
        if memory is None or module is None:
            return
        around = outermost if isinstance(outermost, FuncDef) else None
        memory.bell.hear(checker.tree, around)
        if checker.last_pass != _RECHECK_PASSES:
            return
        memory.show_again(module.errors, self.modules)
        function = checker.scope.current_function()
        # Without changes, mypy comes by for the errors of the last time only.
        matters = bool(self._changes)
        if matters and isinstance(function, FuncDef) and _is_nearly_checked(function, checker):
            self._look_at(module, function, around, self._bodies())
            if not function.is_coroutine and self._summaries.take_again(checker.tree, function):
                self._look_at_users(module.tree.fullname, memory)
        rings = memory.bell.is_at(checker.tree, around)
        if rings and (around is None or _is_nearly_checked(around, checker)):
            self._catch_up(memory, module.errors)

    def _bodies(self) -> Bodies:
        return Bodies(
            self._catalogue,
            self.modules,
            strict_relations=self._settings.strict_relations,
            templates=self._templates,
            remembered=self._memory.types if self._memory is not None else None,
        )

    def _module(self, tree: MypyFile, checker: TypeChecker | None) -> Module | None:
        """The module, if it is the user's and mypy shows errors of it."""
        if checker is not None:
            self._errors = checker.errors
        elif self._errors is None:
            self._errors = errors_of(self._options)
        errors = self._errors
        if errors is None or tree.path in errors.ignored_files:
            return None
        if not self._summaries.is_project(tree):
            return None
        options = checker.options if checker else options_of(tree, self._options, errors)
        chosen = self._selection.chosen(tree.fullname, options)
        return Module(tree, chosen.options, errors, checker, chosen.on, has_links=chosen.links)

    def _look_at(
        self,
        module: Module,
        function: FuncDef | MypyFile,
        outermost: FuncDef | None,
        bodies: Bodies,
    ) -> set[str]:
        """Bring one body before the rules; the functions that the answers depend on."""
        graph = self._summaries.call_graph(bodies, outermost)
        key = function if isinstance(function, FuncDef) else None
        body = bodies.looked_at(module, function, outermost, graph)
        request = requested()
        if request is not None and request.asks_names(module.path):
            found = list(names_on(request.line, body))
        else:
            found = [finding for rule in RULES for finding in self._found(rule, body)]
        used = self._summaries.modules_of(graph.asked)
        if self._memory is not None:
            self._memory.note(module, key, outermost, found, used, body)
        elif found:
            with place(module, outermost):
                for finding in found:
                    report(module, finding)
        if self._options.cache_fine_grained or self._memory is not None:
            dependent = outermost.fullname if outermost else module.tree.fullname
            for each in used:
                module.tree.plugin_deps.setdefault(trigger(each), set()).add(dependent)
        return graph.asked

    def _found(self, rule: Rule, body: Body) -> list[Finding]:
        """What a rule finds; an exception in it becomes a finding, and mypy goes on."""
        if not rule.everywhere and not body.is_coroutine:
            return []
        try:
            if self._is_left_out(rule, body):
                return []
            return [
                finding
                for finding in rule.findings(body)
                if not body.is_expected_to_fail(finding.node)
            ]
        except Exception as error:
            if self._options.show_traceback and self._memory is None:
                raise  # the daemon always wants it, and would end
            return [_failure(f'rule "{rule.code.code}" on', body, error)]

    def _is_left_out(self, rule: Rule, body: Body) -> bool:
        """Whether a rule is about blocking, and the body a test: nothing else runs on its loop."""
        blocking = rule.code is ASYNC_BLOCKING or rule.code.sub_code_of is ASYNC_BLOCKING
        return blocking and not self._settings.blocking_in_tests and is_test(body)


def engine(
    options: Options, environment: Environment, answers: Answers, templates: Templates
) -> Engine:
    """The engine for a project's settings and for what is installed in its environment."""
    settings = environment.settings
    codes = (rule.code for rule in RULES)
    selection = Selection(settings, codes, everything=requested() is not None)
    return Engine(options, _catalogue(environment), settings, selection, answers, templates)


def _catalogue(environment: Environment) -> Catalogue:
    settings = environment.settings
    own = [
        *(Api(name, Effect.RAISES) for name in settings.async_unsafe),
        *(Api(name, Effect.BLOCKS) for name in settings.blocking),
    ]
    # What they do with connections is the project's own business.
    offloaders = [Offloader(name, closes_connections=True) for name in settings.offloaders]
    loaded = LAZY_ATTRIBUTES if environment.middleware else ()
    trusted = (*settings.trusted, *loaded)
    return Catalogue(environment.django, own, offloaders, trusted, environment.awaiting)


def _failure(
    part: str, body: Body | MypyFile, error: Exception, name: str | None = None
) -> Finding:
    node = body.function if isinstance(body, Body) else body
    return Finding(
        errorcodes.MISC,
        node,
        f'mypy_async_django failed in {part} "{name or body.name}": {error!r}',
        ("Please report this with the function's code, and mypy's output for --show-traceback",),
    )


def _knows_coroutines(tree: MypyFile) -> bool:
    """Whether a module defines or imports a coroutine function or a bridge, or names views."""
    if "asyncio" in tree.names or "urlpatterns" in tree.names:
        return True
    for symbol in tree.names.values():
        if (symbol.fullname or "").startswith("asgiref"):
            return True
        node = symbol.node.func if isinstance(symbol.node, Decorator) else symbol.node
        if isinstance(node, FuncDef) and node.is_coroutine:
            return True
    return False


def _is_nearly_checked(function: FuncDef, checker: TypeChecker) -> bool:
    """Whether mypy has come to a function's last call."""
    last = last_call(function)
    return last is None or checker.has_type(last.callee)


def last_call(function: FuncDef) -> CallExpr | None:
    """The call of a function's own code that mypy checks last; None where it calls nothing."""
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
