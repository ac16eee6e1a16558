"""What templates do in an event loop: real Django renders each, and the plugin's reader agrees."""

import asyncio
from typing import Any, Final, NamedTuple

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpResponse
from django.template import Engine, engines
from django.template.backends.django import DjangoTemplates, Template
from world import World

from mypy_async_django.index.matches.rendered import evaluates
from mypy_async_django.templates.libraries import Library, OwnTag, read_library
from mypy_async_django.templates.syntax import piped
from mypy_async_django.templates.usage import ContextUse, UnknownTemplateError, uses_of

#: Templates that evaluate the queryset "books".
EVALUATING: Final = (
    "{{ books }}",
    "{{ books.all }}",
    "{{ books.0 }}",
    "{{ books.count }}",
    "{{ books.exists }}",
    "{{ books.first }}",
    "{{ books|dictsort:'title' }}",
    "{{ books|first }}",
    "{{ books|join:',' }}",
    "{{ books|length }}",
    "{{ books|linebreaks }}",
    "{{ books|random }}",
    "{{ books|safe }}",
    "{{ books|slice:':2' }}",
    "{{ books|default:'' }}",
    "{{ books|default_if_none:'' }}",
    "{{ books|stringformat:'s' }}",
    "{{ books|pluralize }}",
    "{{ books|unordered_list }}",
    "{{ books|yesno }}",
    "{% autoescape off %}{{ books }}{% endautoescape %}",
    "{% cycle books 'x' %}",
    "{% filter upper %}{{ books }}{% endfilter %}",
    "{% firstof books 'x' %}",
    "{% for book in books %}{% endfor %}",
    "{% for book in books.all %}{% endfor %}",
    "{% for book in books reversed %}{% empty %}{% endfor %}",
    "{% if books %}{% endif %}",
    "{% if 0 %}{% elif books %}{% endif %}",
    "{% regroup books by pages as groups %}",
    "{% spaceless %}{{ books }}{% endspaceless %}",
    "{% with n=books.count %}{% endwith %}",
    "{% with books.count as n %}{% endwith %}",
    "{% with q=books %}{% for book in q %}{% endfor %}{% endwith %}",
    "{% with q=books|dictsort:'title' %}{% endwith %}",
    "{% widthratio books.count 1 1 %}",
    "{% include 'inner.html' with q=books only %}",
    "{% include 'inner.html' with q=books %}",
    "{% extends 'base.html' %}{% block there %}{{ books }}{% endblock %}",
    "{% extends 'base.html' %}{% block there %}{{ block.super }}{% endblock %}",
    "{% extends 'base.html' %}",
)
#: Templates in which an operator of "if" swallows the exception: they render, and wrongly.
SWALLOWING: Final = (
    "{% if not books %}x{% endif %}",
    "{% if books and 1 %}x{% endif %}",
    "{% if books.count > 0 %}x{% endif %}",
    "{% if books|length > 0 %}x{% endif %}",
    "{% if 'x' in books %}x{% endif %}",
)
#: Templates that never evaluate it.
LEAVING: Final = (
    "{{ other }}",
    "{{ books.model }}",
    "{{ books.query }}",
    "{{ books.delete }}",
    "{{ books.none }}",
    "{# {{ books }} #}",
    "{% comment %}{{ books }}{% endcomment %}",
    "{% verbatim %}{{ books }}{% endverbatim %}",
    "{% for books in other %}{{ books }}{% endfor %}",
    "{% ifchanged books %}{% endifchanged %}",
    "{% with q=books %}{% endwith %}",
    "{% with q=books|slice:':2' %}{% endwith %}",
    "{% with books=other %}{{ books }}{% endwith %}",
    "{% include 'inner.html' with x=books only %}",
    "{% extends 'base.html' %}{% block there %}{% endblock %}{% block gone %}{{ books }}{% endblock %}",
)
_FILES: Final = {
    "base.html": "{% block there %}{{ books }}{% endblock %}",
    "inner.html": "{{ q }}",
}
#: Templates that load the user, and those that do not.
LOADING: Final = (
    "{{ user }}",
    "{{ user.pk }}",
    "{{ perms.shop.add_book }}",
    "{{ request.user.pk }}",
    "{{ request.session.x }}",
    "{% if user.is_authenticated %}{% endif %}",
    "{% if user %}{% endif %}",
    "{% if perms.shop %}{% endif %}",
)
NOT_LOADING: Final = (
    "{{ csrf_token }}",
    "{% if messages %}{% endif %}",
    "{% for message in messages %}{% endfor %}",
    "{% if perms %}{% endif %}",
    "{% with u=user %}{% endwith %}",
)


class _Files(NamedTuple):
    """Templates by their names, without tag libraries."""

    files: dict[str, str]

    def text(self, name: str) -> str | None:
        return self.files.get(name)

    def library(self, name: str) -> Library:
        return {}


def _rendered(text: str, context: dict[str, Any], request: Any = None) -> str:
    """The template's output in an event loop, or the exception's name."""
    configured = engines["django"]
    assert isinstance(configured, DjangoTemplates)
    loaders = [("django.template.loaders.locmem.Loader", _FILES)]
    engine = Engine(loaders=loaders, context_processors=list(configured.engine.context_processors))
    template = Template(engine.from_string(text), configured)

    async def render() -> str:
        try:
            return str(template.render(context, request))
        except SynchronousOnlyOperation:
            return "SynchronousOnlyOperation"

    return asyncio.run(render())


def _uses(text: str, name: str) -> list[ContextUse]:
    files = {**_FILES, "main.html": text}
    return [use for use in uses_of("main.html", _Files(files)) if use.name == name]


@pytest.mark.parametrize("text", EVALUATING)
def test_evaluating(world: World, text: str) -> None:
    """The template raises in Django, and the reader sees an evaluation whose exception gets out."""
    assert _rendered(text, {"books": world.books, "other": []}) == "SynchronousOnlyOperation"
    found = [use for use in _uses(text, "books") if evaluates(use.path, use.use)]
    assert any(not use.is_swallowed for use in found)


@pytest.mark.parametrize("text", SWALLOWING)
def test_swallowing(world: World, text: str) -> None:
    """The template renders, as if the condition were false, and the reader says so."""
    assert _rendered(text, {"books": world.books}) == ""
    found = [use for use in _uses(text, "books") if evaluates(use.path, use.use)]
    assert found
    assert all(use.is_swallowed for use in found)


@pytest.mark.parametrize("text", LEAVING)
def test_leaving(world: World, text: str) -> None:
    """The template renders without a query, and the reader sees no evaluation."""
    rendered = _rendered(text, {"books": world.books, "other": ["x"]})
    assert rendered != "SynchronousOnlyOperation"
    assert not [use for use in _uses(text, "books") if evaluates(use.path, use.use)]


def _visit(world: World) -> Any:
    request = world.request()
    AuthenticationMiddleware(lambda _: HttpResponse()).process_request(request)
    return request


@pytest.mark.parametrize("text", LOADING)
def test_loading(world: World, text: str) -> None:
    """The context processors hand over the user and the session unloaded."""
    assert _rendered(text, {}, _visit(world)) == "SynchronousOnlyOperation"


@pytest.mark.parametrize("text", NOT_LOADING)
def test_not_loading(world: World, text: str) -> None:
    """Messages, the token of a form and the bare objects cost no query."""
    assert _rendered(text, {}, _visit(world)) != "SynchronousOnlyOperation"


def test_user_from_auser(world: World) -> None:
    """The user that a view awaited takes the place of the context processor's; not for "perms"."""
    request = _visit(world)
    user = asyncio.run(request.auser())
    shown = _rendered(
        "{% if user.is_authenticated %}{{ user }}{% endif %}", {"user": user}, request
    )
    assert shown == user.get_username()
    again = _visit(world)
    text = "{{ perms.shop.add_book }}"
    assert _rendered(text, {"user": user}, again) == "SynchronousOnlyOperation"


def test_unknown() -> None:
    """A template that is not there, or whose parent is not, is unknown; a loop of parents as well."""
    with pytest.raises(UnknownTemplateError):
        uses_of("none.html", _Files({}))
    with pytest.raises(UnknownTemplateError):
        uses_of("a.html", _Files({"a.html": "{% extends 'none.html' %}"}))
    with pytest.raises(UnknownTemplateError):
        uses_of("a.html", _Files({"a.html": "{% extends 'a.html' %}"}))
    assert uses_of("a.html", _Files({"a.html": "{% include 'a.html' %}"})) == ()


def test_filters() -> None:
    """Filters and their arguments come apart, also where an argument is a string with bars."""
    assert piped('a.b|join:"|"|default:c') == ("a.b", (("join", '"|"'), ("default", "c")))


_LIBRARY: Final = """
from django import template
register = template.Library()

@register.filter
def shout(text): return f"{text}!"

@register.filter(name="loud")
def louder(text, by="!"): return text + by

@register.simple_tag(takes_context=True, name="where")
def place(context, depth=1): return context["x"]

@register.inclusion_tag("list.html", takes_context=True)
def listed(context, items, limit): return {"items": items, "limit": limit + 1}

@register.inclusion_tag(filename="list.html")
def changed(items):
    items = list(items)
    return {"items": items}

def plain(text): return text
register.filter("plain", plain)
"""


def test_library() -> None:
    """What the text of a library registers is what Django finds registered after running it."""
    names: dict[str, Any] = {}
    exec(_LIBRARY, names)
    registered = names["register"]
    found = read_library("app.tags", _LIBRARY)
    assert found.keys() == registered.filters.keys() | registered.tags.keys()
    assert found["loud"] == OwnTag("app.tags.louder", ("text", "by"))
    assert found["where"] == OwnTag("app.tags.place", ("depth",))
    assert found["plain"].function == "app.tags.plain"
    assert found["listed"][2:] == ("list.html", {"items": "items", "limit": ""})
    assert found["changed"][2:] == ("list.html", {"items": ""})
    assert read_library("app.tags", "def (") == {}


def test_templates_that_include_themselves() -> None:
    """Each is read once with what it gets: three includes a level are not three to the thirty."""

    class Tree:
        reads = 0

        def text(self, name: str) -> str | None:
            self.reads += 1
            below = f"t{(int(name[1:]) + 1) % 50}"
            return f"{{{{ {name} }}}}" + f"{{% include '{below}' %}}{{% include 't0' %}}" * 3

        def library(self, name: str) -> Library:
            return {}

    tree = Tree()
    found = uses_of("t0", tree)
    assert {use.name for use in found} >= {"t0", "t20"}
    assert tree.reads < 1_000
