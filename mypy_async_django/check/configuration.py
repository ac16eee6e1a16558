"""The configuration for mypy's run: the project's own, with what ``check`` needs of it changed."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mypy_async_django.check.project import Project, misnamed_packages, sections

DJANGO_STUBS: Final = "mypy_django_plugin.main"
OURS: Final = "mypy_async_django"

#: What a project has for its own runs of mypy, and what would hide or change our findings.
_LEFT_OUT: Final = frozenset(
    {
        "cache_dir",
        "color_output",
        "error_summary",
        "hide_error_codes",
        "ignore_errors",
        "install_types",
        "junit_xml",
        "many_errors_threshold",
        "non_interactive",
        "output",
        "pdb",
        "pretty",
        "show_absolute_path",
        "show_error_context",
        "show_error_code_links",
        "show_traceback",
        "warn_unused_configs",
    }
)

#: What names the files to check where the command does not.
_SOURCES: Final = ("files", "packages", "modules")


def write(project: Project, path: Path, *, with_django: bool) -> bool:
    """Write mypy's configuration for a project to a new file; whether it names the files to check.

    With ``with_django``, django-stubs' plugin is on. The file's format is that of the project's.
    """
    original = project.configuration
    found = _by_name(sections(original)) if original is not None else {}
    own = dict(found.get("mypy", {})) if original is not None else _without_configuration(project)
    named = [_plugin(name, original) for name in _list(own.get("plugins", []))]
    kept = [name for name in named if with_django or name != DJANGO_STUBS]
    needed = (DJANGO_STUBS, OURS) if with_django else (OURS,)
    kept += [name for name in needed if name not in kept]
    own["plugins"] = kept if _is_toml(original) else ", ".join(kept)
    found = {"mypy": own, **{name: values for name, values in found.items() if name != "mypy"}}
    found = {name: _kept(name, values) for name, values in found.items()}
    text = "\n".join(_toml(found) if _is_toml(original) else _ini(found)) + "\n"
    if original is not None:
        folder = str(original.parent.resolve())
        text = text.replace("$MYPY_CONFIG_FILE_DIR", folder)
        text = text.replace("${MYPY_CONFIG_FILE_DIR}", folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return any(own.get(key) for key in _SOURCES)


def plugins(project: Project) -> list[str]:
    """The plugins that the project's own configuration names."""
    found = sections(project.configuration) if project.configuration else {}
    return _list(found.get("mypy", {}).get("plugins", []))


def name_for(project: Project) -> str:
    """The name of the written file: mypy tells its format by it."""
    return "mypy.toml" if _is_toml(project.configuration) else "mypy.ini"


def _without_configuration(project: Project) -> dict[str, Any]:
    """What makes most of a project that has no configuration for mypy."""
    return {
        "ignore_missing_imports": "True",
        "check_untyped_defs": "True",
        "explicit_package_bases": "True",
        "mypy_path": str(project.import_root),
        **_without_misnamed(),
    }


def _without_misnamed() -> dict[str, str]:
    misnamed = misnamed_packages(Path.cwd())
    return {"exclude": f"^({'|'.join(map(re.escape, misnamed))})/"} if misnamed else {}


def _by_name(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The sections that mypy and its plugins may read, each a table."""
    return {name: dict(values) for name, values in found.items() if isinstance(values, Mapping)}


def _kept(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A section without what is left out of mypy's own ones."""
    if name != "mypy" and not name.startswith("mypy-"):
        return dict(values)
    kept = {
        key: value
        for key, value in values.items()
        if key not in _LEFT_OUT and not key.endswith("_report")
    }
    if isinstance(overrides := kept.get("overrides"), list):
        kept["overrides"] = [
            {key: value for key, value in override.items() if key not in _LEFT_OUT}
            for override in overrides
        ]
    return kept


def _plugin(name: str, original: Path | None) -> str:
    """A plugin's name; a file is named in full, since mypy looks from its configuration's folder."""
    file, separator, function = name.partition(":")
    if not file.endswith(".py") or original is None:
        return name
    return f"{(original.parent / file).resolve()}{separator}{function}"


def _list(value: object) -> list[str]:
    if isinstance(value, str):
        value = value.replace("\n", ",").split(",")
    names = map(str, value) if isinstance(value, list) else iter(())
    return [name.strip() for name in names if name.strip()]


def _is_toml(path: Path | None) -> bool:
    return path is not None and path.suffix == ".toml"


def _ini(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, values in found.items():
        yield f"[{name}]"
        for key, value in values.items():
            yield f"{key} = {value}".replace("\n", "\n    ")


def _toml(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, values in found.items():
        yield f"[tool.{_value(name)}]"
        for key, value in values.items():
            yield f"{_value(key)} = {_value(value)}"


def _value(value: object) -> str:
    """A value in toml."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return str(value).lower()
        case Mapping():
            inner = ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items())
            return f"{{{inner}}}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return str(value)  # numbers, dates and times
