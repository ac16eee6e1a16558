"""What a rule consists of, besides its logic. Each failure says what is to be done."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from mypy.errorcodes import error_codes
from typing_extensions import override

from mypy_async_django import pages
from mypy_async_django.registry import RULES
from mypy_async_django.rule import Rule

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "tests" / "testproject"
CASES = ROOT / "tests" / "rules"
FILES = sorted(
    path.stem for path in (ROOT / "mypy_async_django" / "rules").glob("*.py") if path.stem[0] != "_"
)

CONFIGURATION = f"""\
[mypy]
plugins = mypy_django_plugin.main, mypy_async_django
mypy_path = {PROJECT}
enable_error_code = {", ".join(rule.code.code for rule in RULES if not rule.code.default_enabled)}

[mypy.plugins.django-stubs]
django_settings_module = testproject.settings
"""

# The codes that a case expects, switches on or off, or ignores.
EXPECTED = re.compile(r"(?:# ER?:|\berror:).*?\[([a-z-]+)\\?\]\s*(?=# |$)", re.MULTILINE)
NAMED = re.compile(r"(?:type: ignore\[|(?:en|dis)able_error_code\s*=)([a-z, -]+)")

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.code)
every_file = pytest.mark.parametrize("name", FILES)


# Files


@every_file
def test_has_cases(name: str) -> None:
    """A rule comes with its test file."""
    assert (CASES / f"test_{name}.yml").exists(), (
        f"rules/{name}.py has no tests/rules/test_{name}.yml"
    )


@every_file
def test_cases_expect_its_code(name: str) -> None:
    """The test file is about the rule."""
    cases = CASES / f"test_{name}.yml"
    code = name.replace("_", "-")
    if cases.exists():
        expected = EXPECTED.findall(cases.read_text(encoding="utf-8"))
        assert code in expected, f"tests/rules/test_{name}.yml never expects [{code}]"


def test_every_test_file_has_a_rule() -> None:
    """No cases are left over from a rule that has gone or changed its name."""
    for path in sorted(CASES.glob("*.yml")):
        name = path.stem.removeprefix("test_")
        assert name in FILES, f"tests/rules/{path.name} has no mypy_async_django/rules/{name}.py"


def test_codes_in_cases_exist() -> None:
    """A misspelled code in a silent case would test nothing."""
    for path in sorted(CASES.glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        named = {code.strip() for codes in NAMED.findall(text) for code in codes.split(",")}
        for code in sorted(named.union(EXPECTED.findall(text)) - {""}):
            assert code in error_codes, f"tests/rules/{path.name} names [{code}], which is no code"


@every_file
def test_code_is_the_name_of_the_file(name: str) -> None:
    """A rule is found by its code."""
    codes = {rule.code.code for rule in RULES}
    code = name.replace("_", "-")
    assert code in codes, f'CODE in rules/{name}.py should be named "{code}"'


@every_rule
def test_description_is_the_title(rule: Rule) -> None:
    """Whoever lists mypy's codes reads what the page says."""
    assert f"{rule.code.description}." == rule.page.partition("\n")[0]


@every_rule
def test_stands_in_the_changelog(rule: Rule) -> None:
    """Users are told of it."""
    code = rule.code.code
    assert f"`{code}`" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), (
        f"CHANGELOG.md does not mention `{code}`: add a line"
    )


# Pages


@every_rule
def test_page_has_a_title(rule: Rule) -> None:
    """One short sentence, as the README's table and ``codes`` show it."""
    first, _, rest = rule.page.partition("\n")
    assert first.endswith("."), (
        f"{file_of(rule)}: the docstring's first line ends without full stop"
    )
    assert len(first) <= 70, f"{file_of(rule)}: the docstring's first line is longer than 70"
    assert rest.startswith("\n"), f"{file_of(rule)}: no blank line below the docstring's first line"


@every_rule
def test_page_has_its_sections(rule: Rule) -> None:
    """The same in every page, in the same order, none empty."""
    headings = tuple(re.findall(r"^## (.*)$", rule.page, re.MULTILINE))
    assert headings == pages.SECTIONS, (
        f"{file_of(rule)}: the docstring's sections should be {', '.join(pages.SECTIONS)}"
    )
    for heading in headings:
        assert pages.section(rule, heading), f'{file_of(rule)}: "{heading}" is empty'


@every_rule
def test_page_does_not_run_wide(rule: Rule) -> None:
    """It is read in a terminal as well."""
    for line in rule.page.splitlines():
        assert len(line) <= 100, f"{file_of(rule)}: a line of the docstring is too long: {line}"


# The code in the pages


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """What mypy reports of all pages' code, by the module's name: one run for all of it."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "mypy.ini").write_text(CONFIGURATION)
    for name, text in modules():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--output=json", "--cache-dir=.cache", "."]
    python_path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": python_path}
    env.pop("MYPYPATH", None)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in done.stdout.splitlines():
        error = json.loads(line)
        found[Path(error["file"]).stem].append(f"{error['message']}  [{error['code']}]")
    return found


@every_rule
def test_example_gives_the_code(rule: Rule, reported: Mapping[str, list[str]]) -> None:
    """At least once, and no other code."""
    said = reported.get(module_of(rule, "example"), [])
    assert said, f"{file_of(rule)}: mypy reports nothing of the example"
    others = [error for error in said if not error.endswith(f"[{rule.code.code}]")]
    assert not others, f"{file_of(rule)}: mypy says otherwise of the example: {others[0]}"


@every_rule
def test_code_to_use_instead_is_right(rule: Rule, reported: Mapping[str, list[str]]) -> None:
    """Nothing is reported of it."""
    assert pages.example(rule, "How to fix it"), f'{file_of(rule)}: no code in "How to fix it"'
    said = reported.get(module_of(rule, "instead"), [])
    assert not said, f'{file_of(rule)}: mypy reports of the code in "How to fix it": {said[0]}'


@every_rule
def test_example_is_right_without_async(rule: Rule, reported: Mapping[str, list[str]]) -> None:
    """The law of the rules about coroutines: in sync code each of them is silent."""
    said = of_coroutines(reported.get(module_of(rule, "sync"), []))
    assert not said, f"{file_of(rule)}: reported of the example without async: {said[0]}"


@every_rule
def test_example_gives_the_code_without_annotations(
    rule: Rule, reported: Mapping[str, list[str]]
) -> None:
    """A rule works in code that has no annotations: types are inferred where they are missing."""
    said = reported.get(module_of(rule, "unannotated"), [])
    assert any(error.endswith(f"[{rule.code.code}]") for error in said), (
        f"{file_of(rule)}: mypy does not report the example without annotations"
    )


def test_cases_are_right_without_async(reported: Mapping[str, list[str]]) -> None:
    """The same law for all that the rules are tested with."""
    for module in sorted(name for name in reported if name.startswith("case_")):
        said = of_coroutines(reported[module])
        assert not said, f"tests/rules, {module}: reported of the case without async: {said[0]}"


def modules() -> Iterator[tuple[str, str]]:
    """The modules to check: for each rule the two of its page, and variants of the first."""
    for rule in RULES:
        wrong = pages.example(rule, "What it does")
        yield module_of(rule, "example"), wrong
        yield module_of(rule, "instead"), pages.example(rule, "How to fix it")
        yield module_of(rule, "sync"), without_async(wrong)
        yield module_of(rule, "unannotated"), without_annotations(wrong)
    for path in sorted(CASES.glob("test_async_*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            if "parametrized" not in case:
                yield f"case_{path.stem}_{case['case']}", without_async(case["main"])


def of_coroutines(errors: list[str]) -> list[str]:
    """Those errors that can only be right of a coroutine."""
    return [error for error in errors if "[async-" in error]


def without_async(text: str) -> str:
    """A module with all its async removed; types may no longer fit, but it is valid."""
    return ast.unparse(WithoutAsync().visit(ast.parse(text)))


def without_annotations(text: str) -> str:
    """A module whose functions have no annotations."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return ast.unparse(tree)


def module_of(rule: Rule, which: str) -> str:
    """The name of one of a rule's modules."""
    return f"{rule.code.code.replace('-', '_')}_{which}"


def file_of(rule: Rule) -> str:
    """The rule's file, for messages."""
    return f"rules/{rule.code.code.replace('-', '_')}.py"


class WithoutAsync(ast.NodeTransformer):
    """Makes sync code of async code: the same statements, nothing awaited."""

    @override
    def generic_visit(self, node: ast.AST) -> ast.AST:
        """All the way down, and comprehensions too."""
        super().generic_visit(node)
        if isinstance(node, ast.comprehension):
            node.is_async = 0
        return node

    @override
    def visit_Await(self, node: ast.Await) -> ast.AST:
        """``await x`` becomes ``x``."""
        visited: ast.AST = self.visit(node.value)
        return visited

    @override
    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """``async def`` becomes ``def``."""
        return self._renamed(node, ast.FunctionDef)

    @override
    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        """``async for`` becomes ``for``."""
        return self._renamed(node, ast.For)

    @override
    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """``async with`` becomes ``with``."""
        return self._renamed(node, ast.With)

    def _renamed(self, node: ast.AST, kind: type[ast.AST]) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(kind(**dict(ast.iter_fields(node))), node)
