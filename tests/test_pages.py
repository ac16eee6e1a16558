"""What is generated is what is there."""

from pathlib import Path

import pytest

from mypy_async_django import pages
from mypy_async_django.registry import RULES
from mypy_async_django.rule import Rule

ROOT = Path(__file__).parent.parent
DOCUMENTS = dict(pages.documents())


@pytest.mark.parametrize("path", DOCUMENTS)
def test_page_is_up_to_date(path: str) -> None:
    """The page is the one that would be written now."""
    file = ROOT / "docs" / path
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    assert written == DOCUMENTS[path], f"docs/{path} is stale: run python3 dev.py docs"


def test_no_page_is_left_over() -> None:
    """Each page has a rule."""
    there = {f"rules/{path.name}" for path in (ROOT / "docs" / "rules").glob("*.md")}
    left_over = sorted(there - DOCUMENTS.keys())
    assert not left_over, f"docs/{left_over[0]} has no rule: run python3 dev.py docs"


def test_table_of_codes_is_up_to_date() -> None:
    """The README's table is the one that would be written now."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == pages.with_codes(readme), (
        "README.md's table of codes is stale: run python3 dev.py docs"
    )


def test_navigation_is_up_to_date() -> None:
    """The site has a page for each rule."""
    mkdocs = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert mkdocs == pages.with_navigation(mkdocs), "mkdocs.yml is stale: run python3 dev.py docs"
    assert mkdocs == pages.with_navigation(mkdocs.replace("- async-race: rules", "- old: rules"))


def test_readme_without_markers_is_refused() -> None:
    """Nothing is written where nobody knows the place."""
    with pytest.raises(ValueError, match="<!-- codes -->"):
        pages.with_codes("# A README")
    with pytest.raises(ValueError, match=r"rules/index\.md"):
        pages.with_navigation("nav: []")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.code)
def test_page_says_if_the_code_is_on(rule: Rule) -> None:
    """A reader need not try it."""
    on = "On by default." if rule.code.default_enabled else "Off by default."
    assert f"\n{on}" in pages.page(rule)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("django.db.models.query.QuerySet.get", "django.db.models.query.QuerySet.get"),
        ("QuerySet.get", "django.db.models.query.QuerySet.get"),
        ("queryset.get", "django.db.models.query.QuerySet.get"),
        ("requests.get", "requests.api.get"),
        ("Redis.get", "redis.client.Redis.*"),
        ("sync_to_async", "asgiref.sync.sync_to_async"),
        ("QuerySet.iterator", "django.db.models.query.QuerySet.iterator"),
        ("or_create", "django.db.models.query.QuerySet.get_or_create"),
    ],
)
def test_api_is_found_by_parts_of_its_name(asked: str, name: str) -> None:
    """As people write it, without the modules that they do not know."""
    assert name in [fact.name for fact in pages.found(asked)]


def test_part_of_a_name_is_not_found_where_the_whole_name_is() -> None:
    """Asked for a method, it does not give those that are spelled alike."""
    assert {fact.name.rpartition(".")[2] for fact in pages.found("aggregate")} == {"aggregate"}


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("time.sleep", "time.sleep"),
        ("requests.api.get", "requests.api.get"),
        ("QuerySet.count", "django.db.models.query.QuerySet.count"),
    ],
)
def test_what_was_asked_for_comes_first(asked: str, name: str) -> None:
    """The full name, then names that end with it; Django's before others."""
    assert pages.found(asked)[0].name == name


def test_django_comes_first() -> None:
    """Of names that fit as well, those of the framework that people ask about."""
    assert pages.found("get")[0].name.startswith("django.")
