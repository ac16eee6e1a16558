"""Types in unchecked code: each case is a function that says itself what is known in it.

`# -> list[Book]` says the type of the expression that the line consists of, without the modules of
its classes; `# -> ?` that nothing is known of it.
"""

import re
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mypy import build
from mypy.config_parser import parse_config_file
from mypy.modulefinder import BuildSource
from mypy.nodes import Expression, ExpressionStmt, FuncDef, FuncItem, LambdaExpr, MypyFile, Node
from mypy.options import Options
from mypy.plugin import Plugin, ReportConfigContext
from typing_extensions import override

from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.tree import children
from mypy_async_django.index.inference.inference import InferredTypes
from mypy_async_django.index.syntax.reaching_definitions import Flow

TESTS = Path(__file__).parent.parent

PREAMBLE = """
import asyncio
from asgiref.sync import sync_to_async
from contextlib import asynccontextmanager, contextmanager
from collections.abc import AsyncIterator, Iterator
from functools import cached_property, partial
from typing import Any, Generic, Self, TypeVar, cast, overload
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, render
from django.views import View
import shop.models
from shop.models import Author, Book, BookQuerySet, Publisher, Review, Tag

T = TypeVar("T")
shelf = Book.objects.filter(pages=1)
counts = {"a": 1}

class Box(Generic[T]):
    item: T
    def __init__(self, item: T) -> None:
        self.item = item
        self.size = 1
    def get(self) -> T: ...
    def same(self) -> Self: ...
    @property
    def inside(self) -> T: ...
    @cached_property
    def kept(self) -> list[T]: ...
    @classmethod
    def of(cls, item: T) -> "Box[T]": ...
    @staticmethod
    def free() -> int: ...
    async def fetch(self) -> T: ...
    def __iter__(self) -> Iterator[T]: ...
    def __aiter__(self) -> AsyncIterator[T]: ...
    def __enter__(self) -> T: ...
    def __exit__(self, *args: object) -> None: ...
    async def __aenter__(self) -> list[T]: ...
    async def __aexit__(self, *args: object) -> None: ...
    def __getattr__(self, name: str) -> bytes: ...

class BookBox(Box[Book]):
    pass

@overload
def pick(x: int) -> Book: ...
@overload
def pick(x: str) -> Author: ...
def pick(x: Any) -> Any: ...

@contextmanager
def opened(book: Book) -> Iterator[Book]: ...
@asynccontextmanager
async def aopened() -> AsyncIterator[Book]:
    yield Book()
def first(items: list[T]) -> T: ...
def unannotated(x): ...
async def coroutine(): ...
async def annotated() -> Book: ...
"""

CASES = {
    "names of modules": """
        def f():
            shelf  # -> BookQuerySet[Book, Book]
            shop.models.Book  # -> type[Book]
            Book  # -> type[Book]
            shop  # -> ?
            undefined  # -> ?
            counts  # -> dict[str, int]
            __name__  # -> str
        """,
    "parameters": """
        def f(self, x, *args, **kwargs):
            self  # -> ?
            x  # -> ?
            args  # -> tuple[Any, ...]
            kwargs  # -> dict[str, Any]
        """,
    "annotated parameters": """
        def f(x: Book, *args: int, **kwargs: Author):
            x  # -> Book
            args  # -> tuple[int, ...]
            kwargs  # -> dict[str, Author]
        """,
    "the request of a view": """
        def view(request, pk):
            request  # -> HttpRequest
            request.GET  # -> _ImmutableQueryDict
            request.user  # -> User | AnonymousUser
        """,
    "a request that comes second is no view's": """
        def f(x, request):
            request  # -> ?
        """,
    "the request of a class-based view": """
        class Page(View):
            def get(self, request, pk):
                self  # -> Page
                request  # -> HttpRequest
                self.request  # -> HttpRequest
        """,
    "the request of another class's method": """
        class Other:
            def get(self, request):
                request  # -> ?
        """,
    "self and cls": """
        class Shop(Box[Author]):
            def f(self):
                self.get()  # -> Author
                super().get()  # -> Author
            @classmethod
            def g(cls):
                cls  # -> type[Shop]
                cls.of(1)  # -> Box[Author]
                cls.free()  # -> int
            @staticmethod
            def h(x):
                x  # -> ?
        """,
    "assignments": """
        def f(flag):
            book = Book.objects.get(pk=1)
            book  # -> Book
            if flag:
                book = Author.objects.get(pk=1)
            book  # -> Book | Author
            book = unannotated(book)
            book  # -> ?
            other: Tag = flag
            other  # -> Tag
            third: Tag | None = getattr(flag, "tag", None)
            third  # -> Tag | None
        """,
    "one unknown assignment makes all unknown": """
        def f(flag):
            x = 1
            if flag:
                x = flag
            x  # -> ?
        """,
    "a name that depends on itself in a loop": """
        def f(words):
            books = Book.objects.all()
            for word in words:
                books = books.filter(title=word)
            books  # -> BookQuerySet[Book, Book]
            n = 1
            while n:
                n += 1
                m = n
                n = m
            n  # -> int
            while x:
                x = x.next
            x  # -> ?
        """,
    "a name that changes its type in a loop": """
        def f(words):
            x = Book.objects.get()
            for word in words:
                x = x.title if isinstance(x, Book) else Author()
            x  # -> Book | str | Author
        """,
    "unpacking": """
        def f():
            book, created = Book.objects.get_or_create(pk=1)
            book  # -> Book
            created  # -> bool
            (a, *b), c = ("x", *range(2)), [Book()]
            a  # -> object
            b  # -> list[object]
            c  # -> list[Book]
            d, e = Book.objects.all()
            e  # -> Book
        """,
    "loops": """
        def f():
            for book in Book.objects.filter(pk=1):
                book  # -> Book
            for i, author in enumerate(Author.objects.all()):
                author  # -> Author
            for key, value in counts.items():
                key  # -> str
            for char in "abc":
                char  # -> str
        """,
    "asynchronous loops": """
        async def f():
            async for book in Book.objects.all():
                book  # -> Book
            async for book in Book.objects.aiterator():
                book  # -> Book
            [b async for b in Book.objects.all()]  # -> list[Book]
        """,
    "context managers": """
        async def f(book: Book):
            with opened(book) as x, Box(1) as y, open("f") as z:
                x  # -> Book
                y  # -> int
                z  # -> TextIOWrapper[_WrappedBuffer]
            async with aopened() as x, Box(1) as y:
                x  # -> Book
                y  # -> list[int]
            with transaction.atomic() as t:
                t  # -> None
        """,
    "exceptions": """
        def f():
            try:
                pass
            except Book.DoesNotExist as e:
                e  # -> DoesNotExist
            except (ValueError, KeyError) as e:
                e  # -> ValueError | KeyError
        """,
    "local definitions": """
        def f():
            def inner() -> Book: ...
            async def later(): ...
            @contextmanager
            def cm() -> Iterator[Book]: ...
            class Local:
                x: int
            from shop.models import Profile as P
            inner()  # -> Book
            later()  # -> Coroutine[Any, Any, Any]
            cm()  # -> _GeneratorContextManager[Book, None, None]
            Local().x  # -> int
            P()  # -> Profile
        """,
    "captured names": """
        def f(x: Book):
            y = x.author
            z = 1
            z = "a"
            def inner():
                x  # -> Book
                y  # -> Author
                z  # -> int | str
            return lambda: y
        """,
    "a lambda's parameters": """
        def f():
            sorted(Book.objects.all(), key=lambda b: b.author)  # -> list[Book]
            list(filter(lambda b: b.pages, Book.objects.all()))  # -> list[Book]
        """,
    "a list that starts empty": """
        def f(x):
            books = []
            for book in Book.objects.all():
                books.append(book)
            books  # -> list[Book]
            books[0]  # -> Book
            names = set()
            names  # -> set[Any]
            mixed = []
            mixed.append(x)
            mixed  # -> list[Any]
            more = []
            more.extend(Author.objects.all())
            more  # -> list[Author]
        """,
    "attributes": """
        def f(box: BookBox):
            box.item  # -> Book
            box.size  # -> int
            box.inside  # -> Book
            box.kept  # -> list[Book]
            box.get()  # -> Book
            box.same()  # -> BookBox
            box.free()  # -> int
            box.of(Book())  # -> Box[Book]
            box.unknown  # -> bytes
            Box.free()  # -> int
            box.get.__name__  # -> str
        """,
    "attributes of what may be several things": """
        def f(x: Book | Author | None, y: Book | int):
            x.pk  # -> int
            x.title  # -> ?
            y.pk  # -> ?
        """,
    "models": """
        def f(book: Book, author: Author, tag: Tag):
            book.title  # -> str
            book.pages  # -> int
            book.pk  # -> int
            book.author  # -> Author
            book.author_id  # -> int
            book.co_author  # -> Author | None
            book.tags  # -> Tag_ManyRelatedManager[Book_tags]
            book.tags.first()  # -> Tag | None
            author.profile  # -> Profile
            author.books.all()  # -> BookQuerySet[Book, Book]
            author.books.published()  # -> BookQuerySet[Book, Book]
            author.publisher.name  # -> str
            tag.books.get()  # -> Book
            book.reviews.longest()  # -> Review | None
            book.comments  # -> RelatedManager[Model]
            book._meta  # -> Options[Book]
            book.save()  # -> None
            book.get_absolute_url()  # -> str
            Book(title="x")  # -> Book
            Book.title  # -> _FieldDescriptor[CharField[str | int | Combinable, str]]
        """,
    "managers": """
        def f():
            Book.objects  # -> ManagerFromBookQuerySet[Book]
            Book.objects.published()  # -> BookQuerySet[Book, Book]
            Book.objects.newest()  # -> Book | None
            Book.objects.filter(pk=1).newest()  # -> Book | None
            Book.objects.count()  # -> int
            Book.shelf.all().first()  # -> Book | None
            Review.objects.longest()  # -> Review | None
            Review.objects.get_queryset()  # -> QuerySet[Review, Review]
            Author.objects.first().books  # -> Book_RelatedManager
            User.objects.create_user("x")  # -> User
        """,
    "querysets": """
        async def f():
            books = Book.objects.all()
            books.filter(pk=1).exclude(pk=2).order_by("pk")  # -> BookQuerySet[Book, Book]
            books.select_related("author")  # -> BookQuerySet[Book, Book]
            books.values_list("pk", flat=True)  # -> QuerySet[Book, Any]
            books.values("pk")  # -> QuerySet[Book, dict[str, Any]]
            books[0]  # -> Book
            books[:3]  # -> BookQuerySet[Book, Book]
            books | books  # -> BookQuerySet[Book, Book]
            list(books)  # -> list[Book]
            len(books)  # -> int
            {b.pk: b for b in books}  # -> dict[int, Book]
            [b.author for b in books]  # -> list[Author]
            {b.pk for b in books}  # -> set[int]
            (b for b in books)  # -> Generator[Book, Any, Any]
            books.first() or books.last()  # -> Book | None
            books.iterator()  # -> Iterator[Book]
            await books.afirst()  # -> Book | None
            await books.aget_or_create()  # -> tuple[Book, bool]
            get_object_or_404(Book, pk=1)  # -> Book
            get_object_or_404(books, pk=1)  # -> Book
            books.aggregate()["x"]  # -> ?
            books.model  # -> type[Book]
        """,
    "calls": """
        async def f(x, books: QuerySet[Book]):
            await sync_to_async(lambda: list(books))()  # -> list[Book]
            unannotated(1)  # -> ?
            coroutine()  # -> Coroutine[Any, Any, Any]
            await coroutine()  # -> ?
            annotated()  # -> Coroutine[Any, Any, Book]
            await annotated()  # -> Book
            await BookBox(x).fetch()  # -> Book
            pick(1)  # -> Book
            pick("a")  # -> Author
            pick(x)  # -> ?
            first([Book()])  # -> Book
            first(x)  # -> ?
            Box(Book()).get()  # -> Book
            type(Book())  # -> type[Book]
            cast(Book, x)  # -> Book
            cast("list[Book]", x)  # -> list[Book]
            Box[int](x)  # -> Box[int]
            int("1")  # -> int
            str(x)  # -> str
            await asyncio.gather(annotated(), annotated())  # -> tuple[Book, Book]
            await asyncio.to_thread(Book.objects.get, pk=1)  # -> Book
            await sync_to_async(first)([Book()])  # -> Book
            await sync_to_async(get_object_or_404)(Book, pk=1)  # -> Book
            await sync_to_async(Book.objects.get)(pk=1)  # -> Book
            await sync_to_async(list)(Book.objects.all())  # -> list[Any]
            partial(annotated, 1)()  # -> Coroutine[Any, Any, Book]
            render(x, "t")  # -> HttpResponse
            getattr(x, "y")  # -> ?
        """,
    "other expressions": """
        def f(x, b: Book | None, s: str):
            1  # -> int
            "a"  # -> str
            b"a"  # -> bytes
            1.5  # -> float
            f"{x}"  # -> str
            "%s" % x  # -> str
            None  # -> None
            True  # -> bool
            not x  # -> bool
            x == 1  # -> bool
            1 + 1  # -> int
            1 + x  # -> ?
            1 + 1.5  # -> float
            [1] + [2]  # -> list[int]
            -1  # -> int
            s[0]  # -> str
            s + "x"  # -> str
            (y := b)  # -> Book | None
            b if x else None  # -> Book | None
            b or Author()  # -> Book | Author
            [Book(), Novel()]  # -> list[Book]
            [x]  # -> list[Any]
            {"a": 1}  # -> dict[str, int]
            (1, "a")[1]  # -> str
            (*[1], 2)  # -> tuple[int, ...]
            lambda: 1  # -> def () -> int
            lambda y: y  # -> def (y: Any) -> Any
            [a for a in x]  # -> list[Any]
        from shop.models import Novel
        """,
    "isinstance": """
        def f(x, y: Book | QuerySet[Book] | None, z: models.Model):
            if isinstance(x, Book):
                x.author  # -> Author
            x  # -> ?
            if isinstance(y, QuerySet):
                y  # -> QuerySet[Book, Book]
            else:
                y  # -> Book
            if not isinstance(z, (Book, Author)):
                return
            z  # -> Book | Author
            z = Tag()
            z  # -> Tag
        """,
    "isinstance, in expressions": """
        def f(x, ys: list[Book | Author]):
            isinstance(x, Book) and x.author  # -> bool | Author
            [y for y in ys if isinstance(y, Book)]  # -> list[Book]
            x.author if isinstance(x, Book) else None  # -> Author | None
        """,
    "isinstance, until the name is bound again": """
        def f(x, items):
            assert isinstance(x, Book)
            x  # -> Book
            for item in items:
                x  # -> ?
                x = item
        """,
    "the user is authenticated": """
        def view(request):
            if request.user.is_authenticated:
                request.user  # -> User
            else:
                request.user  # -> AnonymousUser
            if not request.user.is_authenticated:
                return None
            request.user.email  # -> str
        """,
    "deep code": f"""
        def f():
            {" + ".join(["1"] * 2000)}  # -> int
            "a"{".upper()" * 20}  # -> str
            "a"{".upper()" * 200}  # -> ?
            {"(lambda: " * 90}1{")" * 90}.nothing  # -> ?
        """,
    "code that makes no sense": """
        def f(self, cls=super(), *, request):
            super().f  # -> ?
            request  # -> ?
            (await_ for await_ in 1)  # -> Generator[Any, Any, Any]
            1()  # -> ?
            1[2]  # -> ?
            "a".b.c.d()  # -> ?
            Book[0]  # -> type[Book]
            Book.objects.objects.objects  # -> ?
            Book.nothing  # -> ?
            list(1, 2, 3)  # -> list[Any]
            first()  # -> ?
            first(*f, **f)  # -> ?
            get_object_or_404()  # -> ?
            a, b = a, b
            a  # -> ?
            -Book()  # -> ?
            del a
            a  # -> ?
        """,
}


class AskingPlugin(Plugin):
    """Asks for the types of a module's lines before mypy checks its bodies."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.found: dict[str, dict[int, str]] = {}

    @override
    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        if ctx.id.startswith("case_") and not ctx.is_check and self._modules is not None:
            members = Members(self._modules)
            self.found[ctx.id] = dict(lines(self._modules[ctx.id], members))
        return None


def lines(tree: MypyFile, members: Members) -> Iterator[tuple[int, str]]:
    """The lines of all functions that consist of one expression, with its type."""
    stack: list[tuple[Node, InferredTypes | None]] = [(node, None) for node in tree.defs]
    while stack:
        node, types = stack.pop()
        if isinstance(node, FuncDef | LambdaExpr):
            types = inferred_types(node, members, types)
        if isinstance(node, ExpressionStmt) and types is not None:
            yield node.line, said(types, node.expr)
        stack.extend((child, types) for child in children(node))


def inferred_types(
    function: FuncItem, members: Members, outer: InferredTypes | None
) -> InferredTypes:
    """The types inside one function."""
    return InferredTypes(function, Flow(function), members, outer)


def said(types: InferredTypes, expression: Expression) -> str:
    """The type of an expression as the cases write it."""
    type_ = types.type_of(expression)
    if type_ is None:
        return "?"
    text = re.sub(r"[\w.]+\.(?=\w)", "", str(type_))
    return re.sub(r"Literal\[(.*?)\]\??", lambda m: type(eval(m[1])).__name__, text)


@pytest.fixture(scope="module")
def found() -> dict[str, dict[int, str]]:
    """The types of the lines of all cases, by the case's module, of one run of mypy."""
    options = Options()
    parse_config_file(options, lambda: None, str(TESTS / "mypy.ini"))
    options.config_file = str(TESTS / "mypy.ini")
    options.plugins = ["mypy_django_plugin.main"]
    options.mypy_path = [str(TESTS / "testproject")]
    plugin = AskingPlugin(options)
    sources = [
        BuildSource(f"{module(name)}.py", module(name), PREAMBLE + textwrap.dedent(text))
        for name, text in CASES.items()
    ]
    with tempfile.TemporaryDirectory() as cache:
        options.cache_dir = cache
        build.build(sources, options, extra_plugins=[plugin])
    return plugin.found


def module(name: str) -> str:
    """The name of a case's module."""
    return f"case_{list(CASES).index(name)}"


@pytest.mark.parametrize("name", CASES)
def test_types(found: dict[str, dict[int, str]], name: str) -> None:
    """The types in a case are those that it tells."""
    source = (PREAMBLE + textwrap.dedent(CASES[name])).splitlines()
    expected = {
        line: text.rpartition("# -> ")[2]
        for line, text in enumerate(source, start=1)
        if "# -> " in text
    }
    assert expected
    types = found[module(name)]
    assert {line: types.get(line) for line in expected} == expected
