"""Compares what InferredTypes says before mypy checks a body with what mypy infers then.

``compare`` runs mypy over sources and counts, for the expressions whose type decides what an
operation is, on how many both agree. As a program it prints that for the given paths.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any, ClassVar

from mypy import build
from mypy.checker import TypeChecker
from mypy.checker_state import checker_state
from mypy.config_parser import parse_config_file
from mypy.find_sources import create_source_list
from mypy.modulefinder import BuildSource
from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    LambdaExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OpExpr,
    UnaryExpr,
    WithStmt,
)
from mypy.options import Options
from mypy.plugin import Plugin, ReportConfigContext
from mypy.types import ProperType
from typing_extensions import override

from mypy_async_django.bridge.checked import CheckedTypes
from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.tree import children
from mypy_async_django.bridge.types import alternatives, class_object, class_of
from mypy_async_django.index.flow import Flow
from mypy_async_django.index.inference import InferredTypes

DJANGO = (
    "django.db.models.query.QuerySet",
    "django.db.models.manager.BaseManager",
    "django.db.models.base.Model",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One expression of which mypy knows more, or something else."""

    place: str
    text: str
    checked: str
    inferred: str

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.text}: mypy {self.checked}, we {self.inferred}"


@dataclass(slots=True)
class Comparison:
    """The counts, by kind: ``django`` for instances of Django's ORM classes, and ``other``."""

    agree: Counter[str] = field(default_factory=Counter)
    narrower: list[Difference] = field(default_factory=list)
    wider: list[Difference] = field(default_factory=list)
    wider_django: list[Difference] = field(default_factory=list)
    unknown: list[Difference] = field(default_factory=list)
    unknown_django: list[Difference] = field(default_factory=list)
    disagree: list[Difference] = field(default_factory=list)
    asked: int = 0
    seconds: float = 0.0

    def share_known(self) -> float:
        """How much of what mypy knows of ORM objects the inference knows too."""
        known = self.agree["django"]
        return known / max(1, known + len(self.unknown_django))

    @override
    def __str__(self) -> str:
        return (
            f"agree {self.agree['django']} ORM, {self.agree['other']} other;"
            f" unknown {len(self.unknown_django)} ORM, {len(self.unknown)} other;"
            f" narrower {len(self.narrower)};"
            f" wider {len(self.wider_django)} ORM, {len(self.wider)} other; DISAGREE {len(self.disagree)};"
            f" {1e6 * self.seconds / max(1, self.asked):.1f} us per expression ({self.asked})"
        )


class ComparingPlugin(Plugin):
    """Asks before mypy checks the bodies of a module, and compares afterwards."""

    comparison: ClassVar[Comparison]
    only: ClassVar[tuple[str, ...]]

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._inferred: dict[str, list[tuple[Expression, ProperType | None]]] = {}
        self._checkers: dict[str, TypeChecker] = {}

    @override
    def get_function_signature_hook(self, fullname: str) -> None:
        self._note_checker()

    @override
    def get_method_signature_hook(self, fullname: str) -> None:
        self._note_checker()

    @override
    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        if not str(Path(ctx.path).resolve()).startswith(self.only):
            return None
        if not ctx.is_check and self._modules is not None:
            self._inferred[ctx.id] = list(self._before(self._modules[ctx.id]))
        return process_time()  # never the same: the module is checked each time

    @override
    def get_additional_indirect_deps(self, tree: MypyFile) -> set[str]:
        checker = self._checkers.pop(tree.fullname, None)
        if checker is not None:
            types = CheckedTypes(checker)
            for expression, inferred in self._inferred.pop(tree.fullname, []):
                checked = types.type_of(expression) if types.is_reached(expression) else None
                if checked is not None:
                    self._compare(f"{tree.path}:{expression.line}", expression, checked, inferred)
        return set()

    def _note_checker(self) -> None:
        checker = checker_state.type_checker
        if isinstance(checker, TypeChecker):
            self._checkers[checker.tree.fullname] = checker

    def _before(self, tree: MypyFile) -> Iterator[tuple[Expression, ProperType | None]]:
        assert self._modules is not None
        members = Members(self._modules)
        for function, types in functions(tree, members):
            if isinstance(function, FuncDef) and function.type is None:
                continue
            expressions = list(deciding(function))
            start = process_time()
            found = [(expression, types.type_of(expression)) for expression in expressions]
            self.comparison.seconds += process_time() - start
            self.comparison.asked += len(found)
            yield from found

    def _compare(
        self, place: str, expression: Expression, checked: ProperType, inferred: ProperType | None
    ) -> None:
        expected = named(checked)
        found = frozenset() if inferred is None else named(inferred)
        if not expected - {None} or "types.ModuleType" in expected:
            return
        if None in expected and (not found or found >= expected - {None}):
            return
        comparison = self.comparison
        kind = "django" if any(is_orm(item) for item in alternatives(checked)) else "other"
        difference = Difference(place, text(expression), str(checked), str(inferred))
        if not found or None in found:
            (comparison.unknown_django if kind == "django" else comparison.unknown).append(
                difference
            )
        elif found == expected:
            comparison.agree[kind] += 1
        elif is_wider(checked, inferred):
            comparison.narrower.append(difference)
        elif is_wider(inferred, checked):
            (comparison.wider_django if kind == "django" else comparison.wider).append(difference)
        else:
            comparison.disagree.append(difference)


def functions(tree: MypyFile, members: Members) -> Iterator[tuple[FuncItem, InferredTypes]]:
    """All functions and lambdas of a module with their types before they are checked."""
    stack: list[tuple[Node, InferredTypes | None]] = [(node, None) for node in reversed(tree.defs)]
    while stack:
        node, outer = stack.pop()
        if isinstance(node, FuncDef | LambdaExpr):
            outer = inferred_types(node, members, outer)
            yield node, outer
        stack.extend((child, outer) for child in reversed(list(children(node))))


def inferred_types(
    function: FuncItem, members: Members, outer: InferredTypes | None
) -> InferredTypes:
    """The types inside one function."""
    return InferredTypes(function, lambda: Flow(function), members, outer)


def deciding(function: FuncItem) -> Iterator[Expression]:
    """The expressions of a function's own code whose class decides what runs."""
    stack: list[Node] = [function.body]
    while stack:
        node = stack.pop()
        yield from _operands(node)
        inside = [c for c in children(node) if not isinstance(c, FuncDef | LambdaExpr)]
        stack.extend(reversed(inside))


def _operands(node: Node) -> Iterable[Expression]:
    match node:
        case CallExpr(callee=MemberExpr(expr=receiver)):
            return [receiver]
        case MemberExpr(expr=receiver):
            return [receiver]
        case ForStmt(expr=iterable):
            return [iterable]
        case GeneratorExpr(sequences=sequences) | DictionaryComprehension(sequences=sequences):
            return sequences
        case IfStmt(expr=conditions):
            return conditions
        case OpExpr(op="and" | "or", left=left):
            return [left]
        case UnaryExpr(op="not", expr=operand) | AwaitExpr(expr=operand):
            return [operand]
        case IndexExpr(base=base, analyzed=None):
            return [base]
        case WithStmt(expr=managers):
            return managers
        case _:
            return []


def named(type_: ProperType) -> frozenset[str | None]:
    """The names of the classes that a value of the type may have; None for an unknown one."""
    return frozenset(class_name(item) for item in alternatives(type_))


def class_name(type_: ProperType | None) -> str | None:
    """A class's full name, with brackets if the value is the class itself."""
    of_class = class_object(type_)
    if of_class is not None:
        return f"type[{of_class.fullname}]"
    info = class_of(type_)
    return info.fullname.removesuffix("@AnnotatedWith") if info else None


def is_orm(type_: ProperType | None) -> bool:
    """Whether it is an instance of a model, a queryset or a manager."""
    info = class_of(type_)
    return info is not None and any(base.fullname in DJANGO for base in info.mro)


def is_wider(wide: ProperType | None, narrow: ProperType | None) -> bool:
    """Whether all that one type says holds for the other: by base classes, or alternatives."""
    if wide is None or narrow is None:
        return True
    ours = named(wide)
    if ours == {"builtins.type"}:
        return class_object(narrow) is not None
    for item in alternatives(narrow):
        info = class_of(item)
        bases = {base.fullname for base in info.mro} if info else set()
        if class_name(item) not in ours and not bases & ours:
            return False
    return True


def text(expression: Expression) -> str:
    """A short name for an expression."""
    match expression:
        case NameExpr():
            return expression.name
        case MemberExpr():
            return f"{text(expression.expr)}.{expression.name}"
        case CallExpr():
            return f"{text(expression.callee)}()"
        case AwaitExpr():
            return f"await {text(expression.expr)}"
        case IndexExpr():
            return f"{text(expression.base)}[]"
        case _:
            return type(expression).__name__


def compare(sources: list[BuildSource], options: Options, *only: Path) -> Comparison:
    """Run mypy; compare in the modules whose files are inside ``only``."""
    comparison = Comparison()
    plugin = type(
        "OnePlugin",
        (ComparingPlugin,),
        {"comparison": comparison, "only": tuple(str(path.resolve()) for path in only)},
    )
    options.incremental = True
    extra = plugin(options)
    build.build(sources, options, extra_plugins=[extra])
    return comparison


def main(arguments: list[str]) -> None:
    """Compare for the given paths, with the configuration of the current folder."""
    options = Options()
    parse_config_file(options, lambda: None, None)
    options.cache_dir = "/tmp/w/inf/cmpcache"
    options.fine_grained_incremental = False
    sources = create_source_list(arguments, options)
    comparison = compare(sources, options, *map(Path, arguments))
    for name in ("disagree", "narrower", "unknown_django", "wider_django", "wider", "unknown"):
        for difference in getattr(comparison, name)[:400]:
            print(f"{name}: {difference}")
    print(comparison)


if __name__ == "__main__":
    main(sys.argv[1:])
