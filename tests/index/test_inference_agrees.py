"""What InferredTypes says before mypy checks a body agrees with what mypy infers then.

``compare`` runs mypy over sources and counts, for the expressions whose type decides what an
operation is, on how many both agree. Run as a program in a project's folder, with the paths of its
packages as arguments, this file prints that, and where they differ.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from mypy import build
from mypy.checker import TypeChecker
from mypy.checker_state import checker_state
from mypy.config_parser import parse_config_file
from mypy.find_sources import create_source_list
from mypy.modulefinder import BuildSource
from mypy.nodes import (
    AwaitExpr,
    CallExpr,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    LambdaExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OpExpr,
    UnaryExpr,
    WithStmt,
)
from mypy.options import Options
from mypy.plugin import Plugin, ReportConfigContext
from mypy.types import ProperType
from typing_extensions import override

from mypy_async_django.bridge.checked import CheckedTypes
from mypy_async_django.bridge.members import Members
from mypy_async_django.bridge.tree import children
from mypy_async_django.bridge.types import alternatives, class_object, class_of
from mypy_async_django.index.inference.inference import InferredTypes
from mypy_async_django.index.syntax.reaching_definitions import Flow

TESTS = Path(__file__).parent.parent

SAMPLE = """
from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F, Model, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.utils import timezone
from django.views.generic import DetailView, ListView

from shop.models import Author, Book, BookQuerySet, Novel, Profile, Publisher, Review, Tag


def listing(request: HttpRequest) -> HttpResponse:
    books = Book.objects.select_related("author").order_by("-pk")
    if query := request.GET.get("q"):
        books = books.filter(Q(title__icontains=query) | Q(author__name=query))
    for word in request.GET.getlist("word"):
        books = books.exclude(title__contains=word)
    page = Paginator(books, 10).get_page(request.GET.get("page"))
    titles = [f"{book.title} by {book.author.name}" for book in books if book.co_author]
    if not books or not titles:
        raise Http404
    user = request.user
    if user.is_authenticated:
        user.groups.all().first()
    return render(request, "books.html", {"page": page, "titles": titles, "n": books.count()})


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    book = get_object_or_404(Book, pk=pk)
    related = get_list_or_404(Book.objects.exclude(pk=book.pk), author=book.author)
    first, *others = related
    with transaction.atomic():
        book.pages += 1
        book.save()
        book.tags.add(*Tag.objects.filter(label="x"))
        review, created = Review.objects.get_or_create(book=book)
        if created:
            review.touch()
    names = {tag.label.upper(): tag.books.count() for tag in book.tags.all()}
    publisher = book.author.publisher
    if publisher is not None and publisher.authors.exists():
        names[publisher.name.lower()] = len(publisher.authors.all())
    return JsonResponse({"names": names, "others": [other.pk for other in others]})


def grouped(authors: Iterable[Author]) -> dict[int, list[Book]]:
    found: dict[int, list[Book]] = defaultdict(list)
    for author in authors:
        for book in author.books.published().prefetch_related("tags"):
            found[author.pk].append(book)
    for books in found.values():
        books.sort(key=lambda book: book.title.lower())
    rows = []
    for pk, books in found.items():
        rows.append(books[0])
    for row in rows:
        row.author.books.newest()
    return dict(sorted(found.items(), key=lambda item: len(item[1])))


def described(thing: Book | Author | Model) -> str:
    if isinstance(thing, Book):
        return thing.author.name.title()
    if isinstance(thing, Author):
        profile: Profile | None = getattr(thing, "profile", None)
        return profile.bio.strip() if profile else thing.latest_title.upper()
    return thing._meta.label.lower()


@contextmanager
def locked(book: Book) -> Iterator[Book]:
    with transaction.atomic():
        yield Book.objects.select_for_update().get(pk=book.pk)


def rename(book: Book, title: str) -> None:
    with locked(book) as fresh:
        fresh.title = title
        fresh.save(update_fields=["title"])
    try:
        book.refresh_from_db()
    except Book.DoesNotExist as error:
        error.args.count(title)


async def report(limit: int = 10) -> list[str]:
    lines = []
    async for book in Book.objects.select_related("author", "publisher")[:limit]:
        lines.append(book.author.name.strip())
    newest = await Book.objects.order_by("-pk").afirst()
    if newest is None:
        return lines
    count, titles = await asyncio.gather(newest.reviews.acount(), titles_of(newest.author))
    author = await sync_to_async(lambda: newest.author)()
    other = await asyncio.to_thread(Author.objects.get, pk=author.pk)
    await sync_to_async(other.save)()
    save = partial(newest.save, update_fields=["pages"])
    save()
    return [*lines, *titles, str(count).zfill(3)]


async def titles_of(author: Author) -> list[str]:
    return [book.title.strip() async for book in author.books.all()]


class Shelf:
    def __init__(self, books: BookQuerySet, owner: Author | None = None) -> None:
        self.books = books
        self.owner = owner or Author.objects.get(pk=1)
        self.seen: set[Book] = set()

    @cached_property
    def newest(self) -> Book | None:
        return self.books.newest()

    @property
    def publishers(self) -> QuerySet[Publisher]:
        return Publisher.objects.filter(books__in=self.books).annotate(n=Count("books"))

    def __iter__(self) -> Iterator[Book]:
        for book in self.books.iterator():
            self.seen.add(book)
            yield book

    def summary(self) -> str:
        if self.newest is None:
            return self.owner.name.lower()
        longest = max((book.pages for book in self), default=0)
        names = ", ".join(publisher.name.title() for publisher in self.publishers)
        return f"{self.newest.title.upper()} {self.owner.profile.bio.strip()} {longest} {names}"


class BookList(ListView[Book]):
    model = Book

    def get_queryset(self) -> QuerySet[Book]:
        books = super().get_queryset()
        if self.request.user.is_staff:
            return books.filter(pages__gt=F("pages"))
        return Book.shelf.published() | Book.objects.none()


class AuthorPage(DetailView[Author]):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        author = self.get_object()
        context["books"] = author.books.filter(pages=1) or author.co_written.all()
        context.update(profile=author.profile.bio.upper())
        return context
"""

DJANGO = (
    "django.db.models.query.QuerySet",
    "django.db.models.manager.BaseManager",
    "django.db.models.base.Model",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One expression of which mypy knows more, or something else."""

    place: str
    text: str
    checked: str
    inferred: str

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.text}: mypy {self.checked}, we {self.inferred}"


@dataclass(slots=True)
class Comparison:
    """The counts, by kind: ``django`` for instances of Django's ORM classes, and ``other``."""

    agree: Counter[str] = field(default_factory=Counter)
    narrower: list[Difference] = field(default_factory=list)
    wider: list[Difference] = field(default_factory=list)
    wider_django: list[Difference] = field(default_factory=list)
    unknown: list[Difference] = field(default_factory=list)
    unknown_django: list[Difference] = field(default_factory=list)
    disagree: list[Difference] = field(default_factory=list)
    asked: int = 0
    seconds: float = 0.0

    def share_known(self) -> float:
        """How much of what mypy knows of ORM objects the inference knows too."""
        known = self.agree["django"]
        return known / max(1, known + len(self.unknown_django))

    @override
    def __str__(self) -> str:
        return (
            f"agree {self.agree['django']} ORM, {self.agree['other']} other;"
            f" unknown {len(self.unknown_django)} ORM, {len(self.unknown)} other;"
            f" narrower {len(self.narrower)};"
            f" wider {len(self.wider_django)} ORM, {len(self.wider)} other; DISAGREE {len(self.disagree)};"
            f" {1e6 * self.seconds / max(1, self.asked):.1f} us per expression ({self.asked})"
        )


class ComparingPlugin(Plugin):
    """Asks before mypy checks the bodies of a module, and compares afterwards."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.comparison = Comparison()
        self.only: tuple[str, ...] = ()
        self._inferred: dict[str, list[tuple[Expression, ProperType | None]]] = {}
        self._checkers: dict[str, TypeChecker] = {}

    @override
    def get_function_signature_hook(self, fullname: str) -> None:
        self._note_checker()

    @override
    def get_method_signature_hook(self, fullname: str) -> None:
        self._note_checker()

    @override
    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        if not str(Path(ctx.path).resolve()).startswith(self.only):
            return None
        if not ctx.is_check and self._modules is not None:
            self._inferred[ctx.id] = list(self._before(self._modules[ctx.id]))
        return process_time()  # never the same: the module is checked each time

    @override
    def get_additional_indirect_deps(self, tree: MypyFile) -> set[str]:
        checker = self._checkers.pop(tree.fullname, None)
        if checker is not None:
            types = CheckedTypes(checker, {}, lambda expression: None)
            for expression, inferred in self._inferred.pop(tree.fullname, []):
                checked = types.type_of(expression) if types.is_reached(expression) else None
                if checked is not None:
                    self._compare(f"{tree.path}:{expression.line}", expression, checked, inferred)
        return set()

    def _note_checker(self) -> None:
        checker = checker_state.type_checker
        if isinstance(checker, TypeChecker):
            self._checkers[checker.tree.fullname] = checker

    def _before(self, tree: MypyFile) -> Iterator[tuple[Expression, ProperType | None]]:
        assert self._modules is not None
        members = Members(self._modules)
        for function, types in functions(tree, members):
            if isinstance(function, FuncDef) and function.type is None:
                continue
            expressions = list(deciding(function))
            start = process_time()
            found = [(expression, types.type_of(expression)) for expression in expressions]
            self.comparison.seconds += process_time() - start
            self.comparison.asked += len(found)
            yield from found

    def _compare(
        self, place: str, expression: Expression, checked: ProperType, inferred: ProperType | None
    ) -> None:
        expected = named(checked)
        found = frozenset() if inferred is None else named(inferred)
        if not expected - {None} or "types.ModuleType" in expected:
            return
        if None in expected and (not found or found >= expected - {None}):
            return
        comparison = self.comparison
        kind = "django" if any(is_orm(item) for item in alternatives(checked)) else "other"
        difference = Difference(place, text(expression), str(checked), str(inferred))
        if not found or None in found:
            (comparison.unknown_django if kind == "django" else comparison.unknown).append(
                difference
            )
        elif found == expected:
            comparison.agree[kind] += 1
        elif is_wider(checked, inferred):
            comparison.narrower.append(difference)
        elif is_wider(inferred, checked):
            (comparison.wider_django if kind == "django" else comparison.wider).append(difference)
        else:
            comparison.disagree.append(difference)


def functions(tree: MypyFile, members: Members) -> Iterator[tuple[FuncItem, InferredTypes]]:
    """All functions and lambdas of a module with their types before they are checked."""
    stack: list[tuple[Node, InferredTypes | None]] = [(node, None) for node in reversed(tree.defs)]
    while stack:
        node, outer = stack.pop()
        if isinstance(node, FuncDef | LambdaExpr):
            outer = inferred_types(node, members, outer)
            yield node, outer
        stack.extend((child, outer) for child in reversed(list(children(node))))


def inferred_types(
    function: FuncItem, members: Members, outer: InferredTypes | None
) -> InferredTypes:
    """The types inside one function."""
    return InferredTypes(function, Flow(function), members, outer)


def deciding(function: FuncItem) -> Iterator[Expression]:
    """The expressions of a function's own code whose class decides what runs."""
    stack: list[Node] = [function.body]
    while stack:
        node = stack.pop()
        yield from _operands(node)
        inside = [c for c in children(node) if not isinstance(c, FuncDef | LambdaExpr)]
        stack.extend(reversed(inside))


def _operands(node: Node) -> Iterable[Expression]:
    match node:
        case CallExpr(callee=MemberExpr(expr=receiver)):
            return [receiver]
        case MemberExpr(expr=receiver):
            return [receiver]
        case ForStmt(expr=iterable):
            return [iterable]
        case GeneratorExpr(sequences=sequences) | DictionaryComprehension(sequences=sequences):
            return sequences
        case IfStmt(expr=conditions):
            return conditions
        case OpExpr(op="and" | "or", left=left):
            return [left]
        case UnaryExpr(op="not", expr=operand) | AwaitExpr(expr=operand):
            return [operand]
        case IndexExpr(base=base, analyzed=None):
            return [base]
        case WithStmt(expr=managers):
            return managers
        case _:
            return []


def named(type_: ProperType) -> frozenset[str | None]:
    """The names of the classes that a value of the type may have; None for an unknown one."""
    return frozenset(class_name(item) for item in alternatives(type_))


def class_name(type_: ProperType | None) -> str | None:
    """A class's full name, with brackets if the value is the class itself."""
    of_class = class_object(type_)
    if of_class is not None:
        return f"type[{of_class.fullname}]"
    info = class_of(type_)
    return info.fullname.removesuffix("@AnnotatedWith") if info else None


def is_orm(type_: ProperType | None) -> bool:
    """Whether it is an instance of a model, a queryset or a manager."""
    info = class_of(type_)
    return info is not None and any(base.fullname in DJANGO for base in info.mro)


def is_wider(wide: ProperType | None, narrow: ProperType | None) -> bool:
    """Whether all that one type says holds for the other: by base classes, or alternatives."""
    if wide is None or narrow is None:
        return True
    ours = named(wide)
    if ours == {"builtins.type"}:
        return class_object(narrow) is not None
    for item in alternatives(narrow):
        info = class_of(item)
        bases = {base.fullname for base in info.mro} if info else set()
        if class_name(item) not in ours and not bases & ours:
            return False
    return True


def text(expression: Expression) -> str:
    """A short name for an expression."""
    match expression:
        case NameExpr():
            return expression.name
        case MemberExpr():
            return f"{text(expression.expr)}.{expression.name}"
        case CallExpr():
            return f"{text(expression.callee)}()"
        case AwaitExpr():
            return f"await {text(expression.expr)}"
        case IndexExpr():
            return f"{text(expression.base)}[]"
        case _:
            return type(expression).__name__


def compare(sources: list[BuildSource], options: Options, *only: Path) -> Comparison:
    """Run mypy; compare in the modules whose files are inside ``only``."""
    plugin = ComparingPlugin(options)
    plugin.only = tuple(str(path.resolve()) for path in only)
    build.build(sources, options, extra_plugins=[plugin])
    return plugin.comparison


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """The comparison over the shared project and the sample, of one run of mypy."""
    options = Options()
    parse_config_file(options, lambda: None, str(TESTS / "mypy.ini"))
    options.config_file = str(TESTS / "mypy.ini")
    options.plugins = ["mypy_django_plugin.main"]
    options.mypy_path = [str(TESTS / "testproject")]
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder, "sample.py")
        sample.write_text(SAMPLE)
        options.cache_dir = str(Path(folder, "cache"))
        models = TESTS / "testproject" / "shop" / "models.py"
        sources = [
            BuildSource(str(sample), "sample", None),
            BuildSource(str(models), "shop.models", None),
        ]
        return compare(sources, options, sample, models)


def test_never_disagrees(comparison: Comparison) -> None:
    """What the inference says of the sample is what mypy says."""
    assert comparison.asked > 150
    assert not comparison.disagree


def test_knows_orm_objects(comparison: Comparison) -> None:
    """Next to nothing that mypy knows of querysets, managers and models is unknown to us."""
    assert comparison.agree["django"] > 90
    assert comparison.share_known() > 0.98, comparison.unknown_django


def main(arguments: list[str]) -> None:
    """Compare for the given paths, with the configuration of the current folder."""
    options = Options()
    parse_config_file(options, lambda: None, None)
    sources = create_source_list(arguments, options)
    comparison = compare(sources, options, *map(Path, arguments))
    differences = (
        ("disagree", comparison.disagree),
        ("unknown ORM object", comparison.unknown_django),
        ("wider ORM object", comparison.wider_django),
        ("narrower", comparison.narrower),
        ("wider", comparison.wider),
        ("unknown", comparison.unknown),
    )
    for kind, found in differences:
        sys.stdout.writelines(f"{kind}: {difference}\n" for difference in found)
    sys.stdout.write(f"{comparison}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
