"""What blocks the event loop: every name of the catalogue against the types mypy knows.

And against the lists of other tools, written down here with the reason for each name we leave out.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from types import ModuleType
from typing import Final

import pytest
from mypy import build
from mypy.modulefinder import BuildSource, FindModuleCache, compute_search_paths
from mypy.nodes import (
    Decorator,
    FuncDef,
    MypyFile,
    OverloadedFuncDef,
    SymbolNode,
    TypeAlias,
    TypeInfo,
    Var,
)
from mypy.options import Options

from mypy_async_django.catalogue import offload, standard_library, third_party
from mypy_async_django.catalogue.frameworks import installed
from mypy_async_django.catalogue.row import Api

_Files = Mapping[str, MypyFile]

#: Stubs differ by version and platform; a row has to hold on one of them.
_TARGETS: Final = (
    ("linux", (3, 11)),
    ("linux", (3, 12)),
    ("linux", (3, 14)),
    ("darwin", (3, 13)),
    ("win32", (3, 13)),
)

#: Owners that inherit the method from a base of which the row would not be true, and why.
_INHERITING: Final = {
    "_io.BufferedRandom": "BytesIO has the same bases",
    "_io.BufferedReader": "BytesIO has the same bases",
    "_io.BufferedWriter": "BytesIO has the same bases",
    "_io.FileIO": "BytesIO has the same bases",
    "_io.TextIOWrapper": "StringIO has the same bases",
    "adrf.generics.GenericAPIView": "its twins stand beside the methods that it inherits",
    "adrf.serializers.ModelSerializer": "its twins stand beside the methods that it inherits",
    "factory.django.DjangoModelFactory": "factories of other objects have the same base",
    "pymongo.synchronous.command_cursor.CommandCursor": "reads better than _CursorBase",
    "pymongo.synchronous.cursor.Cursor": "reads better than _CursorBase",
    "pymysql.cursors.SSCursor": "an ordinary cursor has its rows in memory",
    "redis.client.Pipeline": "the client's own method sends a command too, but is a family's",
    "redis.client.Redis": "the async client has the same bases",
    "rest_framework.pagination.CursorPagination": "a project's own class has the same base",
    "rest_framework.pagination.LimitOffsetPagination": "a project's own class has the same base",
    "rest_framework.pagination.PageNumberPagination": "a project's own class has the same base",
    "rest_framework.serializers.ModelSerializer": "a serializer without a model queries nothing",
}


_PACKAGE_ROWS: Final = (*installed.ROWS, *third_party.ROWS, *third_party.ITERATORS)


# --- The form of the rows


def _lines(module: ModuleType) -> Iterator[tuple[str, Sequence[Api]]]:
    """The rows of a module, line by line, with the name of the group they are in."""
    for name, group in vars(module).items():
        if name.startswith("_") and isinstance(group, tuple):
            yield from ((name, line) for line in group if isinstance(line, tuple))


@pytest.mark.parametrize("module", [standard_library, third_party])
def test_rows_are_in_order(module: ModuleType) -> None:
    """A new row has one place: lines by owner, names within a line by the alphabet."""
    for group, lines in groupby(_lines(module), lambda found: found[0]):
        keys = []
        for _, line in lines:
            names = [row.name for row in line]
            assert names == sorted(names, key=str), f"{group}: sort {names}"
            owner, _, first = names[0].rpartition(".")
            keys.append((line[0].effect.name, owner, first))
        for effect, found in groupby(sorted(keys, key=lambda key: key[0]), lambda key: key[0]):
            ordered = [key[1:] for key in found]
            assert ordered == sorted(ordered), f"{group}: sort the {effect} lines"


def test_no_row_is_there_twice() -> None:
    """One name, one row, lazy calls included."""
    names = sorted(row.name for row in _all_rows())
    assert [name for name, found in groupby(names) if len(list(found)) > 1] == []


def test_families_leave_their_rows_alone() -> None:
    """A row of a class that has a family says more than the family does."""
    for family in third_party.FAMILIES:
        assert third_party.family_row((family.name,), 0, "anything", bool) is not None
        assert third_party.family_row((family.name,), 0, "_private", bool) is None
        for method in family.harmless:
            assert third_party.family_row((family.name,), 0, method, bool) is None, method
        for name in family.except_for:
            assert third_party.family_row((name, family.name), 1, "anything", bool) is None, name


def test_families_leave_the_projects_own_methods_alone() -> None:
    """A method has the name of the family's class, or of a subclass that is not the project's."""
    name = "openai._resource.SyncAPIResource"
    mro = ("shop.ai.Images", "openai.resources.images.Images", name, "openai._mixins.Shared")
    assert third_party.family_row(mro, 0, "generate", bool) is None
    found = [third_party.family_row(mro, place, "generate", bool) for place in (1, 2, 3)]
    owners = [row and row.name.removesuffix(".generate") for row in found]
    assert owners == ["openai.resources.images.Images", name, name]


def test_offloaders_are_in_order() -> None:
    """Sorted by name, each once."""
    names = [offloader.name for offloader in offload.OFFLOADERS]
    assert names == sorted(set(names))


# --- The names


def _all_rows() -> tuple[Api, ...]:
    return (
        *standard_library.ROWS,
        *standard_library.ITERATORS,
        *third_party.ROWS,
        *third_party.ITERATORS,
    )


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:size]) for size in range(len(parts) - 1, 0, -1))


def _files(names: Iterable[str], platform: str, version: tuple[int, int]) -> _Files:
    """The modules that mypy finds for these names, with all that they import."""
    options = Options()
    options.cache_dir = os.devnull
    options.ignore_errors = True
    options.follow_untyped_imports = True
    options.platform = platform
    options.python_executable = sys.executable
    options.python_version = version
    paths = compute_search_paths([], options, build.default_data_dir())
    finder = FindModuleCache(paths, fscache=None, options=options)
    prefixes = {prefix for name in names for prefix in _prefixes(name)}
    modules = sorted(prefix for prefix in prefixes if isinstance(finder.find_module(prefix), str))
    program = "\n".join(f"import {module}" for module in modules)
    return build.build([BuildSource(None, "program", program)], options).files


@cache
def _standard_library() -> tuple[_Files, ...]:
    rows = (*standard_library.ROWS, *standard_library.ITERATORS)
    names = frozenset(row.name for row in rows) | _OTHERS
    names |= {name for name in _offload_names() if _package(name) in sys.stdlib_module_names}
    return tuple(_files(names, *target) for target in _TARGETS)


@cache
def _packages() -> _Files:
    names = {row.name for row in _PACKAGE_ROWS}
    names |= {f"{family.name}.method" for family in third_party.FAMILIES}
    names |= {f"{name}.method" for name, _, _ in _CLIENTS}
    names |= {name for name in _offload_names() if _package(name) not in sys.stdlib_module_names}
    return _files(names, sys.platform, sys.version_info[:2])


def _offload_names() -> frozenset[str]:
    names = frozenset(offloader.name for offloader in offload.OFFLOADERS)
    return names.union(
        offload.AWAITERS,
        offload.FUNCTION_RUNNERS,
        offload.RUNNERS,
        offload.SCHEDULERS,
    )


def _package(name: str) -> str:
    return name.partition(".")[0]


def _found(files: _Files, name: str) -> SymbolNode | None:
    """What a full name stands for; for a method of a class, inherited ones included."""
    module = next((prefix for prefix in _prefixes(name) if prefix in files), None)
    if module is None:
        return None
    node: SymbolNode | None = files[module]
    for part in name.removeprefix(f"{module}.").split("."):
        symbol = None
        if isinstance(node, MypyFile):
            symbol = node.names.get(part)
        elif isinstance(node, TypeInfo):
            meta = node.metaclass_type  # of which calling the class runs ``__call__``
            symbol = node.get(part) or (meta.type.get(part) if meta is not None else None)
        node = symbol.node if symbol else None
    return node


def _stands_there(files: _Files, name: str) -> bool:
    """Whether a name is defined under this name, and not imported or inherited."""
    node = _found(files, name)
    if isinstance(node, Decorator | FuncDef | OverloadedFuncDef | TypeAlias | TypeInfo | Var):
        owner = name.rpartition(".")[0]
        return node.fullname == name or owner in _INHERITING
    return False


def _is_coroutine(node: SymbolNode | None) -> bool:
    match node:
        case FuncDef():
            return node.is_coroutine
        case Decorator():
            return node.func.is_coroutine
        case OverloadedFuncDef():
            return any(_is_coroutine(item) for item in node.items)
        case _:
            return False


def _parameters(node: SymbolNode | None) -> Iterator[tuple[int, str]]:
    """The parameters of a function, with their positions; those of all overloads."""
    match node:
        case FuncDef():
            first = 1 if node.info and not node.is_static else 0
            for position, argument in enumerate(node.arguments[first:]):
                yield position, argument.variable.name
        case Decorator():
            yield from _parameters(node.func)
        case OverloadedFuncDef():
            for item in node.items:
                yield from _parameters(item)
        case TypeInfo():
            yield from _parameters(_method(node, "__init__"))
        case _:
            pass


def _method(node: TypeInfo, name: str) -> SymbolNode | None:
    symbol = node.get(name)
    return symbol.node if symbol else None


def _has_parameter(node: SymbolNode | None, parameter: str) -> bool:
    return any(parameter in {str(position), name} for position, name in _parameters(node))


@pytest.mark.parametrize(
    "row", [*standard_library.ROWS, *standard_library.ITERATORS], ids=lambda row: row.name
)
def test_standard_library_name_stands_where_we_say(row: Api) -> None:
    """Typeshed defines it under exactly this name, with the parameters that we name."""
    homes = [files for files in _standard_library() if _stands_there(files, row.name)]
    assert homes, f"typeshed has no {row.name}"
    assert not _is_coroutine(_found(homes[0], row.name))
    for argument in (row.unless or "").split():
        parameter = argument.partition("=")[0]
        assert _has_parameter(_found(homes[0], row.name), parameter), argument
    for question in (row.guarded_by or "").split():
        owner = row.name.rpartition(".")[0]
        assert _stands_there(homes[0], f"{owner}.{question.removeprefix('!')}"), question


#: Subclasses in the standard library whose own method needs no row, and why.
_OWN_METHODS: Final = {
    "importlib.readers.MultiplexedPath": "has no content to read",
    "poplib.POP3_SSL": "stls() fails, the connection is encrypted",
    "ssl.SSLSocket": "recvfrom() and its like fail, the connection is encrypted",
    "urllib.response.addbase": "only reads",
}


def test_subclasses_have_rows_of_their_own() -> None:
    """Where a subclass defines the method anew, a lookup does not get to the base's row."""
    rows = {row.name for row in (*standard_library.ROWS, *standard_library.ITERATORS)}
    rows |= _offload_names()
    missing = {
        f"{info.fullname}.{name}"
        for files in _standard_library()
        for info in _classes(files)
        for base in info.mro[1:]
        for name in info.names
        if f"{base.fullname}.{name}" in rows
    }
    own = {name for name in missing - rows if name.rpartition(".")[0] not in _OWN_METHODS}
    assert own == set()


def _classes(files: _Files) -> Iterator[TypeInfo]:
    for name, module in files.items():
        for symbol in module.names.values():
            if isinstance(symbol.node, TypeInfo) and _package(name) in sys.stdlib_module_names:
                yield symbol.node


_BY_PACKAGE: Final = {
    package: tuple(rows)
    for package, rows in groupby(
        sorted(_PACKAGE_ROWS, key=lambda row: _package(row.name)),
        key=lambda row: _package(row.name),
    )
}


def _typed(package: str) -> None:
    if package not in _packages():
        pytest.skip(f"{package} or its stubs are not installed, so its names are not checked")


@pytest.mark.parametrize("package", _BY_PACKAGE)
def test_package_names_stand_where_we_say(package: str) -> None:
    """The package's types, or its stubs, define each row under exactly this name."""
    _typed(package)
    files = _packages()
    rows = _BY_PACKAGE[package]
    assert [row.name for row in rows if not _stands_there(files, row.name)] == []
    assert [row.name for row in rows if _is_coroutine(_found(files, row.name))] == []
    for row in rows:
        for argument in (row.unless or "").split():
            parameter = argument.partition("=")[0]
            assert _has_parameter(_found(files, row.name), parameter), (row.name, argument)


@pytest.mark.parametrize("family", third_party.FAMILIES, ids=lambda family: family.name)
def test_family_is_a_class(family: third_party.Family) -> None:
    """So are its exceptions, where they are installed."""
    _typed(_package(family.name))
    files = _packages()
    node = _found(files, family.name)
    assert isinstance(node, TypeInfo)
    for name in family.except_for:
        if _package(name) in files:
            assert isinstance(_found(files, name), TypeInfo), name


_CLIENTS: Final = (
    ("aiobotocore.client.AioBaseClient", "get_object", False),
    ("anthropic.resources.messages.messages.AsyncMessages", "create", False),
    ("anthropic.resources.messages.messages.Messages", "create", True),
    ("botocore.client.BaseClient", "get_object", True),
    ("botocore.client.BaseClient", "get_paginator", False),
    ("elasticsearch._async.client.AsyncElasticsearch", "search", False),
    ("elasticsearch._async.client.indices.IndicesClient", "create", False),
    ("elasticsearch._sync.client.Elasticsearch", "search", True),
    ("elasticsearch._sync.client.indices.IndicesClient", "create", True),
    ("mypy_boto3_s3.client.S3Client", "get_object", True),
    ("openai.resources.chat.completions.completions.AsyncCompletions", "create", False),
    ("openai.resources.chat.completions.completions.Completions", "create", True),
    ("redis.asyncio.client.Redis", "get", False),
    ("redis.client.Pipeline", "get", False),
    ("redis.client.Redis", "get", True),
    ("redis.client.Redis", "pipeline", False),
    ("redis.cluster.ClusterPipeline", "get", False),
    ("redis.cluster.RedisCluster", "get", True),
    ("slack_sdk.web.async_client.AsyncWebClient", "chat_postMessage", False),
    ("slack_sdk.web.client.WebClient", "chat_postMessage", True),
    ("stripe._customer.Customer", "create", True),
    ("stripe._customer.Customer", "to_dict", False),
    ("stripe._customer_service.CustomerService", "create", True),
    ("twilio.rest.api.v2010.account.message.MessageList", "create", True),
    ("twilio.rest.api.v2010.account.message.MessageList", "get", False),
    ("types_aiobotocore_s3.client.S3Client", "get_object", False),
)


@pytest.mark.parametrize(("name", "method", "blocks"), _CLIENTS)
def test_family_has_the_sync_clients_only(name: str, method: str, blocks: bool) -> None:
    """The async clients share base classes with the sync ones, but no family."""
    _typed(_package(name))
    node = _found(_packages(), name)
    assert isinstance(node, TypeInfo)
    mro = tuple(base.fullname for base in node.mro)
    definer = next((place for place, base in enumerate(node.mro) if method in base.names), 0)
    row = third_party.family_row(mro, definer, method, node.has_readable_member)
    assert (row is not None) == blocks


@pytest.mark.parametrize("offloader", offload.OFFLOADERS, ids=lambda offloader: offloader.name)
def test_offloader_takes_a_function(offloader: offload.Offloader) -> None:
    """At the position, and under the name, that we say."""
    node = _of_offloading(offloader.name)
    if isinstance(node, Var):
        return  # an attribute of a multiprocessing context: the class, with another start method
    parameters = list(_parameters(node))
    assert parameters, offloader.name
    if offloader.keyword:
        found = [position for position, name in parameters if name == offloader.keyword]
        assert offloader.argument in found, parameters
    else:
        assert offloader.argument in {position for position, _ in parameters}


@pytest.mark.parametrize("name", sorted(_offload_names()))
def test_name_around_coroutines_stands_where_we_say(name: str) -> None:
    """Offloaders, schedulers and runners are spelled as the types define them."""
    assert _of_offloading(name).fullname == name


def _of_offloading(name: str) -> SymbolNode:
    if _package(name) in sys.stdlib_module_names:
        node = next(filter(None, (_found(files, name) for files in _standard_library())), None)
    else:
        _typed(_package(name))
        node = _found(_packages(), name)
        if node is None and name.startswith("django.tasks."):
            pytest.skip("the installed Django has no tasks")
    assert node is not None, f"no {name}"
    return node


# --- What others know


def _words(owner: str, names: str) -> tuple[str, ...]:
    return tuple(f"{owner}.{name}" for name in names.split())


#: flake8-async 26.8, ASYNC210 to ASYNC251.
FLAKE8_ASYNC: Final = (
    *_words("builtins", "input open"),
    *_words("io", "open open_code"),
    *_words("io.BufferedRandom", "flush read readline readlines truncate write writelines"),
    *_words("io.BufferedReader", "read readline readlines"),
    *_words("io.BufferedWriter", "flush truncate write writelines"),
    *_words("io.TextIOWrapper", "flush read readline readlines truncate write writelines"),
    *_words("os", "fdopen popen posix_spawn posix_spawnp spawnl spawnle spawnlp spawnlpe spawnv"),
    *_words("os", "spawnve spawnvp spawnvpe system wait wait3 wait4 waitid waitpid"),
    *_words("os.path", "exists getatime getctime getmtime getsize isdir isfile islink ismount"),
    *_words("os.path", "lexists normpath realpath relpath samefile sameopenfile"),
    *_words("subprocess", "Popen call check_call check_output getoutput getstatusoutput run"),
    *_words("time", "sleep"),
    *_words("urllib.request", "urlopen"),
)

#: ruff of August 2026, the same codes; ASYNC240 reports what is not on its list of pure methods.
RUFF: Final = (
    *FLAKE8_ASYNC,
    *_words("os.path", "abspath expanduser isdevdrive isjunction"),
    *_words("pathlib.Path", "absolute chmod copy copy_into cwd exists expanduser from_uri glob"),
    *_words("pathlib.Path", "group hardlink_to home is_block_device is_char_device is_dir is_fifo"),
    *_words("pathlib.Path", "is_file is_junction is_mount is_socket is_symlink iterdir lchmod"),
    *_words("pathlib.Path", "link_to lstat mkdir move move_into open owner read_bytes read_text"),
    *_words("pathlib.Path", "readlink rename replace resolve rglob rmdir samefile stat symlink_to"),
    *_words("pathlib.Path", "touch unlink walk write_bytes write_text full_match"),
)

#: blockbuster 1.5.29.
BLOCKBUSTER: Final = (
    *_words("_thread.LockType", "acquire acquire_lock"),
    *_words("builtins", "input"),
    *_words("io.BufferedRandom", "read write"),
    *_words("io.BufferedReader", "read"),
    *_words("io.BufferedWriter", "write"),
    *_words("io.TextIOWrapper", "read write"),
    *_words("os", "access getcwd link listdir mkdir read readlink remove rename replace rmdir"),
    *_words("os", "scandir sendfile stat statvfs symlink unlink write"),
    *_words("os.path", "abspath islink ismount sameopenfile samestat"),
    *_words("socket.socket", "accept connect recv recv_into recvfrom recvfrom_into recvmsg send"),
    *_words("socket.socket", "sendall sendto"),
    *_words("sqlite3.Connection", "commit execute executemany executescript rollback"),
    *_words("sqlite3.Cursor", "execute executemany executescript fetchall fetchmany fetchone"),
    *_words("ssl.SSLSocket", "read recv send write"),
    *_words("time", "sleep"),
)

#: aiocop 1.2.1, its audit events by the functions that raise them.
AIOCOP: Final = (
    *_words("builtins", "__import__ input open"),
    *_words("fcntl", "flock lockf"),
    *_words("ftplib.FTP", "connect"),
    *_words("glob", "glob"),
    *_words("http.client.HTTPConnection", "connect"),
    *_words("imaplib.IMAP4", "open"),
    *_words("nntplib", "NNTP"),
    *_words("os", "access execv fork fwalk getcwd kill link listdir mkdir posix_spawn readlink"),
    *_words(
        "os", "remove rename replace rmdir scandir sendfile spawnv stat statvfs symlink system"
    ),
    *_words("os", "truncate walk"),
    *_words("os.path", "abspath islink ismount sameopenfile samestat"),
    *_words("pathlib.Path", "glob rglob"),
    *_words("poplib", "POP3"),
    *_words("shutil", "copyfile copymode copystat copytree move rmtree"),
    *_words("smtplib.SMTP", "connect"),
    *_words("socket", "getaddrinfo gethostbyaddr gethostbyname getnameinfo"),
    *_words(
        "socket.socket", "accept bind connect connect_ex recv recv_into recvfrom recvfrom_into"
    ),
    *_words("socket.socket", "recvmsg send sendall sendmsg sendto"),
    *_words("sqlite3", "connect"),
    *_words("ssl.SSLSocket", "read recv send write"),
    *_words("subprocess", "Popen"),
    *_words("syslog", "openlog syslog"),
    *_words("tempfile", "mkdtemp mkstemp"),
    *_words("time", "sleep"),
    *_words("urllib.request", "urlopen"),
)

_OTHERS: Final = frozenset({*FLAKE8_ASYNC, *RUFF, *BLOCKBUSTER, *AIOCOP})

#: What others report and we do not, with the reason.
LEFT_OUT: Final = {
    "builtins.__import__": "the second import of a module is a look into a dict",
    "os.execv": "replaces the process, event loop and all",
    "os.fork": "does not wait; what is wrong with it in a coroutine is not blocking",
    "os.fdopen": "wraps a file that is open, reads nothing",
    "os.getcwd": "asks the kernel, not the disk",
    "os.kill": "sends a signal and does not wait",
    "os.path.abspath": "calls os.getcwd() at most",
    "os.path.expanduser": "reads an environment variable",
    "os.path.normpath": "computes with strings",
    "os.path.relpath": "calls os.getcwd() at most",
    "os.path.samestat": "compares two results that are there",
    "pathlib.Path.absolute": "calls os.getcwd() at most",
    "pathlib.Path.cwd": "calls os.getcwd()",
    "pathlib.Path.expanduser": "reads an environment variable",
    "pathlib.Path.from_uri": "computes with strings",
    "pathlib.Path.full_match": "computes with strings",
    "pathlib.Path.home": "reads an environment variable",
    "socket.socket.bind": "does not wait",
    "syslog.openlog": "keeps its arguments",
    "syslog.syslog": "a line to a local socket, like any logging",
}


def _known_to_us(name: str) -> bool:
    """Whether a row catches a call of this name, as the lookup does: class by class, then a row."""
    rows = {row.name for row in (*standard_library.ROWS, *standard_library.ITERATORS)}
    for files in _standard_library():
        owner, _, method = name.rpartition(".")
        node = _found(files, name)
        info = _found(files, owner) if "." in owner else None
        if isinstance(info, TypeInfo):
            if rows & {f"{base.fullname}.{method}" for base in info.mro}:
                return True
        elif node is not None and node.fullname in rows:
            return True
    return False


@pytest.mark.parametrize("name", sorted(_OTHERS))
def test_what_others_know_we_know(name: str) -> None:
    """Or we say why not."""
    assert _known_to_us(name) != (name in LEFT_OUT)


def test_reasons_are_for_what_others_know() -> None:
    """A reason for a name that nobody reports is a leftover."""
    assert LEFT_OUT.keys() <= _OTHERS


#: The HTTP calls of flake8-async and ruff, under the names that the packages' types define.
HTTP: Final = (
    *_words("httpx._api", "delete get head options patch post put request"),
    *_words("httpx._client.Client", "delete get head options patch post put request send stream"),
    *_words("httpx2._api", "delete get head options patch post put request"),
    *_words("httpx2._client.Client", "delete get head options patch post put request send stream"),
    *_words("requests.api", "delete get head options patch post put request"),
    *_words("urllib3", "request"),
    *_words("urllib3._request_methods.RequestMethods", "request request_encode_body urlopen"),
    *_words("urllib3.connectionpool.HTTPConnectionPool", "urlopen"),
    *_words("urllib3.poolmanager.PoolManager", "urlopen"),
)

#: What they report beyond that: flake8-async ``close`` of a client, and every method of a urllib3
#: pool, of which most only look at it; ruff ``connect`` and ``trace``, which no package has.


def test_http_calls_that_others_know_we_know() -> None:
    """Those of packages, whether installed or not."""
    assert set(HTTP) <= {row.name for row in third_party.ROWS}
