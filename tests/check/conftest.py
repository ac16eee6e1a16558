"""A small Django project, and the command run in it as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Check = Callable[..., subprocess.CompletedProcess[str]]

SETTINGS = """\
SECRET_KEY = "not so secret"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
USE_TZ = True
"""

MANAGE = """\
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
"""

HELPERS = """\
from django.contrib.auth.models import User


def names() -> list[str]:
    return [user.username for user in User.objects.all()]
"""

VIEWS = """\
import time
from pathlib import Path

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from mysite.helpers import names

wrong: int = ""


async def index(request: HttpRequest) -> HttpResponse:
    user = User.objects.get(pk=1)
    time.sleep(1)
    print(names())
    Path("log").read_text()
    return HttpResponse(user.username)
"""


@pytest.fixture(name="site")
def site_(tmp_path: Path) -> Path:
    """A project with three mistakes, one in code that is off by default, and an error of mypy's."""
    (tmp_path / "mysite").mkdir()
    (tmp_path / "manage.py").write_text(MANAGE)
    for name, text in {
        "__init__": "",
        "settings": SETTINGS,
        "helpers": HELPERS,
        "views": VIEWS,
    }.items():
        (tmp_path / "mysite" / f"{name}.py").write_text(text)
    return tmp_path


@pytest.fixture(name="check")
def check_(site: Path) -> Check:
    """Runs the command in the project; further arguments are its own."""
    environment = {key: value for key, value in os.environ.items() if "DJANGO" not in key}
    environment.pop("MYPYPATH", None)

    def run(*arguments: str, command: str = "check") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mypy_async_django", command, *arguments],
            cwd=site,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
