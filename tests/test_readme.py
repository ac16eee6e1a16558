"""The first screen of the README and of the site is what mypy says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "how_to_break_django"


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_first_screen(tmp_path: Path, page: str) -> None:
    """mypy, as the example is set up, says of the code there what stands below it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```.*?```text\n(.*?)```", text, re.DOTALL)
    assert match, f"{page} has no code with mypy's output below"
    code, expected = match.groups()
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".mypy_cache"))
    (project / "views.py").write_text(code)
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--no-color-output", "views.py"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout == expected, said.stdout + said.stderr
