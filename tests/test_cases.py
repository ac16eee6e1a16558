"""The run of all plain YAML cases tells which case differs, and where."""

from pathlib import Path

import cases
import pytest

FIRST = """\
- case: first
  main: |
    from shop.models import Book
    from finders import find

    async def page(pk: int) -> None:
        Book.objects.get(pk=pk)
        print(pk)  # E: Never said  [misc]
        find(pk)  # ER: .*"find".*\\[async-unsafe-call\\] # NR: .*find.*finders.py.* # NR: .* # NR: .*
  files:
    - path: finders.py
      content: |
        from shop.models import Book

        def find(pk: int) -> Book:
            return Book.objects.get(pk=pk)

- case: second
  main: |
    from finders import find

    async def page() -> None:
        find()
  files:
    - path: finders.py
      content: |
        def find() -> None: ...

- case: with_settings
  mypy_config: strict = true
  main: "1"
"""
SECOND = """\
- case: with_packages
  main: |
    import requests

    async def page() -> None:
        requests.get("x")
  files:
    - path: requests/__init__.pyi
      content: "def get(url: str) -> int: ..."
"""


def test_what_differs_is_told_by_file_case_and_line(tmp_path: Path) -> None:
    """Both cases have a module "finders": each sees its own."""
    source = tmp_path / "test_some.yml"
    source.write_text(FIRST)
    plain, others = cases.cases(source)
    assert ([case.name for case in plain], others) == (["first", "second"], 1)
    root = tmp_path / "root"
    root.mkdir()
    differing, other = cases.run(plain, root)
    assert not other
    [(case, found)] = differing.items()
    report = cases.report(case, found).splitlines()
    assert report[0].endswith("test_some.yml: first")
    assert report[1] == "  line 7"
    assert report[2].startswith("    got       main:5: error: ")
    assert "[async-unsafe]" in report[2]
    assert report[4:] == ["  line 8", "    expected  main:6: error: Never said  [misc]"]
    assert FIRST.splitlines()[7 - 1].strip() == "Book.objects.get(pk=pk)"


def test_cases_with_packages_are_checked_apart(tmp_path: Path) -> None:
    """Other cases must not find what stands for an installed package there."""
    (tmp_path / "test_some.yml").write_text(FIRST)
    (tmp_path / "test_more.yml").write_text(SECOND)
    (tmp_path / "test_other.yml").write_text(SECOND.replace("int", "str"))
    chosen = [case for file in sorted(tmp_path.iterdir()) for case in cases.cases(file)[0]]
    assert [[case.source.name for case in group] for group in cases.groups(chosen)] == [
        ["test_some.yml", "test_some.yml"],
        ["test_more.yml"],
        ["test_other.yml"],
    ]


@pytest.mark.parametrize("words", [("no_such_case",)])
def test_words_that_choose_nothing_are_an_error(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A typing error must not look like success."""
    assert cases.main(words) == 2
    assert "no_such_case" in capsys.readouterr().out
