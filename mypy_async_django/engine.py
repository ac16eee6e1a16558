"""What happens when: bodies come before the rules, and summaries go where mypy keeps things."""

from mypy import errorcodes
from mypy.checker import TypeChecker
from mypy.errors import Errors
from mypy.nodes import Block, CallExpr, Decorator, FuncDef, FuncItem, MypyFile, Node
from mypy.options import Options

from mypy_async_django import environment
from mypy_async_django.bridge.checked import CheckedTypes
from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.module import Module
from mypy_async_django.bridge.source import Source
from mypy_async_django.bridge.tree import children, functions
from mypy_async_django.catalogue import Catalogue
from mypy_async_django.effects import store
from mypy_async_django.effects.collect import summaries_of, summary_of
from mypy_async_django.effects.reach import Reach, module_of
from mypy_async_django.effects.summary import Summaries
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body, Surroundings, Types
from mypy_async_django.index.called import is_nested
from mypy_async_django.index.inference import InferredTypes
from mypy_async_django.registry import RULES
from mypy_async_django.report import report, target


class Engine:
    """Brings functions before the rules, and what the rules find to the user.

    ``modules`` are mypy's modules by name, ``errors`` is where the build collects its errors.
    """

    def __init__(
        self,
        options: Options,
        catalogue: Catalogue,
        strict_relations: bool,
        errors: Errors | None,
    ) -> None:
        self._options = options
        self._catalogue = catalogue
        self._strict_relations = strict_relations
        self._errors = errors
        self._taken: dict[str, tuple[MypyFile, Summaries]] = {}
        self.modules: dict[str, MypyFile] = {}

    def interface_ready(self, name: str) -> None:
        """Summarise a module that mypy is about to store: its bodies are not checked yet."""
        tree = self.modules.get(name)
        if tree is not None and tree.defs and self._is_project(tree):
            self._summaries(tree)

    def module_checked(self, tree: MypyFile, checker: TypeChecker | None) -> set[str]:
        """Look at a module whose bodies mypy has just checked; what its findings depend on."""
        module = self._module(tree, checker)
        if module is None:
            return set()
        if self._options.fine_grained_incremental:
            self._taken.pop(tree.fullname, None)
        self._summaries(tree)
        members = Members(self.modules)
        everything = module.makes_coroutines or _knows_coroutines(tree)
        used: set[str] = set()
        defines_coroutine = False
        for outermost, function in functions(tree):
            defines_coroutine |= function.is_coroutine
            if everything or function.is_coroutine:
                with target(module, outermost):
                    for body in versions(function):
                        used |= self._look_at(module, body, outermost, members)
        if everything or defines_coroutine:
            with target(module, None):
                self._look_at(module, tree, None, members)
        return used - {tree.fullname}

    def call_under_way(self, checker: TypeChecker) -> None:
        """Look at a function while mypy checks it: at its last call nearly all types are known.

        The daemon needs it. It checks a function again when something it uses has changed, and
        does not come by the module's end for that.
        """
        function = checker.scope.current_function()
        module = self._module(checker.tree, checker)
        if module is None or not isinstance(function, FuncDef):
            return
        last = last_call(function)
        if last is None or checker.has_type(last.callee):
            members = Members(self.modules)
            outermost = checker.tscope.function
            self._look_at(
                module, function, outermost if isinstance(outermost, FuncDef) else None, members
            )
            if not function.is_coroutine:
                self._summarise_again(checker.tree, function, members)

    def _module(self, tree: MypyFile, checker: TypeChecker | None) -> Module | None:
        """The module, if mypy shows errors of it."""
        if not self._is_project(tree) or (
            self._errors is not None and tree.path in self._errors.ignored_files
        ):
            return None
        if checker is not None:
            options, errors = checker.options, checker.errors
            return Module(tree, options, errors, self.modules, checker)
        if self._errors is None:
            return None
        options = self._options.clone_for_module(tree.fullname)
        return Module(tree, options, self._errors, self.modules, None)

    def _is_project(self, tree: MypyFile) -> bool:
        """Whether a module is the user's: nobody's installed package, no stub."""
        return not tree.is_stub and not environment.is_installed(tree.path, self._options)

    def _look_at(
        self,
        module: Module,
        function: FuncDef | MypyFile,
        outermost: FuncDef | None,
        members: Members,
    ) -> set[str]:
        reach = Reach(
            self.modules,
            self._summaries,
            lambda nested: summary_of(
                nested,
                lambda item: self._inferred_body(item, outermost, members, module.source, None),
                self._is_projects,
            ),
            members.class_named,
        )
        body = self._body(module, function, outermost, members, reach)
        body.surroundings = Surroundings(
            module.tree,
            lambda other: self._body(
                module, other, outermost if is_nested(other) else other, members, reach
            ),
        )
        for rule in RULES:
            if not rule.everywhere and not body.is_coroutine:
                continue
            try:
                found = list(rule.findings(body))
            except Exception as error:
                if self._options.show_traceback or self._options.raise_exceptions:
                    raise
                found = [_failure(rule.code.code, function, error)]
            for finding in found:
                report(module, finding)
        for name in reach.modules:
            trigger = f"<{name}.{store.NAME}>"
            dependent = outermost.fullname if outermost else module.tree.fullname
            module.tree.plugin_deps.setdefault(trigger, set()).add(dependent)
        return reach.modules

    def _body(
        self,
        module: Module,
        function: FuncItem | MypyFile,
        outermost: FuncDef | None,
        members: Members,
        reach: Reach,
    ) -> Body:
        if module.checker is not None and module.is_checked(function):
            types: Types = CheckedTypes(module.checker)
            return self._made_body(function, types, module.source, reach)
        return self._inferred_body(function, outermost, members, module.source, reach)

    def _inferred_body(
        self,
        function: FuncItem | MypyFile,
        outermost: FuncItem | None,
        members: Members,
        source: Source,
        reach: Reach | None,
    ) -> Body:
        outer = None
        if outermost is not None and outermost is not function:
            around = self._inferred_body(outermost, None, members, source, None)
            outer = around.types if isinstance(around.types, InferredTypes) else None
        types = InferredTypes(function, lambda: body.flow, members, outer)
        body = self._made_body(function, types, source, reach)
        return body

    def _made_body(
        self, function: FuncItem | MypyFile, types: Types, source: Source, reach: Reach | None
    ) -> Body:
        return Body(
            function,
            types,
            self._catalogue,
            source,
            reach,
            strict_relations=self._strict_relations,
        )

    def _summaries(self, tree: MypyFile) -> Summaries:
        """A module's summaries: from mypy's cache, or taken now while its bodies are there."""
        taken = self._taken.get(tree.fullname)
        if taken is not None and taken[0] is tree:
            return taken[1]
        if not tree.defs or not self._is_project(tree):
            return store.kept(tree) or {}
        members = Members(self.modules)
        summaries = summaries_of(
            tree, lambda function: self._summarised_body(function, members), self._is_projects
        )
        store.keep(tree, summaries, members.standard("builtins.str"))
        self._taken[tree.fullname] = tree, summaries
        return summaries

    def _summarise_again(self, tree: MypyFile, function: FuncDef, members: Members) -> None:
        """Put a function's new summary in the place of the old one."""
        name = function.fullname.removeprefix(f"{tree.fullname}.")
        if name == function.fullname:
            return
        summaries = dict(self._summaries(tree))
        summary = summary_of(
            function, lambda item: self._summarised_body(item, members), self._is_projects
        )
        summaries.pop(name, None)
        if summary:
            summaries[name] = summary
        store.keep(tree, summaries, members.standard("builtins.str"))
        self._taken[tree.fullname] = tree, summaries

    def _summarised_body(self, function: FuncItem, members: Members) -> Body:
        return self._inferred_body(function, None, members, Source([]), None)

    def _is_projects(self, function: str) -> bool:
        """Whether a function, by its full name, is defined in a module of the user's."""
        if function in self._catalogue.trusted:
            return False
        tree = module_of(function, self.modules)
        return tree is not None and self._is_project(tree)


def versions(function: FuncDef) -> list[FuncDef]:
    """The bodies that mypy checks for a function: one for each value of a restricted type variable."""
    expanded = [item for item in function.expanded if isinstance(item, FuncDef)]
    return expanded or [function]


def _failure(rule: str, function: FuncDef | MypyFile, error: Exception) -> Finding:
    return Finding(
        errorcodes.MISC,
        function,
        f'mypy_async_django failed in rule "{rule}" on "{function.name}": {error!r}',
        ("Please report this with the function's code, and mypy's output for --show-traceback",),
    )


def _knows_coroutines(tree: MypyFile) -> bool:
    """Whether a module defines or imports a coroutine function, or asyncio, or names views."""
    if "asyncio" in tree.names or "urlpatterns" in tree.names:
        return True
    for symbol in tree.names.values():
        node = symbol.node.func if isinstance(symbol.node, Decorator) else symbol.node
        if isinstance(node, FuncDef) and node.is_coroutine:
            return True
    return False


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
