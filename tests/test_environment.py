"""What is read of the checked program's environment."""

from pathlib import Path

import pytest
from mypy.options import Options

from mypy_async_django import environment


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
    monkeypatch.setattr(environment, "get_search_dirs", lambda _: ([], [str(tmp_path)]))
    assert environment.django_version(Options()) == version
