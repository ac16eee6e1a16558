"""What happens when: bodies that mypy has checked come before the rules."""

from collections.abc import Iterator

from mypy import errorcodes
from mypy.checker import TypeChecker
from mypy.nodes import Block, CallExpr, FuncDef, FuncItem, MypyFile, Node, Statement
from mypy.options import Options

from mypy_async_django.bridge.checked import CheckedTypes, makes_coroutines
from mypy_async_django.bridge.source import Source
from mypy_async_django.bridge.tree import children
from mypy_async_django.catalogue import Catalogue
from mypy_async_django.finding import Finding
from mypy_async_django.index.body import Body
from mypy_async_django.registry import RULES
from mypy_async_django.report import report, target


class Engine:
    """Brings functions before the rules, and what the rules find to the user."""

    def __init__(self, options: Options, catalogue: Catalogue, strict_relations: bool) -> None:
        self._options = options
        self._catalogue = catalogue
        self._strict_relations = strict_relations

    def module_checked(self, checker: TypeChecker) -> None:
        """Look at a module whose bodies mypy has just checked."""
        source = _source(checker)
        everything = makes_coroutines(checker)
        for outermost, function in functions(checker.tree):
            if everything or function.is_coroutine:
                with target(checker, outermost):
                    self._look_at(checker, function, source)
        if everything:
            with target(checker, None):
                self._look_at(checker, checker.tree, source)

    def call_under_way(self, checker: TypeChecker) -> None:
        """Look at a coroutine while mypy checks it: at its last call nearly all types are known.

        The daemon needs it. It checks a function again when something it uses has changed, and
        does not come by the module's end for that.
        """
        function = checker.scope.current_function()
        if isinstance(function, FuncDef):
            last = last_call(function)
            if last is None or checker.has_type(last.callee):
                self._look_at(checker, function, _source(checker))

    def _look_at(self, checker: TypeChecker, function: FuncDef | MypyFile, source: Source) -> None:
        body = Body(
            function,
            CheckedTypes(checker),
            self._catalogue,
            source,
            strict_relations=self._strict_relations,
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
                report(checker, finding)


def _failure(rule: str, function: FuncDef | MypyFile, error: Exception) -> Finding:
    return Finding(
        errorcodes.MISC,
        function,
        f'mypy_async_django failed in rule "{rule}" on "{function.name}": {error!r}',
        ("Please report this with the function's code, and mypy's output for --show-traceback",),
    )


def functions(tree: MypyFile) -> Iterator[tuple[FuncDef, FuncDef]]:
    """All functions of a module in source order, each with the outermost function it stands in."""
    stack: list[tuple[FuncDef | None, Statement]] = [(None, item) for item in reversed(tree.defs)]
    while stack:
        outermost, statement = stack.pop()
        if isinstance(statement, FuncDef):
            outermost = outermost or statement
            yield outermost, statement
        inside = [child for child in children(statement) if isinstance(child, Statement)]
        stack.extend((outermost, child) for child in reversed(inside))


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


def _source(checker: TypeChecker) -> Source:
    read = checker.errors.read_source
    return Source((read(checker.path) if read else None) or [])
