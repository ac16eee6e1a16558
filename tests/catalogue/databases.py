"""Where the tests keep their rows: an SQLite file always, PostgreSQL as well with ``POSTGRES=1``."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Final

#: Django's settings of a database, as far as they differ from the shared project's.
Settings = dict[str, Any]

_ROLE: Final = "tests"
#: Debian keeps the programs of each version in a folder of its own, off PATH.
_DEBIAN: Final = Path("/usr/lib/postgresql")
#: The server refuses to run as root; Debian's package makes this user for it.
_USER: Final = "postgres"
# No network, and nothing has to outlive a crash.
_OPTIONS: Final = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c jit=off"
_COPIES: Final = count(1)


@dataclass(frozen=True, slots=True)
class Source:
    """A database to fill, and what makes a copy of it to use up."""

    settings: Settings
    copy: Callable[[], AbstractContextManager[Settings]]


@contextmanager
def sqlite(folder: Path) -> Iterator[Source]:
    """A file in this folder."""
    path = folder / "filled.sqlite3"

    @contextmanager
    def copy() -> Iterator[Settings]:
        with tempfile.TemporaryDirectory(dir=folder) as elsewhere:
            yield {"NAME": str(shutil.copy(path, elsewhere))}

    yield Source({"NAME": str(path)}, copy)


@contextmanager
def postgresql(_: Path) -> Iterator[Source]:
    """A cluster of its own, in a temporary folder and reached by its socket only."""
    with _cluster() as server:

        @contextmanager
        def copy() -> Iterator[Settings]:
            name = f"copy_{next(_COPIES)}"
            _execute(server, f"CREATE DATABASE {name} TEMPLATE filled")
            yield {**server, "NAME": name}
            # By force: what a test offloaded may have left a connection open in its thread.
            _execute(server, f"DROP DATABASE {name} WITH (FORCE)")

        _execute(server, "CREATE DATABASE filled")
        yield Source({**server, "NAME": "filled"}, copy)


#: The databases of this run.
KINDS: Final[Mapping[str, Callable[[Path], AbstractContextManager[Source]]]] = {
    "sqlite": sqlite,
    **({"postgresql": postgresql} if os.environ.get("POSTGRES") else {}),
}


def missing(kind: str) -> str | None:
    """What this database would need and is not installed, with the way to get it."""
    if kind == "postgresql" and _programs() is None:
        return "PostgreSQL is not installed: apt install postgresql"
    if kind == "postgresql" and find_spec("psycopg") is None:
        return 'psycopg is not installed: pip install "psycopg[binary]"'
    return None


@contextmanager
def _cluster() -> Iterator[Settings]:
    programs = _programs()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        if _server_user():
            shutil.chown(folder, _USER)
        data = ("-D", f"{folder}/data")
        _run(programs / "initdb", *data, "-U", _ROLE, "-A", "trust", "-E", "UTF8", "-N")
        control = (programs / "pg_ctl", *data, "-l", f"{folder}/log")
        _run(*control, "-w", "-o", f"-k {folder} {_OPTIONS}", "start")
        try:
            yield {"ENGINE": "django.db.backends.postgresql", "HOST": folder, "USER": _ROLE}
        finally:
            _run(*control, "-m", "immediate", "stop")


def _execute(server: Settings, statement: str) -> None:
    # Imported here and by its name: it is optional, for mypy as well.
    connect = import_module("psycopg").connect
    where = {"host": server["HOST"], "user": server["USER"], "dbname": "postgres"}
    with connect(**where, autocommit=True) as connection:
        connection.execute(statement)


def _programs() -> Path | None:
    """The folder of the server's programs, of the newest version."""
    installed = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = shutil.which("initdb") or (installed[-1] if installed else None)
    return Path(found).parent if found else None


def _server_user() -> dict[str, Any]:
    """Who runs the server, as `subprocess` takes it: nobody else unless this is root."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"user": _USER, "group": _USER, "extra_groups": []} if is_root else {}


def _run(*command: str | Path) -> None:
    # Not a pipe: the server would keep it open.
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **_server_user())
