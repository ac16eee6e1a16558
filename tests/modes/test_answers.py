"""What findings rely on in other modules: the file beside mypy's cache, and what happens without it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from harness import CACHE, Places, Project

from mypy_async_django.effects.answers import Answers

_VIEW = "from near import one\n\n\nasync def view() -> None:\n    one()\n"
_NEAR = "from far import two\n\n\ndef one() -> None:\n    two()\n"
_SLEEPS = "import time\n\n\ndef two() -> None:\n    time.sleep(1)\n"
_HARMLESS = "import time\n\n\ndef two() -> None:\n    time.time()\n"
_FILES = {"view.py": _VIEW, "near.py": _NEAR, "far.py": _SLEEPS}
_REACHED = ("view.py:5 async-blocking-call",)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Where the projects are."""
    return Places(tmp_path_factory.mktemp("answers"))


@pytest.fixture
def project(places: Places) -> Project:
    """A project whose coroutine blocks two modules away, checked once."""
    project = places.project()
    places.forget(project)
    project.apply(_FILES)
    assert project.checked().findings == _REACHED
    return project


def side_file(project: Project) -> Path:
    """The file beside the cache."""
    [found] = (project.folder / CACHE).rglob("mypy_async_django.*.db")
    return found


def _deleted(path: Path) -> None:
    path.unlink()


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _something_else(path: Path) -> None:
    path.write_text("not a database at all\n" * 500)


@pytest.mark.parametrize("damage", [_deleted, _cut_off, _emptied, _something_else])
def test_a_lost_file_makes_a_cold_run(project: Project, damage: Callable[[Path], None]) -> None:
    """Before an edit and after one: mypy checks everything again, and from then on all is well."""
    damage(side_file(project))
    project.apply({"far.py": _HARMLESS})
    assert project.checked().findings == ()
    assert project.checked().rechecked == set()
    project.apply({"far.py": _SLEEPS})
    again = project.checked()
    assert again.findings == _REACHED
    assert again.rechecked == {"far", "near", "view"}


def test_an_effect_that_comes_goes_and_comes_again(project: Project) -> None:
    """While a mistake in the syntax keeps mypy from looking at the coroutine again."""
    project.apply({"far.py": _HARMLESS, "broken.py": "def (\n"})
    with pytest.raises(Exception, match=r".*"):
        project.checked()
    project.apply({"far.py": _SLEEPS})
    with pytest.raises(Exception, match=r".*"):
        project.checked()
    project.apply({"broken.py": None, "far.py": _HARMLESS})
    assert project.checked().findings == ()
    project.apply({"far.py": _SLEEPS})
    assert project.checked().findings == _REACHED


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody can write to."""
    paths = [folder, *folder.rglob("*")]
    modes = [path.stat().st_mode for path in paths]
    for path in reversed(paths):
        path.chmod(path.stat().st_mode & ~0o222)
    yield
    for path, mode in zip(paths, modes, strict=True):
        path.chmod(mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can write to any file")
@pytest.mark.parametrize("argument", ["--sqlite-cache", "--no-sqlite-cache"])
def test_a_cache_that_cannot_be_written(project: Project, argument: str) -> None:
    """It serves as before; what is checked again is not stored."""
    project.checked(argument)
    with read_only(project.folder / CACHE):
        assert project.checked(argument).findings == _REACHED
        project.apply({"far.py": _HARMLESS})
        assert project.checked(argument).findings == ()
    assert project.checked(argument).findings == ()


def _sql(*statements: str) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as file, file:
            for statement in statements:
                file.execute(statement)

    return plant


def _text(text: bytes) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        path.unlink()
        path.write_bytes(text)

    return plant


def _in_place(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        path.unlink()
        make(path)

    return plant


_ENDLESS = "WITH RECURSIVE n(x) AS (SELECT '1' UNION ALL SELECT x FROM n) SELECT"
_OTHERS = (
    "CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 0), value TEXT)",
    "CREATE TABLE answers (module TEXT, function TEXT PRIMARY KEY, answer TEXT)",
    "CREATE TABLE seals (module TEXT PRIMARY KEY, seal TEXT)",
)


@pytest.mark.parametrize(
    "plant",
    [
        _text(b""),
        _text(b"not a database"),
        _text(b"SQLite format 3\0" + bytes(4096)),
        _sql("CREATE TABLE identity (value)", "INSERT INTO identity VALUES (1)"),
        _sql(*_OTHERS, "INSERT INTO identity VALUES (0, x'ff00')"),
        _sql(*_OTHERS, "INSERT INTO answers VALUES ('far', 'far.two', NULL)"),
        _sql(*_OTHERS, "INSERT INTO seals VALUES (x'00ff', x'80')"),
        _sql(*_OTHERS, "INSERT INTO seals VALUES (CAST(x'80' AS TEXT), CAST(x'80' AS TEXT))"),
        _sql(f"CREATE VIEW answers AS {_ENDLESS} x, x, x FROM n"),
        _sql(*_OTHERS, f"CREATE TRIGGER t AFTER INSERT ON answers BEGIN {_ENDLESS} x FROM n; END"),
        _in_place(Path.mkdir),
        _in_place(os.mkfifo),
        _in_place(lambda path: path.symlink_to(path)),
        _in_place(lambda path: path.symlink_to("/dev/zero")),
    ],
)
def test_a_planted_file_is_no_program(project: Project, plant: Callable[[Path], None]) -> None:
    """Whatever stands in its place: the findings are right, before an edit and after one."""
    assert project.checked().findings == _REACHED
    plant(side_file(project))
    assert project.checked().findings == _REACHED
    project.apply({"far.py": _HARMLESS})
    assert project.checked().findings == ()
    project.apply({"far.py": _SLEEPS})
    assert project.checked().findings == _REACHED


def test_what_cannot_be_noted_is_not_relied_on(tmp_path: Path) -> None:
    """Mypy is told another identity for what it stores than for what it finds."""
    path = tmp_path / "answers.db"
    first = Answers(path).stamp("view", is_stored=True)
    path.chmod(0o444)
    unwritable = Answers(path)
    assert unwritable.stamp("view", is_stored=True) == first
    unwritable._is_writable = False
    assert unwritable.stamp("view", is_stored=False) != first


def test_two_processes_make_one_file(tmp_path: Path) -> None:
    """Both have the same identity, whoever came first, and what either notes is there."""
    path = tmp_path / "answers.db"
    one, other = Answers(path), Answers(path)
    assert one.stamp("m", is_stored=True) == other.stamp("m", is_stored=True)
    one.note([("far", "far.two", "a")])
    other.note([("far", "far.three", "b")])
    assert Answers(path).of("far") == {"far.two": "a", "far.three": "b"}


def test_a_seal_changes_with_an_answer_and_never_comes_again(tmp_path: Path) -> None:
    """Back to the first answer is not back to the first seal: mypy may have stored that elsewhere."""
    path = tmp_path / "answers.db"
    seals = set()
    for answer in ("a", "b", "a", "b"):
        answers = Answers(path)
        answers.note([("far", "far.two", answer)])
        reread = Answers(path)
        reread.seal("far", {"far.two": "a"})
        assert reread.of("far") == {"far.two": answer}
        seals.add(Answers(path).stamp("far", is_stored=True)["seal"])
    assert len(seals) == 3


def test_a_base_class_two_modules_away_of_code_without_annotations(places: Places) -> None:
    """Mypy knows of no such dependency, as it does not check the helper."""
    project = places.project()
    places.forget(project)
    made = "from kinds import Kind\n\n\ndef made() -> Kind:\n    return Kind()\n"
    base = "import time\n\n\nclass Base:\n    def run(self) -> None:\n        time.sleep(1)\n"
    project.apply(
        {
            "view.py": _VIEW,
            "near.py": "from making import made\n\n\ndef one():\n    made().run()\n",
            "making.py": made,
            "kinds.py": "from bases import Base\n\n\nclass Kind(Base):\n    pass\n",
            "bases.py": f"{base}\n\nclass Other:\n    def run(self) -> None:\n        pass\n",
        }
    )
    assert project.checked().findings == _REACHED
    project.apply({"kinds.py": "from bases import Other\n\n\nclass Kind(Other):\n    pass\n"})
    assert project.checked().findings == ()
    project.apply({"kinds.py": "from bases import Base\n\n\nclass Kind(Base):\n    pass\n"})
    assert project.checked().findings == _REACHED


@pytest.mark.parametrize(
    "section",
    ["[mypy-far,near]\nignore_errors = True\n", "[mypy-far,near]\nfollow_imports = silent\n"],
)
def test_calls_are_followed_where_mypy_shows_no_errors(places: Places, section: str) -> None:
    """Mypy skips the bodies of such modules."""
    project = places.project()
    places.forget(project)
    configuration = project.folder / "mypy.ini"
    configuration.write_text(configuration.read_text() + section)
    project.apply(_FILES)
    assert project.checked().findings == _REACHED
    assert project.checked("--follow-imports=silent").findings == _REACHED
    project.apply({"far.py": _HARMLESS})
    assert project.checked().findings == ()
