"""Recipes for forms of models and the generic views."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from django import forms
from django.contrib.contenttypes.forms import generic_inlineformset_factory
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from django.views import View
from django.views.generic import (
    ArchiveIndexView,
    CreateView,
    DateDetailView,
    DeleteView,
    DetailView,
    ListView,
    UpdateView,
)
from recipe import Arguments, Recipe, args, functions, methods, nothing
from world import World, shop


def valid(form: Any) -> Any:
    """The form, validated."""
    assert form.is_valid(), form.errors
    return form


def prepared_view(
    view: type[View], request: Callable[[World], HttpRequest], **kwargs: Any
) -> Callable[[World], Any]:
    """A view that was given its request, made when the world is there."""

    def made(world: World) -> Any:
        instance = view()
        instance.setup(request(world), **kwargs)
        return instance

    return made


class _BookForm(forms.ModelForm):  # type: ignore[type-arg]
    """Has fields for a key and a many-to-many relation."""

    class Meta:
        model = shop.Book
        fields = ("title", "author", "tags")


class _AuthorForm(forms.ModelForm):  # type: ignore[type-arg]
    """Looks nothing up."""

    class Meta:
        model = shop.Author
        fields = ("name",)


AuthorFormSet: Any = forms.modelformset_factory(shop.Author, form=_AuthorForm, extra=1)
TagForm: Any = forms.modelform_factory(shop.Tag, fields=("label",))
CommentForm: Any = forms.modelform_factory(shop.Comment, fields=("text",))
CommentFormSet: Any = generic_inlineformset_factory(shop.Comment, form=CommentForm)
BookFormSet: Any = forms.inlineformset_factory(
    shop.Author, shop.Book, fields=("title",), fk_name="author"
)


def book_form(world: World) -> Any:
    """A form that was not validated yet."""
    data = {"title": "New", "author": world.author.pk, "tags": [world.tag.pk]}
    return _BookForm(data, instance=world.new_book())


def saved_book_form(world: World) -> Any:
    """A form that was saved, but for its many-to-many relations."""
    form = _BookForm(
        {"title": "New", "author": world.author.pk, "tags": [world.tag.pk]},
        instance=world.fresh_book,
    )
    valid(form).save(commit=False)
    return form


def author_form(_: World) -> Any:
    """A form without anything to look up."""
    return _AuthorForm({"name": "New"})


def formset(world: World) -> Any:
    """A formset that edits an object, and was not validated yet."""
    return AuthorFormSet(
        {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "1",
            "form-0-id": str(world.author.pk),
            "form-0-name": "New",
        },
        queryset=shop.Author.objects.filter(pk=world.author.pk),
    )


def new_formset(_: World) -> Any:
    """A formset that only adds objects."""
    return AuthorFormSet({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "New"})


def _forms() -> Iterator[tuple[str, Recipe]]:
    models = "django.forms.models"
    yield from methods(
        f"{models}.BaseInlineFormSet",
        lambda w: BookFormSet(instance=w.author),
        initial_form_count=args(),
        save_new=lambda w: args(valid(_AuthorForm({"name": "New"}, instance=w.author))),
    )
    yield from methods(f"{models}.BaseModelForm", book_form, **nothing("full_clean", "is_valid"))
    yield from methods(f"{models}.BaseModelForm", book_form, **nothing("errors"))
    yield from functions(models, model_to_dict=lambda w: args(w.fresh_book))
    yield from methods(f"{models}.BaseModelForm", lambda w: valid(book_form(w)), save=args())
    yield from methods(
        f"{models}.BaseModelForm",
        lambda _: valid(TagForm({"label": "new"})),
        validate_unique=args(),
    )
    yield from methods(f"{models}.BaseModelForm", saved_book_form, save_m2m=args())
    yield from methods(f"{models}.BaseModelFormSet", formset, **nothing("full_clean", "is_valid"))
    yield from methods(
        f"{models}.BaseModelFormSet",
        lambda w: valid(formset(w)),
        delete_existing=lambda w: args(w.author),
        save=args(),
        save_existing=lambda w: args(valid(author_form(w)), w.author),
        save_new=lambda w: args(valid(author_form(w))),
    )
    yield from methods(
        f"{models}.ModelChoiceField",
        lambda w: forms.ModelChoiceField(w.books),
        to_python=lambda w: args(w.book.pk),
    )
    yield from methods(
        f"{models}.ModelMultipleChoiceField",
        lambda w: forms.ModelMultipleChoiceField(w.books),
        clean=lambda w: args([w.book.pk]),
        to_python=lambda w: args([w.book.pk]),
    )
    yield from methods(
        f"{models}.BaseModelFormSet", lambda _: AuthorFormSet(), initial_form_count=args()
    )


class _Detail(DetailView):  # type: ignore[type-arg]
    model = shop.Author


class _DateDetail(DateDetailView):  # type: ignore[type-arg]
    model = shop.Review
    date_field = "created"
    month_format = "%m"


class _Create(CreateView):  # type: ignore[type-arg]
    model = shop.Author
    form_class = _AuthorForm
    success_url = "/"


class _Update(UpdateView):  # type: ignore[type-arg]
    model = shop.Author
    form_class = _AuthorForm
    success_url = "/"


class _Delete(DeleteView):  # type: ignore[type-arg]
    model = shop.Author
    success_url = "/"


class List(ListView):  # type: ignore[type-arg]
    """All authors."""

    model = shop.Author
    ordering = "pk"


class Reviews(ArchiveIndexView):  # type: ignore[type-arg]
    """The dates of all reviews."""

    model = shop.Review
    date_field = "created"


def listing(view: type[Any], **options: Any) -> Callable[[World], Any]:
    """A view of many objects, of which it has the queryset already."""

    def made(world: World) -> Any:
        instance = prepared_view(view, _post)(world)
        vars(instance).update(options)
        instance.object_list = instance.get_queryset()
        return instance

    return made


def _post(_: World) -> HttpRequest:
    return RequestFactory().post("/", {"name": "New"})


def _today(world: World) -> Any:
    review = shop.Review.objects.first()
    day = timezone.localdate(review.created)
    kwargs = {"pk": review.pk, "year": day.year, "month": day.month, "day": day.day}
    return prepared_view(_DateDetail, _post, **kwargs)(world)


def _views() -> Iterator[tuple[str, Recipe]]:
    generic = "django.views.generic"
    request = args(RequestFactory().get("/"))

    def posted(world: World) -> Arguments:
        return args(_post(world))

    yield from methods(f"{generic}.dates.BaseDateDetailView", _today, get_object=args())
    yield from methods(
        f"{generic}.detail.BaseDetailView", prepared_view(_Detail, _post, pk=1), get=request
    )
    yield from methods(
        f"{generic}.detail.SingleObjectMixin",
        prepared_view(_Detail, _post, pk=1),
        get_object=args(),
    )
    yield from methods(f"{generic}.edit.BaseCreateView", prepared_view(_Create, _post), post=posted)
    yield from methods(
        f"{generic}.edit.BaseUpdateView",
        prepared_view(_Update, _post, pk=1),
        get=request,
        post=posted,
    )
    yield from methods(
        f"{generic}.edit.DeletionMixin",
        prepared_view(_Delete, _post, pk=1),
        delete=posted,
        post=posted,
    )
    yield from methods(
        f"{generic}.edit.ModelFormMixin",
        prepared_view(_Create, _post),
        form_valid=lambda w: args(valid(author_form(w))),
    )
    yield from methods(
        f"{generic}.dates.BaseDateListView",
        listing(Reviews),
        get=request,
        get_dated_queryset=args(),
    )
    yield from methods(f"{generic}.list.BaseListView", listing(List, paginate_by=1), get=request)
    yield from methods(
        f"{generic}.list.MultipleObjectMixin",
        listing(List, paginate_by=1),
        get_context_data=args(),
    )
    yield from methods(
        f"{generic}.list.MultipleObjectMixin",
        prepared_view(List, _post),
        paginate_queryset=lambda _: args(shop.Author.objects.order_by("pk"), 1),
    )


RECIPES: Final = dict(
    chain(
        _forms(),
        _views(),
    )
)
