"""Programs whose fixes are made, checked by mypy again, and run in Django."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import yaml
from fixing import Reported, checked, fix_all

TESTS: Final = Path(__file__).parents[1]
PROGRAMS: Final[dict[str, dict[str, str]]] = {
    program["name"]: program
    for program in yaml.safe_load((TESTS / "check" / "programs.yml").read_text(encoding="utf-8"))
}

IMPORTS: Final = """\
from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.db.models import QuerySet

from shop.models import Author, Book, Publisher, Review, Tag


"""

#: Runs ``main()`` of modules, each with the same rows in the database; prints what they return.
RUN: Final = """\
import asyncio, importlib, json, os, sys

os.environ["DJANGO_SETTINGS_MODULE"] = "testproject.settings"
import django

django.setup()
from django.core.management import call_command

call_command("migrate", run_syncdb=True, verbosity=0)
from shop.models import Author, Book, Publisher, Review, Tag


def fill():
    call_command("flush", interactive=False, verbosity=0)
    for number in (1, 2):
        publisher = Publisher.objects.create(name=f"P{number}")
        author = Author.objects.create(name=f"A{number}", publisher=publisher)
        book = Book.objects.create(
            title=f"T{number}", pages=10 * number, author=author, publisher=publisher
        )
        book.tags.add(Tag.objects.create(label=f"L{number}"))
        Review.objects.create(book=book, text="r")
    Book.objects.create(title="T3", pages=5, author=author, publisher=publisher)


async def awaited(coroutine):
    return await coroutine


returned = {}
for name in sys.argv[1:]:
    fill()
    try:
        module = importlib.import_module(f"program_{name}")
        returned[name] = repr(asyncio.run(awaited(module.main())))
    except Exception as error:
        returned[name] = f"{type(error).__name__}: {error}"
print(json.dumps(returned))
"""


class Tried(NamedTuple):
    """A program's text, what mypy reports of it before and after its fixes, and what it returns."""

    text: str
    before: Reported
    after: Reported
    returned: str


@pytest.fixture(scope="module", name="tried")
def tried_(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Tried]:
    """All programs by name."""
    folder = tmp_path_factory.mktemp("programs")
    for name, program in PROGRAMS.items():
        (folder / f"program_{name}.py").write_text(IMPORTS + program["program"], encoding="utf-8")
    paths = [f"program_{name}.py" for name in PROGRAMS]
    before = checked(folder, paths)
    after = fix_all(folder, paths, before)
    said = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", RUN, *PROGRAMS],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(TESTS / "testproject"), str(folder)]),
            "TESTPROJECT_DATABASE": str(folder / "db.sqlite3"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    returned: dict[str, str] = json.loads(said.stdout.splitlines()[-1])
    none = Reported([], [])
    return {
        name: Tried(
            (folder / f"program_{name}.py").read_text(encoding="utf-8"),
            before.get(str(folder / f"program_{name}.py"), none),
            after.get(str(folder / f"program_{name}.py"), none),
            returned[name],
        )
        for name in PROGRAMS
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_works(tried: Mapping[str, Tried], name: str) -> None:
    """The fixed program returns what it is meant to, and nothing of it is reported any more."""
    program = tried[name]
    assert program.before.records
    assert not program.after.records, program.text
    assert program.returned == PROGRAMS[name]["returns"].strip(), program.text
