"""Whoever does what a note suggests is left alone: not a word of ours, and nothing new of mypy's.

Each row is a piece of code that is reported. The fix that its note describes is made, as ``fix`` makes
it, but for the imports: all that are needed are there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from mypy_async_django.check.edits import apply
from mypy_async_django.record import Edit, Record, Request, from_message
from mypy_async_django.registry import RULES

TESTS = Path(__file__).parent
OURS = {rule.code.code for rule in RULES}
# What mypy says of a row's variable in a queryset whose type it does not know.
UNAVOIDABLE = {'Need type annotation for "each"  [var-annotated]'}

IMPORTS = """
import asyncio
import concurrent.futures
import functools
import os
import queue
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django import shortcuts
from django.contrib.auth import (
    aauthenticate, aget_user, alogin, alogout, authenticate, get_user, login, logout
)
from django.contrib.auth.hashers import acheck_password, check_password, make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.cache import cache, caches
from django.core.mail import EmailMessage, send_mail
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import QuerySet, aprefetch_related_objects, prefetch_related_objects
from django.dispatch import Signal
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import (
    aget_list_or_404, aget_object_or_404, get_list_or_404, get_object_or_404, render
)
from shop.models import Author, Book, Tag

ready = Signal()
tasks: set[asyncio.Task[Any]] = set()

async def get_book(pk: int) -> Book:
    return await Book.objects.aget(pk=pk)

async def is_banned(name: str) -> bool:
    return name == "x"

async def run() -> None: ...

async def finish(task: asyncio.Future[None]) -> None: ...

def load(pk: int) -> Book:
    return Book.objects.get(pk=pk)

def nap() -> None:
    time.sleep(1)

def runs(pk: int) -> Book:
    return async_to_sync(get_book)(pk)

"""

PARAMETERS = (
    "(request: HttpRequest, book: Book, author: Author, books: QuerySet[Book], user: User, "
    "loop: asyncio.AbstractEventLoop, pk: int, names: list[str]) -> None:"
)

IN_A_COROUTINE: Final[list[str]] = [
    # async-unsafe: a twin
    "Book.objects.get(pk=pk)",
    "title = Book.objects.get(pk=pk).title",
    "title = Book.objects.values('title').get(pk=pk)['title']",
    "total = Book.objects.count() + 1",
    "if Book.objects.filter(pk=pk).exists(): pass",
    "print(Book.objects.first())",
    "some = [each.delete() for each in [book]]",
    "book.save(update_fields=['title'])",
    "book.delete()",
    "book.refresh_from_db()",
    "author.books.create(title='x')",
    "book.tags.add(Tag())",
    "book.tags.clear()",
    "get_object_or_404(Book, pk=pk)",
    "shortcuts.get_object_or_404(Book, pk=pk)",
    "get_list_or_404(Book)",
    "prefetch_related_objects([book], 'tags')",
    "login(request, user)",
    "logout(request)",
    "authenticate(username='x')",
    "get_user(request)",
    "user.has_perm('x')",
    "User.objects.create_user('x')",
    "request.session.flush()",
    "value = request.session.get('x')",
    # async-unsafe: no twin
    "book.full_clean()",
    "ContentType.objects.get_for_model(Book)",
    "call_command('check')",
    "page = Paginator(books, 10).page(1)",
    "pages = Paginator(books, 10).page(1).number",
    "page = await sync_to_async(Paginator(books, 10).page)(1)\nsize = len(page)",
    "model_to_dict(book)",
    "serializers.serialize('json', books)",
    # async-unsafe-lazy: loops and comprehensions
    "for each in Book.objects.all(): print(each)",
    "for each in books.filter(pk=1)[:3]: print(each)",
    "for a, b in books.values_list('pk', 'title'): print(a)",
    "for each in books.iterator(): print(each)",
    "for each in Book.objects.raw('select 1'): print(each)",
    "for i, each in enumerate(books): print(each)",
    "for each in await sync_to_async(Book.objects.all)(): print(each)",
    "rows = [each.title for each in books]",
    "rows = [each for each in books if each.pk]",
    "rows = [name for each in books for name in names]",
    "titles = {each.title for each in books}",
    "by_key = {each.pk: each for each in books}",
    "total = sum(each.pages for each in books)",
    "flag = any(each.pk for each in books)",
    # async-unsafe-lazy: what evaluates an iterable
    "rows = list(books)",
    "rows = list(Book.objects.filter(pk=1))",
    "unique = set(books)",
    "several = tuple(books)",
    "some = sorted(books, key=lambda each: each.pk)",
    "best = max(books, key=lambda each: each.pk)",
    "text = ', '.join(books.values_list('title', flat=True))",
    "pairs = zip(books, names)",
    "flag = any(books)",
    "print(*books)",
    "some = [*books]",
    "a, b = books",
    "print(books)",
    "text = f'{books}'",
    "render(request, 'x.html', {'books': books})",
    # async-unsafe-lazy: tests, lengths, items
    "if books: pass",
    "while books: break",
    "assert books",
    "flag = not books",
    "flag = 1 if books else 2",
    "if books and pk: pass",
    "some = books and pk",
    "some = books or Book.objects.all()",
    "some = pk or books or author.books.all()",
    "if some := books.filter(pk=pk): pass",
    "flag = bool(books)",
    "count = len(books)",
    "first = books[0]",
    "some = books[:5]\nfirst = some[0]",
    "title = books.order_by('pk')[1:5].all()[0].title",
    "third = books[3]",
    "title = books[3].title",
    "if book in books: pass",
    # async-unsafe-lazy: relations, columns, the user and the session
    "found = await Book.objects.aget(pk=pk)\nprint(found.author.name)",
    "found = await Book.objects.filter(pk=pk).aget()\nprint(found.author)",
    "async for each in Book.objects.all(): print(each.author)",
    "name = request.user.username",
    "if request.user.is_staff: pass",
    "value = request.session['x']",
    "if 'x' in request.session: pass",
    "request.session['x'] = 1",
    # async-blocking
    "time.sleep(1)",
    "subprocess.run(['ls'])",
    "code = subprocess.run(['ls'], check=True).returncode",
    "os.system('ls')",
    "urllib.request.urlopen('http://x')",
    "socket.create_connection(('x', 1))",
    "input('x')",
    "queue.Queue[int]().get()",
    "locks = [threading.Lock()]\nlocks[0].acquire()",
    "concurrent.futures.Future[int]().result()",
    "cache.get('x')",
    "value = cache.get('x')['y']",
    "caches['default'].set('x', 1)",
    "send_mail('x', 'y', None, [])",
    "EmailMessage().send()",
    "make_password('x')",
    "check_password('x', 'y')",
    "user.set_password('x')",
    "ready.send(None)",
    # async-blocking-file
    "Path('x').read_text()",
    "shutil.copy('a', 'b')",
    "with open('x') as file: pass",
    # through the project's functions
    "load(pk)",
    "title = load(pk).title",
    "nap()",
    "found = await cache.aget_or_set('x', lambda: load(pk), 30)",
    # nested-event-loop
    "asyncio.run(run())",
    "loop.run_until_complete(run())",
    "title = async_to_sync(get_book)(1).title",
    "runs(1)",
    # bridge-misuse
    "await sync_to_async(Book.objects.get(pk=1))()",
    "found = await sync_to_async(get_book)(1)",
    "found = await asyncio.to_thread(get_book, 1)",
    # bridge-thread
    "found = await asyncio.to_thread(load, 1)",
    # unawaited-coroutine
    "found = get_book(1)",
    "_ = get_book(1)",
    "found = Book.objects.aget(pk=pk)",
    "some = [get_book(1), get_book(2)]",
    "some = [get_book(each) for each in range(3)]",
    "found = sync_to_async(load)(1)",
    "done = asyncio.gather(run(), run())",
    "asyncio.gather(run(), run())",
    "slept = asyncio.sleep(1, 'slept')",
    # coroutine-as-value
    "print(get_book(1))",
    "if is_banned('x'): pass",
    "flag = not is_banned('x') and pk == 1",
    "found = [each for each in names if is_banned(each)]",
    "flag = all([is_banned(each) for each in names])",
    "flag = any(is_banned(each) for each in names)",
    "flag = any(each for each in names if is_banned(each))",
    "text = f'{get_book(1)}'",
    "text = '%s' % get_book(1)",
    "flag = get_book(1) == book",
    "flag = get_book(1) is None",
    "found = get_book(1)\nprint(found)",
    "render(request, 'x.html', {'book': get_book(1)})",
    "JsonResponse({'book': get_book(1)})",
    "found = next((name for name in names if is_banned(name)), None)",
    "await asyncio.gather(run)",
    "await asyncio.wait({run})",
    # coroutine-as-callback
    "threading.Thread(target=run).start()",
    "found = list(filter(is_banned, names))",
    "found = next(filter(lambda name: is_banned(name), names), None)",
]

IN_A_FUNCTION: Final[list[str]] = [
    "found = get_book(1)",
    "if is_banned('x'): pass",
    "text = f'{get_book(1)}'",
    "found = Book.objects.aget(pk=pk)",
    "flag = not is_banned('x')",
    "print(Book().adelete())",
    "found = sync_to_async(load)(1)",
    "title = sync_to_async(load)(1) is None",
    "transaction.on_commit(run)",
    "transaction.on_commit(functools.partial(get_book, 1))",
    "threading.Thread(target=run).start()",
    "filtered = filter(is_banned, names)",
]

PROGRAMS: Final = [
    *(("async def", row) for row in IN_A_COROUTINE),
    *(("def", row) for row in IN_A_FUNCTION),
]


class Said(NamedTuple):
    """A line of mypy's output, and the finding that it is, if it is one of ours."""

    text: str
    record: Record | None = None

    @property
    def code(self) -> str:
        """The error code."""
        return self.text.rpartition("[")[2].rstrip("]")


class Tried(NamedTuple):
    """A program as it was and as fixed, with what mypy said of each."""

    before: list[Said]
    program: str
    after: list[Said]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Tried]:
    """All programs checked, fixed and checked again: two runs of mypy."""
    folder = tmp_path_factory.mktemp("suggestions")
    programs = [text_of(head, row) for head, row in PROGRAMS]
    before = checked(folder, programs)
    changed = [
        apply(program, [edit for said in before.get(number, []) if (edit := fix_of(said))]).text
        for number, program in enumerate(programs)
    ]
    after = checked(folder, changed)
    return {
        number: Tried(before.get(number, []), program, after.get(number, []))
        for number, program in enumerate(changed)
    }


@pytest.mark.parametrize(
    "number", range(len(PROGRAMS)), ids=[f"{head} {row}" for head, row in PROGRAMS]
)
def test_fix_stays_silent(tried: Mapping[int, Tried], number: int) -> None:
    """Each row is reported with a fix, and not reported once that is made."""
    it = tried[number]
    body = it.program.removeprefix(IMPORTS)
    assert any(fix_of(said) for said in it.before), f"no fix for\n{body}{it.before}"
    allowed = {said.text for said in it.before if said.code not in OURS} | UNAVOIDABLE
    new = [said.text for said in it.after if said.text not in allowed]
    assert not new, f"{body}\n" + "\n".join(new)


def text_of(head: str, row: str) -> str:
    """The program of a row."""
    statements = row.replace("\n", "\n    ")
    return f"{IMPORTS}{head} view{PARAMETERS}\n    {statements}\n"


def fix_of(said: Said) -> Edit | None:
    """The fix of a finding, if it has one."""
    return said.record.edit if said.record is not None else None


def checked(folder: Path, programs: list[str]) -> dict[int, list[Said]]:
    """What mypy says of the programs, by number."""
    (folder / "mypy.ini").write_text((TESTS / "mypy.ini").read_text())
    for number, program in enumerate(programs):
        (folder / f"row_{number}.py").write_text(program)
    paths = os.pathsep.join([str(TESTS / "testproject"), os.environ.get("MYPYPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--output", "json", "--no-error-summary", "."],
        cwd=folder,
        env={
            **os.environ,
            **Request().as_environment(),
            "MYPYPATH": paths.rstrip(os.pathsep),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    said: dict[int, list[Said]] = {}
    for line in done.stdout.splitlines():
        error = json.loads(line)
        if error["severity"] != "error":
            continue
        record = from_message(error["message"], error["file"])
        message = record.message if record is not None else error["message"]
        number = int(Path(error["file"]).stem.removeprefix("row_"))
        said.setdefault(number, []).append(Said(f"{message}  [{error['code']}]", record))
    return said
