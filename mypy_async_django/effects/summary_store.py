"""The summaries of a build's functions: each is worked out when it is asked for, once."""

from collections.abc import Callable, Iterable
from typing import Final

from mypy.nodes import FuncDef, FuncItem, MypyFile, TypeInfo

from mypy_async_django.bridge.build import Build
from mypy_async_django.bridge.function_bodies import FunctionBodies, UnreadableError
from mypy_async_django.bridge.installed import mentions, top_level
from mypy_async_django.catalogue.lookup import Catalogue
from mypy_async_django.catalogue.row import Effect
from mypy_async_django.effects.call_graph import CallGraph, ReachableMemo, module_of
from mypy_async_django.effects.declared import declared_names
from mypy_async_django.effects.summarise import summary_named, summary_of
from mypy_async_django.effects.summary import Part, Summaries, Summary, part_named
from mypy_async_django.index.abstract import Action, Call, Dispatch, Operation
from mypy_async_django.index.bodies import Bodies
from mypy_async_django.index.inference.inference import InferredTypes
from mypy_async_django.index.syntax.body import Body, Types

_NOTHING: Final = Summary()
#: The parts of a summary that do not count of a function in a package.
_OF_PROJECT: Final = frozenset({Part.RESULT, Part.TOUCHES, Part.TAKES})
#: Of these, the catalogue says what there is to say.
_NOT_FOLLOWED: Final = frozenset({"asgiref", "django"})
#: How a package imports Django that has queries.
_DJANGO: Final = (b"from django", b"import django")


class SummaryStore:
    """Returns a function's summary by its full name.

    ``bodies`` makes new `Bodies`; functions that ``catalogue`` trusts end every path. ``follows``
    says of an installed module whether calls are followed into it. Of what its functions do, only
    queries count that run whatever the arguments are: what blocks in a package may be meant to, and
    depends on how it is set up.
    """

    def __init__(
        self,
        build: Build,
        modules: dict[str, MypyFile],
        bodies: Callable[[], Bodies],
        catalogue: Catalogue,
        follows: Callable[[str], bool],
    ) -> None:
        self._build = build
        self._modules = modules
        self._bodies = bodies
        self._catalogue = catalogue
        self._follows = follows
        self.failures: dict[str, Exception] = {}
        """Exceptions met while summarising, by the function's full name: mypy goes on."""
        self._sources = FunctionBodies(build.options, modules)
        self._known: dict[str, tuple[MypyFile, dict[str, Summary]]] = {}
        self._type_modules: dict[str, set[str]] = {}
        self._reachable = ReachableMemo()
        self._followed: dict[str, bool] = {}

    def is_followed(self, tree: MypyFile) -> bool:
        """Whether calls are followed into a module: the user's, or one of a package with source.

        Django's own functions are the catalogue's. Packages that do not import it are left out:
        there is no query to find in them.
        """
        if self._build.is_project(tree):
            return True
        package = tree.fullname.partition(".")[0]
        return (
            not tree.is_stub
            and package not in _NOT_FOLLOWED
            and self._follows(tree.fullname)
            and not self._catalogue.trusts(tree.fullname)
            and mentions(top_level(tree.fullname, tree.path), _DJANGO)
        )

    def forget(self, tree: MypyFile) -> None:
        """A module has been read anew."""
        self._reachable.clear()
        self._followed.clear()
        self._known.pop(tree.fullname, None)
        self._sources.forget(tree.fullname)

    def all_of(self, tree: MypyFile) -> Summaries:
        """The summaries of all functions of a module whose statements mypy holds.

        Those of which there is nothing to say are left out.
        """
        if not tree.defs or not self._build.is_project(tree):
            return {}
        source, bodies = self._sources.of(tree), self._bodies()
        definitions = source.definitions
        names = {*definitions.functions, *definitions.values, *definitions.attributes}
        for name, definition in definitions.classes.items():
            info = source.symbol(name)
            if isinstance(info, TypeInfo):
                names.update(declared_names(name, info, definition))
        asked = [part.of(name) for name in names for part in Part]
        found = {name: self._named(tree, name, bodies) for name in asked}
        return {name: summary for name, summary in found.items() if summary}

    def take_again(self, tree: MypyFile, function: FuncDef) -> bool:
        """Replace a function's summary by a new one; returns whether they differ."""
        found = self._sources.of(tree).definitions.functions
        names = [
            part.of(name)
            for name, definition in found.items()
            if definition.function is function
            for part in Part
        ]
        bodies, is_another = self._bodies(), False
        for name in names:
            before = self._named(tree, name, bodies)
            self._summaries(tree).pop(name)
            is_another |= self._named(tree, name, bodies) != before
        if is_another:
            self._reachable.clear()
        return is_another

    def named(self, function: str) -> Summary:
        """A `Part` of a function's summary by its full name; an empty one of what is not known."""
        return self._of_function(function, self._bodies())

    def module_of(self, function: str) -> str | None:
        """The module that a function, by its full name, is defined in."""
        tree = module_of(function, self._modules)
        return None if tree is None else tree.fullname

    def modules_of(self, functions: Iterable[str]) -> set[str]:
        """The modules that some functions, by their full names, are defined in."""
        return {name for each in functions if (name := self.module_of(each)) is not None}

    def depends_on(self, functions: Iterable[str]) -> set[str]:
        """The modules that the summaries of some functions depend on, their types included."""
        found: set[str] = set()
        for function in functions:
            found |= self._type_modules.get(function, set())
            if (tree := module_of(function, self._modules)) is not None:
                found.add(tree.fullname)
        return found

    def call_graph(self, bodies: Bodies, outermost: FuncItem | None) -> CallGraph:
        """What the functions that one body calls do, through whatever they call."""

        def named(function: str) -> Summary:
            return self._of_function(function, bodies)

        def nested(function: FuncItem, part: Part) -> Summary:
            return summary_of(
                function, part, lambda item: bodies.inferred(item, outermost), self._is_followed
            )

        api, class_named = self._catalogue.api, bodies.members.class_named
        return CallGraph(
            self._modules, named, nested, api, class_named, self._reachable, self._is_followed
        )

    def _of_function(self, function: str, bodies: Bodies) -> Summary:
        tree = module_of(function, self._modules)
        if tree is None or not self.is_followed(tree):
            return _NOTHING
        return self._named(tree, function.removeprefix(f"{tree.fullname}."), bodies)

    def _named(self, tree: MypyFile, name: str, bodies: Bodies) -> Summary:
        """A part of a function's summary by its name within its module."""
        known = self._summaries(tree)
        if name not in known:
            known[name] = _NOTHING  # what it may be asked for while it is worked out
            known[name] = self._worked_out(tree, name, bodies)
        return known[name]

    def _worked_out(self, tree: MypyFile, name: str, bodies: Bodies) -> Summary:
        types: list[Types] = []

        def body_of(function: FuncItem | MypyFile) -> Body:
            body = bodies.summarised(function)
            types.append(body.types)
            return body

        full_name, is_project = f"{tree.fullname}.{name}", self._build.is_project(tree)
        function, part = part_named(full_name)
        if not is_project and part in _OF_PROJECT:
            return _of_package(_NOTHING)
        try:
            source = self._sources.of(tree)
            summary = summary_named(name, tree, source, body_of, self._is_followed)
        except (OSError, UnreadableError):
            return _NOTHING  # the file is gone, or another one, since mypy has read it
        except Exception as error:
            if self._sources.is_newer(tree):
                return _NOTHING  # another text than mypy's: somebody is at work on it
            if self._build.raises_exceptions:
                raise
            if is_project:
                self.failures[function] = error
            return _NOTHING
        modules = [each.modules for each in types if isinstance(each, InferredTypes)]
        self._type_modules[full_name] = set().union(*modules)
        return summary if is_project else _of_package(summary)

    def _summaries(self, tree: MypyFile) -> dict[str, Summary]:
        known = self._known.get(tree.fullname)
        if known is None or known[0] is not tree:
            known = self._known[tree.fullname] = tree, {}
        return known[1]

    def _is_followed(self, function: str) -> bool:
        """Whether a function, by its full name, is one that calls are followed into."""
        if function not in self._followed:
            is_opaque = self._catalogue.is_opaque(function)
            tree = None if is_opaque else module_of(function, self._modules)
            self._followed[function] = (
                tree is not None
                and self.is_followed(tree)
                and (self._build.is_project(tree) or self._catalogue.api(function) is None)
            )
        return self._followed[function]


def _of_package(summary: Summary) -> Summary:
    """What counts of a function in a package: that it queries, itself or through what it calls."""
    actions = tuple(action for action in summary.actions if _may_query(action))
    return summary._replace(
        actions=actions,
        passes=(),
        result=(),
        touches=(),
        value_parameters=(),
        queries=(),
        callbacks=(),
        coroutine_from=(),
        is_installed=True,
    )


def _may_query(action: Action) -> bool:
    match action.does:
        case Operation(effect=effect):
            return effect is Effect.RAISES
        case does:
            return isinstance(does, Call | Dispatch)
