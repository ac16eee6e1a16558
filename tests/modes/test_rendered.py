"""A template that changes makes the modules that render it stale, and no others."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).parent.parent / "testproject"
_VIEWS: Final = """\
from django.template.loader import render_to_string
from shop.models import Book


async def page(pk: int) -> str:
    book = await Book.objects.aget(pk=pk)
    return render_to_string("page.html", {"book": book})
"""
_HELPERS: Final = """\
from django.template.loader import render_to_string
from shop.models import Book


def listed() -> str:
    return render_to_string("listed.html", {"books": Book.objects.all()})
"""
_CALLER: Final = """\
from helpers import listed


async def page() -> str:
    return listed()
"""
_OTHER: Final = "async def other() -> None:\n    pass\n"
_CONFIGURATION: Final = """\
[mypy]
plugins = mypy_django_plugin.main, mypy_async_django
[mypy.plugins.django-stubs]
django_settings_module = testproject.settings
"""
_FOUND: Final = re.compile(r"^(\S+?):(\d+): error: .*\[([\w-]+)\]$", re.MULTILINE)
_STALE: Final = re.compile(r"Scheduling SCC (?:singleton|of size \d+) \(([^)]*)\)")


class _Project:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(PROJECT, folder)
        for name, text in {
            "views.py": _VIEWS,
            "helpers.py": _HELPERS,
            "caller.py": _CALLER,
            "other.py": _OTHER,
            "mypy.ini": _CONFIGURATION,
        }.items():
            (folder / name).write_text(text)
        self.render("page.html", "{% extends 'frame.html' %}")
        self.render("frame.html", "{{ book.title }}")
        self.render("listed.html", "nothing")

    def render(self, name: str, text: str | None) -> None:
        path = self._folder / "shop" / "templates" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text) if text is not None else path.unlink()

    def checked(self, *arguments: str) -> tuple[list[str], set[str]]:
        """The findings, and the modules of the project that mypy checked."""
        files = ["views.py", "helpers.py", "caller.py", "other.py"]
        run = subprocess.run(
            [sys.executable, "-m", "mypy", "-v", *arguments, *files],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        found = [f"{file} {code}" for file, _, code in _FOUND.findall(run.stdout)]
        stale = {name for names in _STALE.findall(run.stderr) for name in names.split()}
        return sorted(found), stale & {file.removesuffix(".py") for file in files}


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["one process", "workers"])
def test_template_changes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Edited, a parent edited, gone and back: findings follow, and unconcerned modules stay."""
    project = _Project(tmp_path / "project")
    assert project.checked(*arguments)[0] == []
    assert project.checked(*arguments) == ([], set())

    project.render("frame.html", "{{ book.author.name }}")
    found, stale = project.checked(*arguments)
    assert found == ["views.py async-unsafe-lazy"]
    assert stale == {"views"}

    project.render("listed.html", "{{ books }}")
    found, stale = project.checked(*arguments)
    assert found == ["caller.py async-unsafe-call", "views.py async-unsafe-lazy"]
    assert stale == {"helpers", "caller"} | ({"views"} & stale)

    project.render("frame.html", None)
    project.render("listed.html", "nothing")
    assert project.checked(*arguments)[0] == []
    assert "other" not in stale
