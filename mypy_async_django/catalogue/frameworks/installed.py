"""All frameworks, and their facts by kind."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from mypy_async_django.catalogue import decorators
from mypy_async_django.catalogue.decorators import SyncDecorator
from mypy_async_django.catalogue.frameworks import (
    adrf,
    allauth,
    celery,
    channels,
    django_tasks,
    factory_boy,
    forms,
    ninja,
    ninja_extra,
    pytest_django,
    ratelimit,
    rest_framework,
    strawberry,
)
from mypy_async_django.catalogue.frameworks.framework import (
    Declarative,
    FieldKind,
    Framework,
    Hooks,
)
from mypy_async_django.catalogue.row import Api

FRAMEWORKS: Final[tuple[Framework, ...]] = tuple(
    module.FRAMEWORK
    for module in (
        adrf,
        allauth,
        celery,
        channels,
        django_tasks,
        factory_boy,
        forms,
        ninja,
        ninja_extra,
        pytest_django,
        ratelimit,
        rest_framework,
        strawberry,
    )
)

ROWS: Final[tuple[Api, ...]] = tuple(chain.from_iterable(each.rows for each in FRAMEWORKS))
ENDPOINTS: Final = frozenset().union(*(each.endpoints for each in FRAMEWORKS))
SYNC_DECORATORS: Final[Mapping[str, SyncDecorator]] = {
    row.name: row for each in FRAMEWORKS for row in each.sync_decorators
}

#: By class: hooks that it calls if a subclass defines them.
HOOKS: Final[Mapping[str, Hooks]] = dict(
    chain.from_iterable(each.hooks.items() for each in FRAMEWORKS)
)

#: By module: the same for packages that are often untyped, where mypy reports no override.
UNTYPED_HOOKS: Final[Mapping[str, frozenset[str]]] = dict(
    chain.from_iterable(each.untyped_hooks.items() for each in FRAMEWORKS)
)

#: Packages that await the hooks of another package, with the prefix of that package's classes.
AWAITING: Final[Mapping[str, str]] = dict(
    chain.from_iterable(each.awaits.items() for each in FRAMEWORKS)
)

#: Classes whose subclasses declare fields, and the classes of such fields.
DECLARATIVE: Final[Mapping[str, Declarative]] = dict(
    chain.from_iterable(each.declarative.items() for each in FRAMEWORKS)
)
FIELDS: Final[Mapping[str, FieldKind]] = dict(
    chain.from_iterable(each.fields.items() for each in FRAMEWORKS)
)
#: The names of those classes, and of those that have rows, which mypy may not know.
UNTYPED_BASES: Final = frozenset(
    name.rpartition(".")[2]
    for name in (*DECLARATIVE, *(row.name.rpartition(".")[0] for row in ROWS))
    if name.rpartition(".")[2][:1].isupper()
)
#: The kinds of fields by the names of their classes, for where mypy does not know these.
FIELDS_BY_NAME: Final = {name.rpartition(".")[2]: kind for name, kind in FIELDS.items()}
#: The names of all methods that do what a class declares.
DECLARED_METHODS: Final = frozenset().union(*(each.methods for each in DECLARATIVE.values()))

#: The parameters of endpoints' decorators that name the class of the response.
RESPONSES: Final = frozenset(each.responses for each in FRAMEWORKS if each.responses)

#: Coroutine functions and methods of packages that are often untyped.
COROUTINES: Final = frozenset().union(*(each.coroutines for each in FRAMEWORKS))

#: What frameworks put in attributes and items, by the last steps to it as they are written.
ARRIVALS: Final[Mapping[tuple[str, ...], str]] = dict(
    chain.from_iterable(each.arrivals.items() for each in FRAMEWORKS)
)
#: Packages, with the module that has to be read before modules that import them.
LOADS: Final[Mapping[str, str]] = dict(
    chain.from_iterable(each.loads.items() for each in FRAMEWORKS)
)
#: Decorators whose sync functions run on the event loop beside async ones, with the way out.
ON_LOOP: Final[Mapping[str, str]] = dict(
    chain.from_iterable(each.on_loop.items() for each in FRAMEWORKS)
)
#: Classes that run such functions in coroutines.
ASYNC_SERVERS: Final = frozenset().union(*(each.async_servers for each in FRAMEWORKS))
#: Classes of tasks, and their methods that run the function where they are called.
TASKS: Final = tuple(name for each in FRAMEWORKS for name in each.tasks)
TASK_RUNNERS: Final = frozenset().union(
    *(names for each in FRAMEWORKS for names in each.tasks.values())
)
#: Without types: decorators that make tasks, and the classes of what methods of a task return.
TASK_MAKERS: Final = frozenset(chain.from_iterable(each.keeping for each in FRAMEWORKS))
TASK_RESULTS: Final[Mapping[str, str]] = dict(
    chain.from_iterable(each.results.items() for each in FRAMEWORKS)
)
#: Decorators of packages without types: the decorated name, called, runs the function here.
KEEPING: Final = (
    *decorators.KEEPING,
    *chain.from_iterable(each.keeping for each in FRAMEWORKS),
)
#: The classes of what test functions get, by the names of their parameters.
FIXTURES: Final[Mapping[str, str]] = dict(
    chain.from_iterable(each.fixtures.items() for each in FRAMEWORKS)
)
