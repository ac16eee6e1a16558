"""The summaries of all modules of a build: taken when they can be, kept where mypy keeps things."""

from collections.abc import Callable

from mypy.nodes import FuncDef, FuncItem, MypyFile
from mypy.options import Options

from mypy_async_django import environment
from mypy_async_django.catalogue.lookup import Catalogue
from mypy_async_django.effects import interface
from mypy_async_django.effects.call_graph import CallGraph, Reachable, module_of
from mypy_async_django.effects.summarise import summaries_of, summary_in, summary_of
from mypy_async_django.effects.summary import Summaries, Summary, loaded
from mypy_async_django.index.bodies import Bodies
from mypy_async_django.index.resolution.callees import summary_name


class Facts:
    """Asks for a module's summaries: taken now while its bodies are there, or from mypy's cache.

    ``bodies`` makes new `Bodies`; functions that ``catalogue`` trusts end every path.
    """

    def __init__(
        self,
        options: Options,
        modules: dict[str, MypyFile],
        bodies: Callable[[], Bodies],
        catalogue: Catalogue,
    ) -> None:
        self._options = options
        self._modules = modules
        self._bodies = bodies
        self._catalogue = catalogue
        self.failures: dict[str, Exception] = {}
        """Exceptions met while summarising, by the module's name: mypy goes on."""
        self._taken: dict[str, tuple[MypyFile, Summaries]] = {}
        self._stored: dict[str, tuple[str, Summaries]] = {}
        self._reachable: dict[str, Reachable] = {}
        self._projects: dict[str, bool] = {}

    def is_project(self, tree: MypyFile) -> bool:
        """Whether a module is the user's: nobody's installed package, no stub."""
        return not tree.is_stub and not environment.is_installed(tree.path, self._options)

    def take(self, tree: MypyFile) -> None:
        """Summarise a module whose bodies are there, if that is not done."""
        if tree.defs and self.is_project(tree):
            self.of(tree)

    def forget(self, tree: MypyFile) -> None:
        """A module has been read anew."""
        self._reachable.clear()
        self._projects.clear()
        self._taken.pop(tree.fullname, None)

    def of(self, tree: MypyFile) -> Summaries:
        """The summaries of a module."""
        taken = self._taken.get(tree.fullname)
        if taken is not None and taken[0] is tree:
            return taken[1]
        if not tree.defs or not self.is_project(tree):
            return self._kept(tree)
        bodies = self._bodies()
        try:
            summaries = summaries_of(tree, bodies.inferred, self._is_projects)
        except Exception as error:
            if self._options.show_traceback and not self._options.fine_grained_incremental:
                raise
            self.failures[tree.fullname] = error
            summaries = {}
        return self._keep(tree, summaries, bodies)

    def take_again(self, tree: MypyFile, function: FuncDef) -> bool:
        """Put a function's new summary in the place of the old one; whether it is another."""
        name = summary_name(function).removeprefix(f"{tree.fullname}.")
        if not function.fullname.startswith(f"{tree.fullname}."):
            return False
        bodies, before = self._bodies(), self.of(tree)
        try:
            summary = summary_in(tree, function, bodies.inferred, self._is_projects)
        except Exception:
            return False  # the old one stays: told when the whole module is summarised again
        if summary == before.get(name, Summary()):
            return False
        summaries = {**before, name: summary}
        self._keep(tree, {name: facts for name, facts in summaries.items() if facts}, bodies)
        self._reachable.clear()
        return True

    def reach(self, bodies: Bodies, outermost: FuncItem | None) -> CallGraph:
        """What the functions that one body calls do, through whatever they call."""

        def nested(function: FuncItem) -> Summary:
            return summary_of(
                function, lambda item: bodies.inferred(item, outermost), self._is_projects
            )

        api, class_named = self._catalogue.api, bodies.members.class_named
        return CallGraph(
            self._modules, self.of, nested, api, class_named, self._reachable, self._is_projects
        )

    def _kept(self, tree: MypyFile) -> Summaries:
        """The summaries that mypy has stored with a module, read once."""
        text = interface.text(tree)
        if text is None:
            return {}
        read = self._stored.get(tree.fullname)
        if read is None or read[0] != text:
            read = self._stored[tree.fullname] = text, loaded(text)
        return read[1]

    def _keep(self, tree: MypyFile, summaries: Summaries, bodies: Bodies) -> Summaries:
        interface.keep(tree, summaries, bodies.members.standard("builtins.str"))
        self._taken[tree.fullname] = tree, summaries
        return summaries

    def _is_projects(self, function: str) -> bool:
        """Whether a function, by its full name, is defined in a module of the user's."""
        if function not in self._projects:
            tree = None if self._catalogue.trusts(function) else module_of(function, self._modules)
            self._projects[function] = tree is not None and self.is_project(tree)
        return self._projects[function]
