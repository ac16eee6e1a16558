"""What is read of the checked program's environment."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from mypy_async_django import environment
from mypy_async_django.bridge import installed as packages
from mypy_async_django.config import Config


@pytest.mark.parametrize(
    ("installed", "version"),
    [
        ("django-5.2.9", (5, 2)),
        ("Django-4.2", (4, 2)),
        ("django-6.0rc1", (6, 0)),
        ("django-5.2b1", (5, 2)),
        ("django-6.1.dev20260101", (6, 1)),
        ("djangorestframework-3.16.0", environment.NEWEST_DJANGO),
        ("django_stubs-5.2.9", environment.NEWEST_DJANGO),
    ],
)
def test_installed_django(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: str, version: tuple[int, int]
) -> None:
    """Major and minor, of final releases and of others; the newest where there is none."""
    (tmp_path / f"{installed}.dist-info").mkdir()
    monkeypatch.setattr(packages, "get_search_dirs", lambda _: ([], [str(tmp_path)]))
    assert environment.django_version(None) == version


LOADED: Final = "request.session['key'], request.user.pk"


@pytest.mark.parametrize("required", [False, True])
def test_middleware_that_looks_into_users(tmp_path: Path, *, required: bool) -> None:
    """With ``LoginRequiredMiddleware`` in the settings, each request comes with its user."""
    middleware = ["django.contrib.auth.middleware.LoginRequiredMiddleware"] * required
    (tmp_path / "project_settings.py").write_text(
        f"SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes']"
        f"\nMIDDLEWARE: list[str] = {middleware}\n"
    )
    (tmp_path / "views.py").write_text(
        "from django.http import HttpRequest, HttpResponse\n\n\n"
        "async def page(request: HttpRequest) -> HttpResponse:\n"
        f"    return HttpResponse(str(({LOADED})))\n"
    )
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nplugins = mypy_async_django, mypy_django_plugin.main\n"
        "[mypy.plugins.django-stubs]\ndjango_settings_module = project_settings\n"
    )
    command = [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "views.py"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout.count("SynchronousOnlyOperation") == (0 if required else 2), run.stdout


@pytest.mark.parametrize(
    ("installed", "settings", "message"),
    [
        ("django-4.1.13", Config(), "needs Django 4.2 or later, and this is 4.1.13"),
        ("django-4.1.13", Config(django_version=(5, 2)), None),
        ("django-4.2.20", Config(), None),
        ("django-5.2rc1", Config(), None),
        ("django_stubs-5.1.0", Config(), "needs django-stubs 6.1 or later, and this is 5.1.0"),
        ("django_stubs-6.1.0", Config(), None),
        ("djangorestframework-3.1.0", Config(), None),
    ],
)
def test_packages_that_are_too_old(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: str,
    settings: Config,
    message: str | None,
) -> None:
    """Nobody would know what is missing: they are named."""
    (tmp_path / f"{installed}.dist-info").mkdir()
    monkeypatch.setattr(packages, "get_search_dirs", lambda _: ([], [str(tmp_path)]))
    found = environment.problem(None, settings)
    assert (found is None) is (message is None)
    assert message is None or message in str(found)
