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
    printed = _said(tmp_path, f"MIDDLEWARE: list[str] = {middleware}", LOADED)
    assert printed.count("SynchronousOnlyOperation") == (0 if required else 2), printed


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        (2, "MIDDLEWARE = [AUTHENTICATION]"),
        (2, "CACHES = {'default': {'BACKEND': 'own.Cache'}}; MIDDLEWARE: list[str] = []"),
        (1, "MIDDLEWARE = [SESSIONS]"),
        (1, "MIDDLEWARE = [AUTHENTICATION]; SESSION_ENGINE = BACKENDS + 'signed_cookies'"),
    ],
)
def test_what_settings_decide_of_requests(tmp_path: Path, said: int, settings: str) -> None:
    """Users need a middleware, and sessions may be in memory."""
    assert _said(tmp_path, settings, LOADED).count("SynchronousOnlyOperation") == said


MAILED: Final = "send_mail('', '', None, ['a@example.com']), make_password('x'), cache.get('x')"


@pytest.mark.parametrize(
    ("silent", "settings"),
    [
        ("cache.get", ""),
        ("", "CACHES = {'default': {'BACKEND': 'own.Cache'}}"),
        ("cache.get send_mail", "EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'"),
        ("cache.get", "EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'"),
        (
            "cache.get make_password",
            "PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']",
        ),
    ],
)
def test_what_settings_decide_of_backends(tmp_path: Path, silent: str, settings: str) -> None:
    """Mail, passwords and caches block where their backend is slow, or not known."""
    printed = _said(tmp_path, settings, MAILED)
    apis = ("cache.get", "make_password", "send_mail")
    assert [api for api in apis if f'"{api}" blocks' not in printed] == sorted(silent.split())


def test_changed_settings_make_findings_stale(tmp_path: Path) -> None:
    """What mypy has in its cache is checked again if the settings decide otherwise."""
    slow = "CACHES = {'default': {'BACKEND': 'own.Cache'}}"
    for settings in ("", slow, ""):
        printed = _said(tmp_path, settings, MAILED, cache_dir=str(tmp_path / "cache"))
        assert ("cache.get" in printed) == (settings == slow), printed


def test_settings_are_read_where_nothing_loads_them(tmp_path: Path) -> None:
    """Without django-stubs' plugin they are read as data; changed ones make findings stale."""
    slow = "CACHES = {'default': {'BACKEND': 'own.Cache'}}"
    (tmp_path / "manage.py").write_text(
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'project_settings')\n"
    )
    for settings in ("", slow, "", f"{slow}; raise SystemExit"):
        cache = str(tmp_path / "cache")
        printed = _said(tmp_path, settings, MAILED, cache_dir=cache, plugins="mypy_async_django")
        assert ('"cache.get" blocks' in printed) == (slow in settings), printed


def _said(
    tmp_path: Path,
    settings: str,
    expressions: str,
    cache_dir: str = os.devnull,
    plugins: str = "mypy_async_django, mypy_django_plugin.main",
) -> str:
    """What mypy says of a view that computes some expressions, in a project with some settings."""
    (tmp_path / "project_settings.py").write_text(
        "AUTHENTICATION = 'django.contrib.auth.middleware.AuthenticationMiddleware'\n"
        "SESSIONS = 'django.contrib.sessions.middleware.SessionMiddleware'\n"
        "BACKENDS = 'django.contrib.sessions.backends.'\n"
        "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes']"
        f"\n{settings}\n"
    )
    (tmp_path / "views.py").write_text(
        "from django.contrib.auth.hashers import make_password\n"
        "from django.core.cache import cache\n"
        "from django.core.mail import send_mail\n"
        "from django.http import HttpRequest, HttpResponse\n\n\n"
        "async def page(request: HttpRequest) -> HttpResponse:\n"
        f"    return HttpResponse(str(({expressions})))\n"
    )
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nplugins = {plugins}\n"
        "[mypy.plugins.django-stubs]\ndjango_settings_module = project_settings\n"
    )
    command = [sys.executable, "-m", "mypy", "--cache-dir", cache_dir, "views.py"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)  # other tests in this process set it
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    return run.stdout + run.stderr


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


@pytest.mark.parametrize(
    ("installed", "plugins", "said"),
    [
        ((), ("mypy_async_django",), "Django is not installed"),
        (("django-5.2.9",), ("mypy_async_django",), "django-stubs is not installed"),
        (("django-5.2.9", "django_stubs-5.2.9"), ("mypy_async_django",), "plugin of django-stubs"),
        (("django-5.2.9", "django_stubs-5.2.9"), ("mypy_django_plugin.main",), None),
        (("django-5.2.9", "django_types-0.20.0"), ("mypy_async_django",), None),
    ],
)
def test_what_django_lacks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: tuple[str, ...],
    plugins: tuple[str, ...],
    said: str | None,
) -> None:
    """Said to those whose program uses Django, with what to do."""
    for name in installed:
        (tmp_path / f"{name}.dist-info").mkdir()
    monkeypatch.setattr(packages, "get_search_dirs", lambda _: ([], [str(tmp_path)]))
    found = environment.missing(None, plugins)
    assert (said or "") in (found or "")
    assert bool(found) is bool(said)
