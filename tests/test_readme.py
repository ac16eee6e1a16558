"""The README's first screen is what mypy says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "how_to_break_django"


def test_first_screen(tmp_path: Path) -> None:
    """mypy, as the example is set up, says of the code there what stands below it."""
    readme = (ROOT / "README.md").read_text()
    match = re.search(r"```python\n(.*?)```.*?```text\n(.*?)```", readme, re.DOTALL)
    assert match, "README.md has no code with mypy's output below"
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
