"""The example: it is a working Django project, and mypy says of it what is written beside it.

After an intended change, ``python3 dev.py example --update`` writes down what mypy says now.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "how_to_break_django"
HAZARDS = EXAMPLE / "hazards"
EXPECTED = EXAMPLE / "expected_output.txt"

# The package, its tests and its addresses differ; each of the others is there twice.
UNPAIRED = {"__init__.py", "tests.py", "urls.py"}
MODULES = sorted({path.name for path in HAZARDS.glob("*.py")} - UNPAIRED)


def test_mypy_says_what_is_written_beside_the_example(tmp_path: Path) -> None:
    """Run as a user would, in the example's folder; only the cache is elsewhere."""
    mypy = [sys.executable, "-m", "mypy", "--no-color-output", "--no-error-summary"]
    said = in_example(*mypy, "--cache-dir", str(tmp_path), ".", status=1)
    # mypy goes by imports, a reader by file.
    said = "".join(sorted(said.splitlines(keepends=True), key=lambda line: line.split(":")[0]))
    if os.environ.get("UPDATE_EXAMPLE"):
        EXPECTED.write_text(said)
    assert said == EXPECTED.read_text()


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("makemigrations", "--check"), ("test",)],
    ids=lambda arguments: arguments[0],
)
def test_django_accepts_the_project(arguments: tuple[str, ...]) -> None:
    """Its tests ask for every view that should work."""
    in_example(sys.executable, "manage.py", *arguments, status=0)


@pytest.mark.parametrize("name", MODULES)
def test_unannotated_module_is_the_annotated_one(name: str) -> None:
    """But for the annotations, the two do the same."""
    assert list(definitions(HAZARDS / "unannotated" / name)) == list(definitions(HAZARDS / name))


def test_every_module_has_an_unannotated_twin() -> None:
    """Nothing is left out on either side."""
    twins = {path.name for path in (HAZARDS / "unannotated").glob("*.py")}
    assert sorted(twins - UNPAIRED) == MODULES


def in_example(*command: str, status: int) -> str:
    """What a command prints when run in the example's folder."""
    env = {**os.environ, "EXAMPLE_DATABASE": ":memory:"}
    # Other tests set these for the shared project.
    env.pop("DJANGO_SETTINGS_MODULE", None)
    env.pop("MYPYPATH", None)
    done = subprocess.run(
        command, cwd=EXAMPLE, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def definitions(path: Path) -> Iterator[str]:
    """A module without its imports and annotations."""
    for statement in ast.parse(path.read_text()).body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            yield ast.unparse(without_annotations(statement))


def without_annotations(tree: ast.stmt) -> ast.stmt:
    """The same statement with the annotations of its functions removed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return tree
