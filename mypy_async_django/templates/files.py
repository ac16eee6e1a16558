"""Template files: where they are, and which of them a module's text names."""

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from mypy_async_django.templates.libraries import Library, OwnTag, read_library
from mypy_async_django.templates.syntax import Tag, constant, read
from mypy_async_django.templates.usage import (
    ContextUse,
    UnknownTemplateError,
    uses_of,
    uses_of_text,
)

_STRING: Final = re.compile(rb"""["']([^"'\\\n]+\.\w+)["']""")
_RENDERING: Final = (b"render", b"template")


class TemplateSettings(NamedTuple):
    """What a project's settings say of its templates.

    ``directories`` are searched in their order. ``processors`` are the full names of the context
    processors. ``apps`` are those that may have tag libraries, by their modules and folders,
    ``builtins`` are the modules of libraries that each template has loaded.
    """

    directories: tuple[str, ...] = ()
    apps: tuple[tuple[str, str], ...] = ()
    builtins: tuple[str, ...] = ()
    processors: frozenset[str] = frozenset()


class Templates:
    """The templates of a project, each read once."""

    def __init__(self, settings: TemplateSettings) -> None:
        self._directories = tuple(Path(directory) for directory in settings.directories)
        self.processors = settings.processors
        self._apps = settings.apps
        self._builtins = settings.builtins
        self._texts: dict[str, str | None] = {}
        self._libraries: dict[str, Library] = {}
        self._uses: dict[str, tuple[ContextUse, ...] | None] = {}

    def forget(self) -> None:
        """Read the files again: the daemon may ask long after the first time."""
        self._texts.clear()
        self._libraries.clear()
        self._uses.clear()

    def text(self, name: str) -> str | None:
        """The text of the template that Django finds by a name; None where it finds none."""
        if name not in self._texts:
            self._texts[name] = self._found(name)
        return self._texts[name]

    def _found(self, name: str) -> str | None:
        if name.startswith("/") or ".." in name.split("/"):
            return None
        for directory in self._directories:
            try:
                return (directory / name).read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
        return None

    def library(self, name: str) -> Library:
        """The tags and filters of the libraries that templates load by a name; "" for built-in ones."""
        if name not in self._libraries:
            found: dict[str, OwnTag] = {}
            for module, path in self._library_files(name):
                with suppress(OSError, ValueError):
                    found |= read_library(module, path.read_text(encoding="utf-8"))
            self._libraries[name] = found
        return self._libraries[name]

    def _library_files(self, name: str) -> Iterator[tuple[str, Path]]:
        for app, path in self._apps:
            if name:
                yield f"{app}.templatetags.{name}", Path(path, "templatetags", f"{name}.py")
            for module in self._builtins if not name else ():
                inside = module.removeprefix(f"{app}.")
                if inside != module:
                    yield module, Path(path, *inside.split(".")).with_suffix(".py")

    def uses(self, name: str) -> tuple[ContextUse, ...] | None:
        """What the template of a name does to its context; None where that is not known."""
        if name not in self._uses:
            try:
                self._uses[name] = uses_of(name, self)
            except UnknownTemplateError:
                self._uses[name] = None
        return self._uses[name]

    def uses_of_text(self, text: str) -> tuple[ContextUse, ...] | None:
        """As `uses`, of a template given as text."""
        try:
            return uses_of_text(text, self)
        except UnknownTemplateError:
            return None

    def digest(self, path: str) -> str:
        """A digest of the templates that a module names, and of those that they need.

        Empty where it names none. The names are taken from the text of the module's file alone, so
        that it is cheap to ask for modules that mypy has in its cache.
        """
        if not self._directories:
            return ""
        try:
            source = Path(path).read_bytes()
        except OSError:
            return ""
        if not any(word in source for word in _RENDERING):
            return ""
        names = sorted({found.decode(errors="replace") for found in _STRING.findall(source)})
        texts = [f"{name}\0{text}" for name in self._needed(names) if (text := self.text(name))]
        if not texts:
            return ""
        texts += self._functions(texts)
        return sha256("\0".join(texts).encode()).hexdigest()

    def _functions(self, templates: list[str]) -> Iterator[str]:
        """The files of the tags that templates load, and of the project's context processors."""
        libraries = {"", *(word for text in templates for word in _libraries(read(text)))}
        for name in sorted(libraries):
            for _, file in self._library_files(name):
                with suppress(OSError, ValueError):
                    yield file.read_text(encoding="utf-8")
        modules = {name.rpartition(".")[0].replace(".", "/") for name in self.processors}
        for directory in self._directories:
            app = directory.parent
            for file in (app.parent / f"{name}.py" for name in sorted(modules)):
                with suppress(OSError, ValueError):
                    yield file.read_text(encoding="utf-8")

    def _needed(self, names: list[str]) -> Iterator[str]:
        seen = set(names)
        queue = list(names)
        for name in queue:  # grows
            yield name
            text = self.text(name)
            tags = read(text) if text is not None else ()
            own = [
                tag.template
                for library in _libraries(tags)
                for tag in self.library(library).values()
                if tag.template is not None
            ]
            for needed in (*_referenced(tags), *own):
                if needed not in seen:
                    seen.add(needed)
                    queue.append(needed)


def _libraries(tags: tuple[Tag, ...]) -> Iterator[str]:
    """The libraries that a template loads."""
    for tag in tags:
        if tag.name == "load":
            yield from tag.words
        yield from _libraries(tag.body or ())


def _referenced(tags: tuple[Tag, ...]) -> Iterator[str]:
    """The templates that a template extends and includes."""
    for tag in tags:
        name = constant(tag.words[0]) if tag.words else None
        if name is not None and tag.name in {"extends", "include"}:
            yield name
        yield from _referenced(tag.body or ())
