"""Runs the rules on a module that mypy has checked, and reports what they find.

mypy calls for each module, in this order: `interface_ready` before it stores the module's symbol
table, `module_checked` after it has checked the module's bodies.
"""

from collections.abc import Iterable, Iterator

from mypy import errorcodes
from mypy.errorcodes import ErrorCode
from mypy.nodes import Decorator, FuncDef, MypyFile, Node, SymbolTableNode, TypeInfo

from mypy_async_django.bridge.build import Build
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.module_interface import trigger
from mypy_async_django.bridge.tree import functions
from mypy_async_django.codes import ASYNC_BLOCKING, ASYNC_UNSAFE
from mypy_async_django.effects.answers import Answers
from mypy_async_django.effects.asked import Asked
from mypy_async_django.effects.summary import answer
from mypy_async_django.effects.summary_store import SummaryStore
from mypy_async_django.environment import Environment, catalogue_of
from mypy_async_django.finding import Finding, Note
from mypy_async_django.index.bodies import Bodies, versions
from mypy_async_django.index.coroutines.hosted import hosted_functions, way_out
from mypy_async_django.index.matches.guards import depends_on_loop
from mypy_async_django.index.syntax.body import Body
from mypy_async_django.index.syntax.testing import is_test
from mypy_async_django.naming import names_on
from mypy_async_django.record import requested
from mypy_async_django.registry import RULES
from mypy_async_django.report import report
from mypy_async_django.rule import Rule
from mypy_async_django.selection import Selection
from mypy_async_django.templates.files import Templates


class Engine:
    """Checks the modules of one build."""

    def __init__(
        self, build: Build, environment: Environment, answers: Answers, templates: Templates
    ) -> None:
        self.build = build
        self._catalogue = catalogue_of(environment)
        self._settings = environment.settings
        self._answers = answers
        self._templates = templates
        codes = (rule.code for rule in RULES)
        self.selection = Selection(self._settings, codes, everything=requested() is not None)
        self.set_modules({})

    def set_modules(self, modules: dict[str, MypyFile]) -> None:
        """Take the modules of the build, by name; what was known of functions is forgotten."""
        self.modules = modules
        self.summaries = SummaryStore(
            self.build, modules, self.bodies, self._catalogue, self._settings.follows
        )

    def module_parsed(self, name: str) -> None:
        """Mypy has read a module anew."""

    def interface_ready(self, name: str) -> None:
        """Seal a module that mypy is about to store with the summaries that its findings rely on."""
        rows = self._answers.of(name)
        if rows:
            self._answers.seal(name, {each: answer(self.summaries.named(each)) for each in rows})

    def module_checked(self, tree: MypyFile) -> set[str]:
        """Check a module, report the findings, return the modules that these depend on."""
        module = self.build.module(tree)
        return self.check_module(module) if module is not None else set()

    def check_module(self, module: Module) -> set[str]:
        """Check a module, and note what its findings rely on in other modules."""
        asked = self.check_bodies(module)
        self._report_failures(module)
        name = module.tree.fullname
        elsewhere = {each for each in asked if self.summaries.module_of(each) != name}
        self._answers.note(self._answers_about(elsewhere))
        return self.summaries.depends_on(elsewhere) - {name}

    def check_bodies(self, module: Module) -> Asked:
        """Run the rules on the bodies of a module; the functions that were asked for summaries."""
        self.selection.apply(module)
        bodies, asked, defines_coroutine = self.bodies(), Asked(), False
        hosted = hosted_functions(module.tree)
        everything = self.may_misuse_coroutines(module) or _asks_names(module)
        for outermost, function in functions(module.tree):
            defines_coroutine |= function.is_coroutine
            if everything or function.is_coroutine or function in hosted:
                for version in versions(function):
                    asked.parts.add(self.check_body(module, version, outermost, bodies))
        if everything or defines_coroutine:
            asked.parts.add(self.check_body(module, module.tree, None, bodies))
        return asked

    def check_body(
        self,
        module: Module,
        function: FuncDef | MypyFile,
        outermost: FuncDef | None,
        bodies: Bodies,
    ) -> Asked:
        """Run the rules on one body; the functions that were asked for summaries."""
        graph = self.summaries.call_graph(bodies, outermost)
        body = bodies.looked_at(module, function, outermost, graph)
        found = list(self._findings(module, body))
        self.report(module, body, outermost, found, graph.asked)
        if self.build.stores_dependencies:
            dependent = outermost.fullname if outermost else module.tree.fullname
            for name in self.summaries.modules_of(graph.asked):
                module.tree.plugin_deps.setdefault(trigger(name), set()).add(dependent)
        return graph.asked

    def report(
        self,
        module: Module,
        body: Body,
        outermost: FuncDef | None,
        findings: list[Finding],
        asked: Asked,
    ) -> None:
        """Report the findings in one body, which depend on the functions ``asked``."""
        if findings:
            with module.reporting_in(outermost):
                for finding in findings:
                    report(module, finding)

    def bodies(self) -> Bodies:
        """A new maker of bodies: it keeps what it works out, and is for one look at a module."""
        return Bodies(
            self._catalogue,
            self.modules,
            strict_relations=self._settings.strict_relations,
            templates=self._templates,
        )

    def may_misuse_coroutines(self, module: Module) -> bool:
        """Whether a module's sync functions may contain mistakes with coroutines."""
        return module.makes_coroutines or _knows_coroutines(module.tree)

    def _findings(self, module: Module, body: Body) -> Iterator[Finding]:
        """What all rules find in a body; the names on a line if these are asked for."""
        request = requested()
        if request is not None and _asks_names(module):
            yield from names_on(request.line, body)
            return
        instead = way_out(body)
        for rule in RULES:
            if rule.everywhere or body.is_coroutine:
                yield from self._found(rule, body)
            elif instead is not None and _family(rule) in {ASYNC_BLOCKING, ASYNC_UNSAFE}:
                for finding in self._found(rule, body):
                    yield finding._replace(notes=(*_without_await(finding), instead))

    def _found(self, rule: Rule, body: Body) -> list[Finding]:
        """What a rule finds in a body; an exception in the rule is a finding too."""
        try:
            if self._is_left_out(rule, body):
                return []
            return [
                finding
                for finding in rule.findings(body)
                if not body.is_expected_to_fail(finding.node)
                and not (isinstance(finding.node, Node) and depends_on_loop(body, finding.node))
            ]
        except Exception as error:
            if self.build.raises_exceptions:
                raise
            return [_failure(f'rule "{rule.code.code}" on', body, error)]

    def _is_left_out(self, rule: Rule, body: Body) -> bool:
        """Whether a rule is about blocking, and the body a test: nothing else runs on its loop."""
        blocking = _family(rule) is ASYNC_BLOCKING
        return blocking and not self._settings.blocking_in_tests and is_test(body)

    def _answers_about(self, functions: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Module, full name and answer of each function whose answer is not noted yet."""
        for function in self._answers.new(functions):
            module = self.summaries.module_of(function)
            if module is not None:
                yield module, function, answer(self.summaries.named(function))

    def _report_failures(self, module: Module) -> None:
        """Report once, in the module that asked, each function that could not be summarised."""
        failures = self.summaries.failures
        with module.reporting_in(None):
            while failures:
                function, error = failures.popitem()
                report(module, _failure("the summary of", module.tree, error, function))


def _family(rule: Rule) -> ErrorCode:
    return rule.code.sub_code_of or rule.code


def _without_await(finding: Finding) -> Iterator[Note]:
    """The notes that hold in a sync function too: nothing can be awaited there."""
    return (note for note in finding.all_notes if note.edit is None and "await " not in note.text)


def _asks_names(module: Module) -> bool:
    request = requested()
    return request is not None and request.asks_names(module.path)


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
    """Whether a module defines or imports async functions or a bridge, or routes URLs to views."""
    if "asyncio" in tree.names or "urlpatterns" in tree.names:
        return True
    for symbol in tree.names.values():
        if (symbol.fullname or "").startswith("asgiref"):
            return True
        methods = symbol.node.names.values() if isinstance(symbol.node, TypeInfo) else ()
        if any(map(_is_coroutine_function, (symbol, *methods))):
            return True
    return False


def _is_coroutine_function(symbol: SymbolTableNode) -> bool:
    node = symbol.node.func if isinstance(symbol.node, Decorator) else symbol.node
    return isinstance(node, FuncDef) and node.is_coroutine
