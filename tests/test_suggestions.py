"""Whoever does what a note suggests is left alone: not a word of ours, and nothing new of mypy's.

Each row is a piece of code that is reported. Its suggestion is put in the place of the expression
that mypy shows, or of the second text, where a suggestion replaces more (or less) than that.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from mypy_async_django.registry import RULES

TESTS = Path(__file__).parent
OURS = {rule.code.code for rule in RULES}
# What these suggest takes more than one place, or a function that is not there yet.
IN_WORDS = {
    "async-busy-wait",
    "async-busy-wait-flag",
    "async-override",
    "async-race",
    "async-race-orm",
    "async-race-self",
    "async-transaction",
    "async-unordered",
    "dangling-task",
    "sync-decorator",
}

# What mypy says of `sync_to_async(list)(rows)`, with which nothing is wrong.
UNAVOIDABLE = {"Too many arguments  [call-arg]", 'Need type annotation for "each"  [var-annotated]'}

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

Row = str | tuple[str, str]

IN_A_COROUTINE: Final[list[Row]] = [
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
    (
        "page = await sync_to_async(Paginator(books, 10).page)(1)\nsize = len(page)",
        "len(page)",
    ),
    "model_to_dict(book)",
    "serializers.serialize('json', books)",
    # async-unsafe-lazy: loops and comprehensions
    ("for each in Book.objects.all(): print(each)", "for each in Book.objects.all()"),
    ("for each in books.filter(pk=1)[:3]: print(each)", "for each in books.filter(pk=1)[:3]"),
    (
        "for a, b in books.values_list('pk', 'title'): print(a)",
        "for a, b in books.values_list('pk', 'title')",
    ),
    ("for each in books.iterator(): print(each)", "for each in books.iterator()"),
    "for each in Book.objects.raw('select 1'): print(each)",
    ("for i, each in enumerate(books): print(each)", "enumerate(books)"),
    (
        "for each in await sync_to_async(Book.objects.all)(): print(each)",
        "for each in await sync_to_async(Book.objects.all)()",
    ),
    ("rows = [each.title for each in books]", "[each.title for each in books]"),
    ("rows = [each for each in books if each.pk]", "[each for each in books if each.pk]"),
    (
        "rows = [name for each in books for name in names]",
        "[name for each in books for name in names]",
    ),
    ("titles = {each.title for each in books}", "{each.title for each in books}"),
    ("by_key = {each.pk: each for each in books}", "{each.pk: each for each in books}"),
    ("total = sum(each.pages for each in books)", "each.pages for each in books"),
    ("flag = any(each.pk for each in books)", "each.pk for each in books"),
    # async-unsafe-lazy: what evaluates an iterable
    ("rows = list(books)", "list(books)"),
    ("rows = list(Book.objects.filter(pk=1))", "list(Book.objects.filter(pk=1))"),
    ("unique = set(books)", "set(books)"),
    ("several = tuple(books)", "tuple(books)"),
    ("some = sorted(books, key=lambda each: each.pk)", "sorted(books, key=lambda each: each.pk)"),
    ("best = max(books, key=lambda each: each.pk)", "max(books, key=lambda each: each.pk)"),
    (
        "text = ', '.join(books.values_list('title', flat=True))",
        "', '.join(books.values_list('title', flat=True))",
    ),
    ("pairs = zip(books, names)", "zip(books, names)"),
    ("flag = any(books)", "any(books)"),
    ("print(*books)", "print(*books)"),
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
    ("some = books and pk", "books and pk"),
    ("some = books or Book.objects.all()", "books or Book.objects.all()"),
    ("some = pk or books or author.books.all()", "books or author.books.all()"),
    "if some := books.filter(pk=pk): pass",
    ("flag = bool(books)", "bool(books)"),
    ("count = len(books)", "len(books)"),
    ("first = books[0]", "books[0]"),
    ("some = books[:5]\nfirst = some[0]", "some[0]"),
    ("title = books.order_by('pk')[1:5].all()[0].title", "books.order_by('pk')[1:5].all()[0]"),
    ("third = books[3]", "books[3]"),
    ("title = books[3].title", "books[3]"),
    ("if book in books: pass", "book in books"),
    # async-unsafe-lazy: relations, columns, the user and the session
    ("found = await Book.objects.aget(pk=pk)\nprint(found.author.name)", "Book.objects"),
    ("found = await Book.objects.filter(pk=pk).aget()\nprint(found.author)", "Book.objects"),
    ("async for each in Book.objects.all(): print(each.author)", "Book.objects"),
    "name = request.user.username",
    "if request.user.is_staff: pass",
    ("value = request.session['x']", "request.session['x']"),
    ("if 'x' in request.session: pass", "'x' in request.session"),
    ("request.session['x'] = 1", "request.session['x'] = 1"),
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
    (
        "found = await cache.aget_or_set('x', lambda: load(pk), 30)",
        "await cache.aget_or_set('x', lambda: load(pk), 30)",
    ),
    # nested-event-loop
    "asyncio.run(run())",
    "loop.run_until_complete(run())",
    "title = async_to_sync(get_book)(1).title",
    "runs(1)",
    # bridge-misuse
    (
        "await sync_to_async(Book.objects.get(pk=1))()",
        "await sync_to_async(Book.objects.get(pk=1))()",
    ),
    ("found = await sync_to_async(get_book)(1)", "await sync_to_async(get_book)(1)"),
    ("found = await asyncio.to_thread(get_book, 1)", "await asyncio.to_thread(get_book, 1)"),
    # bridge-thread
    ("found = await asyncio.to_thread(load, 1)", "asyncio.to_thread(load, 1)"),
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
    ("flag = any(is_banned(each) for each in names)", "is_banned(each) for each in names"),
    (
        "flag = any(each for each in names if is_banned(each))",
        "each for each in names if is_banned(each)",
    ),
    "text = f'{get_book(1)}'",
    "text = '%s' % get_book(1)",
    "flag = get_book(1) == book",
    "flag = get_book(1) is None",
    "found = get_book(1)\nprint(found)",
    "render(request, 'x.html', {'book': get_book(1)})",
    "JsonResponse({'book': get_book(1)})",
    (
        "found = next((name for name in names if is_banned(name)), None)",
        "(name for name in names if is_banned(name))",
    ),
    "await asyncio.gather(run)",
    "await asyncio.wait({run})",
    # coroutine-as-callback
    "threading.Thread(target=run).start()",
    "loop.call_soon(run)",
    "loop.call_later(1, run)",
    "loop.call_later(1, get_book, 1)",
    "task = asyncio.create_task(run())\ntask.add_done_callback(finish)\nawait task",
    ("found = list(filter(is_banned, names))", "filter(is_banned, names)"),
    (
        "found = next(filter(lambda name: is_banned(name), names), None)",
        "filter(lambda name: is_banned(name), names)",
    ),
]

IN_A_FUNCTION: Final[list[Row]] = [
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


@dataclass(frozen=True, slots=True)
class Said:
    """A line of mypy's output; columns count from one, the last is part of the expression."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: str
    text: str

    @property
    def code(self) -> str:
        """The error code of an error."""
        return self.text.rpartition("[")[2].rstrip("]")


@dataclass(frozen=True, slots=True)
class Tried:
    """A program as it was and as suggested, with what mypy said of each."""

    before: list[Said]
    program: str
    after: list[Said]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Tried]:
    """All programs checked, changed as suggested and checked again: two runs of mypy."""
    folder = tmp_path_factory.mktemp("suggestions")
    programs = [text_of(head, row) for head, row in PROGRAMS]
    before = checked(folder, programs)
    changed = [
        as_suggested(program, row[1] if isinstance(row, tuple) else None, before.get(number, []))
        for number, (program, (_, row)) in enumerate(zip(programs, PROGRAMS, strict=True))
    ]
    after = checked(folder, changed)
    return {
        number: Tried(before.get(number, []), program, after.get(number, []))
        for number, program in enumerate(changed)
    }


@pytest.mark.parametrize(
    "number",
    range(len(PROGRAMS)),
    ids=[f"{head} {row if isinstance(row, str) else row[0]}" for head, row in PROGRAMS],
)
def test_suggestion_stays_silent(tried: Mapping[int, Tried], number: int) -> None:
    """Each row is reported with a suggestion, and not reported once that is taken up."""
    it = tried[number]
    body = it.program.removeprefix(IMPORTS)
    assert any(suggested(said) for said in it.before), f"no suggestion for\n{body}"
    allowed = {said.text for said in it.before if said.code not in OURS}
    if "sync_to_async(list)" in body:
        allowed |= UNAVOIDABLE
    new = [said.text for said in it.after if said.text not in allowed]
    assert not new, f"{body}\n" + "\n".join(new)


def test_every_rule_is_tried(tried: Mapping[int, Tried]) -> None:
    """A rule whose notes show code has a row here; one whose notes do not is listed above."""
    reported = {said.code for it in tried.values() for said in it.before}
    missing = OURS - IN_WORDS - reported
    assert not missing, f"put code that {', '.join(sorted(missing))} reports into the table"


def text_of(head: str, row: Row) -> str:
    """The program of a row."""
    statements = (row if isinstance(row, str) else row[0]).replace("\n", "\n    ")
    return f"{IMPORTS}{head} view{PARAMETERS}\n    {statements}\n"


def checked(folder: Path, programs: list[str]) -> dict[int, list[Said]]:
    """What mypy says of the programs, by number."""
    (folder / "mypy.ini").write_text(
        (TESTS / "mypy.ini")
        .read_text()
        .replace("[mypy]\n", f"[mypy]\nenable_error_code = {OPTIONAL}\n")
    )
    for number, program in enumerate(programs):
        (folder / f"row_{number}.py").write_text(program)
    paths = os.pathsep.join([str(TESTS / "testproject"), os.environ.get("MYPYPATH", "")])
    mypy = [sys.executable, "-m", "mypy", "--show-column-numbers", "--show-error-end", "."]
    done = subprocess.run(
        [*mypy, "--no-error-summary", "--no-pretty"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": paths.rstrip(os.pathsep)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    said: dict[int, list[Said]] = {}
    for number, line in parsed(done.stdout):
        said.setdefault(number, []).append(line)
    return said


OPTIONAL: Final = ", ".join(sorted(r.code.code for r in RULES if not r.code.default_enabled))
_LINE: Final = re.compile(r"row_(\d+)\.py:(\d+):(\d+):(\d+):(\d+): (error|note): (.*)")


def parsed(output: str) -> Iterator[tuple[int, Said]]:
    """The lines of mypy's output, with the number of the program."""
    for text in output.splitlines():
        match = _LINE.fullmatch(text)
        assert match, text
        number, line, column, end_line, end_column = map(int, match.groups()[:5])
        yield number, Said(line, column, end_line, end_column, match[6], match[7])


def as_suggested(program: str, replaced: str | None, said: list[Said]) -> str:
    """The program with each suggestion in its place; the last comes first, places stay right."""
    notes = sorted(said, key=lambda note: (note.line, note.column), reverse=True)
    for note in notes:
        code = suggested(note)
        if code is None:
            continue
        if replaced is not None:
            body = program.removeprefix(IMPORTS)
            head, _, rest = body.partition(replaced)
            program = f"{IMPORTS}{head}{code}{rest}"
            continue
        lines = program.splitlines(keepends=True)
        assert note.line == note.end_line, note
        line = lines[note.line - 1]
        lines[note.line - 1] = line[: note.column - 1] + code + line[note.end_column :]
        program = "".join(lines)
    return program


_SUGGESTION: Final = re.compile(
    r'Use "(?:[\w.]+",? or ")?(.*?)"(?:, or make .*| (?:for|in) the query.*|, with a set .*)?'
)


def suggested(said: Said) -> str | None:
    """The code that a note suggests; of two ways out the one that is a call."""
    match = _SUGGESTION.fullmatch(said.text) if said.severity == "note" else None
    return match[1] if match else None
