"""All fixes of the plain cases and of the rules' pages, made as by ``fix``.

Nothing here knows a rule: a new rule is tried with its cases and its page.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import cases
import pytest
from fixing import Reported, checked, fix_all

from mypy_async_django import pages
from mypy_async_django.registry import RULES

TESTS: Final = Path(__file__).parents[1]


class Fixed(NamedTuple):
    """A file before and after all fixes, and what mypy reports of each."""

    before: Reported
    text: str
    after: Reported


#: What mypy says of an await that is right, where the program then uses what has no value, or binds
#: one name to a coroutine and to its result.
UNAVOIDABLE: Final = (
    "[func-returns-value]",
    "[assignment]",
    'Incompatible types in "await" (actual type "Book", expected type "Awaitable[Any]")  [misc]',
)


@pytest.fixture(scope="module", name="fixed")
def fixed_(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fixed]:
    """Each file that fixes change, by its path."""
    folder = tmp_path_factory.mktemp("fixes")
    paths = sorted(written(folder))
    before = checked(folder, paths)
    texts = {path: Path(path).read_text(encoding="utf-8") for path in before}
    after = fix_all(folder, paths, before)
    none = Reported([], [])
    return {
        path: Fixed(before[path], text, after.get(path, none))
        for path in before
        if (text := Path(path).read_text(encoding="utf-8")) != texts[path]
    }


def test_nothing_new(fixed: dict[str, Fixed]) -> None:
    """No fix brings more errors of a code: neither of mypy's nor of ours."""
    assert len(fixed) > 100
    wrong = []
    for path, file in fixed.items():
        known = Counter(map(code_of, file.before.errors))
        new = Counter(map(code_of, file.after.errors)) - known
        errors = [each for each in file.after.errors if code_of(each) in new]
        errors = [each for each in errors if not each.endswith(UNAVOIDABLE)]
        if errors:
            wrong.append("\n".join([path, file.text, *errors]))
    assert not wrong, f"{len(wrong)} of {len(fixed)} files:\n" + "\n\n".join(wrong)


def test_all_made(fixed: dict[str, Fixed]) -> None:
    """No finding with a fix is left."""
    left = [
        f"{path}:{record.line}: {record.message}"
        for path, file in fixed.items()
        for record in file.after.records
        if record.edit is not None
    ]
    assert not left, "\n".join(left)


def code_of(error: str) -> str:
    """The code of an error: the message of one that is left may name the new code."""
    return error.rpartition("[")[2]


def written(folder: Path) -> Iterator[str]:
    """Write all programs below a folder; yields the path of each."""
    for source in sorted(TESTS.rglob("test_*.yml")):
        for case in cases.cases(source)[0]:
            if not case.packages:
                case.write(folder)
                yield from (f"{case.package}/{name}" for name in case.modules)
    for rule in RULES:
        name = f"page_of_{rule.code.code.replace('-', '_')}.py"
        (folder / name).write_text(pages.example(rule, "What it does"), encoding="utf-8")
        yield name
