"""What ``fix`` changes in a project, and that the fixed code is right."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mypy_async_django.check.edits import Applied, Skipped, apply
from mypy_async_django.check.imports import with_imports
from mypy_async_django.record import Change, Edit

Check = Callable[..., subprocess.CompletedProcess[str]]

EXAMPLE = Path(__file__).parents[2] / "examples" / "how_to_break_django"

#: Modules of the example whose findings all have a fix.
FIXED = "hidden_query missing_await offloaded own_thread read_file slow_coroutine sync_query"

#: What fixes bring to light: a loop that sleeps wrongly becomes one that sleeps and polls.
REVEALED = {"async-busy-wait"}

ANSWERS = """\
from django.test import TestCase
from django.urls import get_resolver

from hazards.tests import pages
from library.models import Author, Book


class FixedViews(TestCase):
    def setUp(self):
        author = Author.objects.create(name="Frank Herbert")
        Book.objects.create(pk=1, title="Dune", author=author, copies=100)

    async def test_answers(self):
        fixed = [page for page in pages(get_resolver()) if set(page.split("/")) & set(FIXED)]
        self.assertGreater(len(fixed), 20)
        for page in fixed:
            with self.subTest(page):
                response = await self.async_client.get(page.replace("<int:pk>", "1"))
                self.assertEqual(response.status_code, 200)
"""


def test_difference(check: Check, site: Path) -> None:
    """Printed, and nothing is written."""
    views = site / "mysite" / "views.py"
    before = views.read_text()
    said = check("--diff", command="fix")
    assert said.returncode == 1, said.stderr
    assert "+    user = await User.objects.aget(pk=1)" in said.stdout.splitlines()
    assert "names)" not in said.stdout
    assert views.read_text() == before


def test_selected(check: Check, site: Path) -> None:
    """Only fixes of the codes that are asked for; those that move code to a thread on request."""
    views = site / "mysite" / "views.py"
    assert check("--select", "async-blocking", command="fix").returncode == 0
    assert "await asyncio.sleep(1)" in views.read_text()
    assert "import asyncio" in views.read_text()
    assert "User.objects.get(pk=1)" in views.read_text()
    assert "print(names())" in views.read_text()
    assert check("--unsafe-fixes", command="fix").returncode == 0
    assert "print(await sync_to_async(names)())" in views.read_text()


def test_comments_stay(check: Check, site: Path) -> None:
    """A fix keeps the comments and the line breaks in its range."""
    views = site / "mysite" / "views.py"
    views.write_text(
        "import time\n"
        "from django.contrib.auth.models import User\n\n\n"
        "async def index() -> None:\n"
        "    user = User.objects.get(\n"
        "        pk=1,  # the admin\n"
        "    )\n"
        "    time.sleep(  # a nap\n"
        "        1)\n"
    )
    said = check("--unsafe-fixes", command="fix")
    assert said.returncode == 0, said.stderr
    assert "await User.objects.aget(\n        pk=1,  # the admin\n" in views.read_text()
    assert "await asyncio.sleep(  # a nap\n" in views.read_text()


@pytest.mark.parametrize(
    ("code", "change", "reason"),
    [
        ("get(1 +  # one\n  2)\n", Change(1, 0, 2, 4, "get(3)"), Skipped.COMMENT),
        ("use(1)  # why\nkeep()\n", Change(1, 0, 2, 0, ""), Skipped.COMMENT),
        ("use(1)\n", Change(1, 0, 1, 6, "use('"), Skipped.TEXT),
    ],
)
def test_not_made(code: str, change: Change, reason: Skipped) -> None:
    """A fix that would lose a comment, or whose code is none, leaves the text alone."""
    edit = Edit((change,))
    assert apply(code, [edit]) == Applied(code, (), ((edit, reason),))


def test_overlapping() -> None:
    """The first of two fixes that overlap is made, the other one in the next round."""
    outer, inner = Edit((Change(1, 0, 1, 6, "f(y)"),)), Edit((Change(1, 2, 1, 5, "z"),))
    assert apply("f(x())\n", [outer, inner]) == Applied(
        "f(y)\n", (outer,), ((inner, Skipped.LATER),)
    )


IMPORTS = {
    "alone": ("x = 1\n", "import asyncio\n\nfrom asgiref.sync import sync_to_async\n\nx = 1\n"),
    "below the docstring": (
        '"""Why."""\n\nx = 1\n',
        '"""Why."""\n\nimport asyncio\n\nfrom asgiref.sync import sync_to_async\n\nx = 1\n',
    ),
    "among others": (
        "import time\nfrom django.db import models\n\nfrom . import views\n",
        """\
import asyncio
import time
from asgiref.sync import sync_to_async
from django.db import models

from . import views
""",
    ),
    "after the future": (
        "from __future__ import annotations\n\nfrom django.db import models\n",
        """\
from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.db import models
""",
    ),
    "names with a line each": (
        "import os\n\nfrom asgiref.sync import (\n    async_to_sync,  # why\n)\n",
        """\
import asyncio
import os

from asgiref.sync import (
    async_to_sync,
    sync_to_async,  # why
)
""",
    ),
    "names of one line": (
        "import asyncio\n\nfrom asgiref.sync import ThreadSensitiveContext, zzz\n",
        "import asyncio\n\nfrom asgiref.sync import ThreadSensitiveContext, sync_to_async, zzz\n",
    ),
    "all there": (
        "import asyncio\r\nfrom asgiref.sync import sync_to_async\r\n",
        "import asyncio\r\nfrom asgiref.sync import sync_to_async\r\n",
    ),
    "other ends of lines": (
        "import os\r\n",
        "import asyncio\r\nimport os\r\n\r\nfrom asgiref.sync import sync_to_async\r\n",
    ),
    "no code": ("x = (\n", None),
}


@pytest.mark.parametrize(("before", "after"), IMPORTS.values(), ids=IMPORTS)
def test_imports(before: str, after: str | None) -> None:
    """Imports are added where isort would put them, and only what is not there."""
    names = ["asgiref.sync.sync_to_async", "asyncio"]
    assert with_imports(before, names, "views.py") == after


def test_imports_of_the_project(tmp_path: Path) -> None:
    """The project's own packages come behind those that are installed."""
    (tmp_path / "shop").mkdir()
    text = "from django.http import HttpResponse\n\nfrom .forms import BookForm\n"
    assert with_imports(text, ["shop.models.Book"], str(tmp_path / "shop" / "views.py")) == (
        "from django.http import HttpResponse\n\nfrom shop.models import Book\n\n"
        "from .forms import BookForm\n"
    )


def test_removed_statement() -> None:
    """A statement goes with its line."""
    text = "a = 1\nb = 2\nc = 3\n"
    assert apply(text, [Edit((Change(2, 0, 3, 0, ""),))]).text == "a = 1\nc = 3\n"


def test_statement(check: Check, site: Path) -> None:
    """A statement that forgets an await is shown and fixed, unless a comment ignores it."""
    views = site / "mysite" / "views.py"
    views.write_text(
        "async def send() -> None: ...\n\n\n"
        "async def index() -> None:\n"
        "    send()\n"
        "    send()  # type: ignore[unused-coroutine]\n"
    )
    said = check("--color", "never")
    assert said.stdout.count("[unawaited-coroutine]") == 1
    assert check(command="fix").returncode == 0
    assert views.read_text().endswith(
        "    await send()\n    send()  # type: ignore[unused-coroutine]\n"
    )


def test_example(tmp_path: Path) -> None:
    """All fixes of the example: mypy reports nothing new, and the fixed views answer in Django."""
    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__", ".mypy*"))
    before = reported(project)
    said = run(project, "-m", "mypy_async_django", "fix", "--unsafe-fixes")
    assert said.returncode == 0, said.stderr
    assert "not fixed" not in said.stderr
    new = reported(project) - before
    assert {message.rpartition("[")[2].rstrip("]") for message in new} <= REVEALED
    again = run(project, "-m", "mypy_async_django", "fix", "--unsafe-fixes", "--diff")
    assert again.returncode == 0, again.stdout
    (project / "hazards" / "fixed.py").write_text(f"FIXED = {FIXED.split()!r}\n{ANSWERS}")
    answered = run(project, "manage.py", "test", "hazards.fixed")
    assert answered.returncode == 0, answered.stderr


def reported(project: Path) -> Counter[str]:
    """The errors of mypy without their lines."""
    said = run(project, "-m", "mypy", "--no-error-summary", ".")
    errors = [line for line in said.stdout.splitlines() if ": error: " in line]
    assert errors, said.stderr
    return Counter(re.sub(r":\d+: error: ", ": ", line) for line in errors)


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What Python does in the project."""
    environment = {**os.environ, "EXAMPLE_DATABASE": ":memory:"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment.pop("MYPYPATH", None)
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
