"""Rows for other packages, as far as mypy knows their types.

The names are those of a package's own types or of its stubs on PyPI: "requests" and types-requests
agree, "psycopg2" has types-psycopg2, "celery" has celery-types.

No row, because types are missing: kafka-python, MySQLdb's cursors as ``connection.cursor()`` returns them,
``redis.Redis.lock()`` and ``pubsub()`` (both return Any; the rows count where a variable is
annotated), boto3 without the boto3-stubs of the service, boto3's resources, whose attributes load
themselves. The modules of Redis (``client.json().get()``) share their classes with the async client
in older versions. Celery's ``delay`` and ``apply_async`` wait for the broker only, and
``AsyncResult.state`` and its like for one answer of the result store.
"""

from collections.abc import Callable
from itertools import chain
from typing import Final, NamedTuple

from mypy_async_django.catalogue.row import ON_DISK, Api, Effect, blocks, blocks_on_file

_ELASTIC: Final = "elasticsearch.AsyncElasticsearch"
_GRPC: Final = "grpc.aio"
_HTTP: Final = "httpx.AsyncClient"
_HTTP2: Final = "httpx2.AsyncClient"
_MONGO: Final = "pymongo.AsyncMongoClient"
_PSYCOPG: Final = "psycopg.AsyncConnection"
_REDIS: Final = "redis.asyncio"
_SLACK: Final = "slack_sdk.web.async_client.AsyncWebClient"
_SLACK_HOOK: Final = "slack_sdk.webhook.async_client.AsyncWebhookClient"
_SSH: Final = "asyncssh"
_TWILIO: Final = "twilio.http.async_http_client.AsyncTwilioHttpClient"

_NO_TIME: Final = "0=0 timeout=0"
_TRANSACTION: Final = "tpc_begin tpc_commit tpc_prepare tpc_recover tpc_rollback"
_VERBS: Final = "delete get head options patch post put request"

_HTTP_CLIENTS: Final = (
    blocks("httpx._api", f"{_VERBS} stream", instead=_HTTP),
    blocks("httpx._client.Client", f"{_VERBS} send stream", instead=_HTTP),
    blocks("httpx2._api", f"{_VERBS} stream", instead=_HTTP2),
    blocks("httpx2._client.Client", f"{_VERBS} send stream", instead=_HTTP2),
    blocks("requests.api", _VERBS, instead=_HTTP),
    blocks("requests.sessions.Session", f"{_VERBS} send", instead=_HTTP),
    blocks("urllib3", "request", instead=_HTTP),
    blocks(
        "urllib3._request_methods.RequestMethods",
        "request request_encode_body request_encode_url urlopen",
        instead=_HTTP,
    ),
    blocks("urllib3.connection.HTTPConnection", "connect getresponse request", instead=_HTTP),
    blocks("urllib3.connection.HTTPSConnection", "connect", instead=_HTTP),
    blocks("urllib3.connectionpool.HTTPConnectionPool", "urlopen", instead=_HTTP),
    blocks("urllib3.poolmanager.PoolManager", "urlopen", instead=_HTTP),
    blocks("urllib3.poolmanager.ProxyManager", "urlopen", instead=_HTTP),
)

_SQL: Final = (
    blocks("MySQLdb", "Connect connect"),
    blocks("MySQLdb._mysql.connection", "change_user commit kill ping query rollback select_db"),
    blocks("MySQLdb._mysql.connection", "shutdown stat store_result"),
    blocks("MySQLdb.connections", "Connection"),
    blocks("MySQLdb.connections.Connection", "begin query"),
    # The rows of an ordinary cursor, in all these packages, have arrived when execute() returns:
    # fetchone() and its like read memory. Server-side cursors differ where they have a class.
    blocks("MySQLdb.cursors.BaseCursor", "callproc execute executemany nextset"),
    blocks("psycopg", "connect", instead=_PSYCOPG),
    blocks("psycopg._copy.Copy", "read read_row write write_row", instead=_PSYCOPG),
    blocks(
        "psycopg._server_cursor.ServerCursor",
        "execute executemany fetchall fetchmany fetchone",
        instead=_PSYCOPG,
    ),
    blocks(
        "psycopg.connection.Connection",
        f"cancel_safe commit connect execute rollback {_TRANSACTION} wait",
        instead=_PSYCOPG,
    ),
    blocks("psycopg.cursor.Cursor", "execute executemany", instead=_PSYCOPG),
    blocks("psycopg2", "connect", instead=_PSYCOPG),
    blocks(
        "psycopg2._psycopg.connection",
        f"cancel commit lobject reset rollback {_TRANSACTION}",
        instead=_PSYCOPG,
    ),
    blocks(
        "psycopg2._psycopg.cursor",
        "callproc copy_expert copy_from copy_to execute executemany",
        instead=_PSYCOPG,
    ),
    blocks("psycopg2.extras", "execute_batch execute_values wait_select", instead=_PSYCOPG),
    blocks("psycopg2.extras.DictCursor", "callproc execute", instead=_PSYCOPG),
    blocks("psycopg2.extras.LoggingCursor", "callproc execute", instead=_PSYCOPG),
    blocks("psycopg2.extras.NamedTupleCursor", "callproc execute executemany", instead=_PSYCOPG),
    blocks("psycopg2.extras.RealDictCursor", "callproc execute", instead=_PSYCOPG),
    blocks("pymysql", "Connect Connection connect"),
    blocks("pymysql.connections", "Connection"),
    blocks("pymysql.connections.Connection", "autocommit begin commit connect kill next_result"),
    blocks("pymysql.connections.Connection", "ping query rollback select_db show_warnings"),
    blocks("pymysql.cursors.Cursor", "callproc execute executemany nextset"),
    blocks("pymysql.cursors.SSCursor", "fetchall fetchmany fetchone"),
)

_STORES: Final = (
    blocks("elasticsearch.helpers.actions", "bulk reindex", instead=_ELASTIC),
    blocks("gridfs.synchronous.grid_file.GridFS", "delete exists find_one get", instead=_MONGO),
    blocks("gridfs.synchronous.grid_file.GridFS", "get_last_version get_version", instead=_MONGO),
    blocks("gridfs.synchronous.grid_file.GridFS", "list put", instead=_MONGO),
    blocks("pymongo.synchronous.change_stream.ChangeStream", "next try_next", instead=_MONGO),
    blocks(
        "pymongo.synchronous.client_session.ClientSession",
        "abort_transaction commit_transaction with_transaction",
        instead=_MONGO,
    ),
    blocks(
        "pymongo.synchronous.collection.Collection",
        "aggregate aggregate_raw_batches bulk_write count_documents create_index create_indexes"
        " create_search_index create_search_indexes delete_many delete_one distinct drop"
        " drop_index drop_indexes drop_search_index estimated_document_count find_one"
        " find_one_and_delete find_one_and_replace find_one_and_update index_information"
        " insert_many insert_one list_indexes list_search_indexes options rename replace_one"
        " update_many update_one update_search_index watch",
        instead=_MONGO,
    ),
    blocks(
        "pymongo.synchronous.command_cursor.CommandCursor",
        "__iter__ next to_list try_next",
        instead=_MONGO,
    ),
    # A cursor is lazy: find() sends nothing.
    blocks(
        "pymongo.synchronous.cursor.Cursor",
        "__iter__ distinct explain next to_list",
        instead=_MONGO,
    ),
    blocks(
        "pymongo.synchronous.database.Database",
        "aggregate command create_collection cursor_command dereference drop_collection"
        " list_collection_names list_collections validate_collection watch",
        instead=_MONGO,
    ),
    blocks(
        "pymongo.synchronous.mongo_client.MongoClient",
        "bulk_write drop_database list_database_names list_databases server_info watch",
        instead=_MONGO,
    ),
    # The commands are a family, see below.
    blocks("redis.client.Monitor", "next_command", instead=_REDIS),
    blocks("redis.client.Pipeline", "execute load_scripts watch", instead=_REDIS),
    blocks(
        "redis.client.PubSub",
        "execute_command get_message parse_response ping psubscribe punsubscribe subscribe"
        " unsubscribe",
        instead=_REDIS,
    ),
    blocks("redis.cluster.ClusterPipeline", "execute", instead=_REDIS),
    blocks("redis.lock.Lock", "acquire extend locked owned reacquire release", instead=_REDIS),
)

_SERVICES: Final = (
    blocks("botocore.paginate.PageIterator", "__iter__ build_full_result", instead="aioboto3"),
    blocks("celery.app.control.Control", "ping"),
    blocks(
        "celery.app.control.Inspect",
        "active active_queues clock conf hello memdump memsample objgraph ping query_task"
        " registered report reserved revoked scheduled stats",
    ),
    blocks("celery.result.AsyncResult", "get get_leaf wait"),
    blocks("celery.result.ResultSet", "get join join_native"),
    blocks("confluent_kafka.cimpl.Consumer", "close commit committed"),
    blocks("confluent_kafka.cimpl.Consumer", "consume", unless="1=0 timeout=0"),
    blocks("confluent_kafka.cimpl.Consumer", "list_topics"),
    blocks("confluent_kafka.cimpl.Consumer", "poll", unless=_NO_TIME),
    blocks("confluent_kafka.cimpl.Producer", "commit_transaction", unless=_NO_TIME),
    blocks("confluent_kafka.cimpl.Producer", "flush", unless=_NO_TIME),
    blocks("confluent_kafka.cimpl.Producer", "init_transactions list_topics"),
    blocks("confluent_kafka.cimpl.Producer", "poll", unless=_NO_TIME),
    blocks("confluent_kafka.deserializing_consumer.DeserializingConsumer", "close consume"),
    blocks("confluent_kafka.deserializing_consumer.DeserializingConsumer", "poll", unless=_NO_TIME),
    blocks("grpc.Future", "exception", instead=_GRPC),
    blocks("grpc.Future", "result traceback", instead=_GRPC, unless=_NO_TIME),
    blocks("grpc.Server", "wait_for_termination", instead=_GRPC, unless=_NO_TIME),
    blocks("grpc.StreamUnaryMultiCallable", "__call__ with_call", instead=_GRPC),
    blocks("grpc.UnaryUnaryMultiCallable", "__call__ with_call", instead=_GRPC),
    blocks("paramiko.client.SSHClient", "connect exec_command", instead=_SSH),
    blocks("paramiko.client.SSHClient", "invoke_shell open_sftp", instead=_SSH),
    blocks(
        "paramiko.sftp_client.SFTPClient",
        "chdir chmod chown get getfo listdir listdir_attr lstat mkdir open posix_rename put putfo"
        " readlink remove rename rmdir stat symlink truncate utime",
        instead=_SSH,
    ),
    blocks("paramiko.transport.Transport", "auth_password auth_publickey connect", instead=_SSH),
    blocks("paramiko.transport.Transport", "open_session start_client", instead=_SSH),
)

_FILES: Final = (
    blocks("pandas.io.sql", "read_sql read_sql_query read_sql_table"),
    # The image is decoded where it is used: opening it in a thread moves the smaller part.
    blocks_on_file("PIL.Image", "open", when=ON_DISK, thread_bound=True),
    blocks_on_file("PIL.Image.Image", "save", when=ON_DISK),
    blocks_on_file("openpyxl.reader.excel", "load_workbook", when=ON_DISK),
    blocks_on_file("openpyxl.workbook.workbook.Workbook", "save", when=ON_DISK),
    blocks_on_file("pandas.io.excel._base", "read_excel", when=ON_DISK),
    blocks_on_file("pandas.io.feather_format", "read_feather", when=ON_DISK),
    blocks_on_file("pandas.io.json._json", "read_json", when=ON_DISK),
    blocks_on_file("pandas.io.orc", "read_orc", when=ON_DISK),
    blocks_on_file("pandas.io.parquet", "read_parquet", when=ON_DISK),
    blocks_on_file("pandas.io.parsers.readers", "read_csv read_fwf read_table", when=ON_DISK),
    blocks_on_file("pandas.io.pickle", "read_pickle", when=ON_DISK),
    blocks_on_file("pandas.io.pytables", "read_hdf"),
    blocks_on_file("pandas.io.xml", "read_xml", when=ON_DISK),
)

_WEB_SERVICES: Final = (
    # With the default of "check_deliverability" it asks DNS.
    blocks(
        "email_validator.validate_email",
        "validate_email",
        unless="check_deliverability=False",
    ),
    blocks("git.cmd.Git", "execute"),
    blocks("git.remote.Remote", "fetch pull push update"),
    blocks(
        "git.repo.base.Repo", "archive blame clone clone_from create_remote is_dirty merge_base"
    ),
    blocks(
        "github.MainClass.Github",
        "get_app get_emojis get_enterprise get_gist get_gitignore_template"
        " get_gitignore_templates get_hook get_hook_deliveries get_hook_delivery get_hooks"
        " get_license get_organization get_rate_limit get_user_by_id render_markdown",
    ),
    blocks("github.MainClass.Github", "get_repo", unless="lazy=True 1=True"),
    # Lists are lazy: a page is asked for when they are iterated.
    blocks("github.PaginatedList.PaginatedList", "get_page"),
    blocks("github.PaginatedList.PaginatedListBase", "__getitem__ __iter__"),
    blocks(
        "github.Repository.Repository",
        "compare create_file create_git_blob create_git_commit create_git_ref create_git_release"
        " create_git_tag create_git_tree create_issue create_key create_label create_pull"
        " delete_file edit get_branch get_commit get_contents get_git_blob get_git_commit"
        " get_git_ref get_git_tree get_issue get_label get_languages get_latest_release"
        " get_license get_milestone get_pull get_readme get_release get_topics"
        " get_workflow merge replace_topics update_file",
    ),
    blocks("gitlab.client.Gitlab", "auth get_license markdown search set_license version"),
    blocks("gitlab.client.Gitlab", "http_delete http_get http_head http_list http_patch http_post"),
    blocks("gitlab.client.Gitlab", "http_put http_request"),
    blocks("gitlab.mixins.CreateMixin", "create"),
    blocks("gitlab.mixins.DeleteMixin", "delete"),
    blocks("gitlab.mixins.GetMixin", "get", unless="lazy=True 1=True"),
    blocks("gitlab.mixins.GetWithoutIdMixin", "get"),
    blocks("gitlab.mixins.ListMixin", "list", unless="iterator=True"),
    blocks("gitlab.mixins.ObjectDeleteMixin", "delete"),
    blocks("gitlab.mixins.RefreshMixin", "refresh"),
    blocks("gitlab.mixins.SaveMixin", "save"),
    blocks("gitlab.mixins.UpdateMixin", "update"),
    blocks("google.auth._default", "default", when="it has to ask the metadata server"),
    blocks("google.auth.credentials.Credentials", "before_request", when="the token has expired"),
    blocks("google.auth.credentials.CredentialsWithRegionalAccessBoundary", "refresh"),
    blocks("google.auth.transport.requests.AuthorizedSession", "request", instead=_HTTP),
    blocks("google.oauth2.id_token", "fetch_id_token fetch_id_token_credentials"),
    blocks("google.oauth2.id_token", "verify_firebase_token verify_oauth2_token verify_token"),
    blocks("resend.contacts._contacts.Contacts", "create get list remove update", twin="*_async"),
    blocks(
        "resend.domains._domains.Domains", "create get list remove update verify", twin="*_async"
    ),
    blocks("resend.emails._batch.Batch", "send", twin="*_async"),
    blocks("resend.emails._emails.Emails", "cancel get list send update", twin="*_async"),
    blocks("sendgrid.base_interface.BaseInterface", "send"),
    blocks("slack_sdk.webhook.client.WebhookClient", "send send_dict", instead=_SLACK_HOOK),
    blocks("twilio.base.page.Page", "next_page previous_page"),
)

ROWS: Final[tuple[Api, ...]] = tuple(
    chain.from_iterable((*_HTTP_CLIENTS, *_SQL, *_STORES, *_SERVICES, *_WEB_SERVICES, *_FILES))
)

#: Modules that re-export functions, with the modules that define them. Needed where mypy does not
#: find the package or its stubs, so that a name is known only by its import.
OFFERED: Final = {
    "elasticsearch.helpers": ("elasticsearch.helpers.actions",),
    "httpx": ("httpx._api",),
    "httpx2": ("httpx2._api",),
    "openpyxl": ("openpyxl.reader.excel",),
    "pandas": tuple(sorted({row.name.rpartition(".")[0] for row in ROWS if "pandas" in row.name})),
    "requests": ("requests.api",),
}

_LAZY: Final = (
    blocks("celery.result.AsyncResult", "collect"),
    blocks("celery.result.ResultSet", "iter_native"),
    blocks("elasticsearch.helpers.actions", "parallel_bulk scan streaming_bulk", instead=_ELASTIC),
    blocks("grpc.StreamStreamMultiCallable", "__call__", instead=_GRPC),
    blocks("grpc.UnaryStreamMultiCallable", "__call__", instead=_GRPC),
    blocks("paramiko.sftp_client.SFTPClient", "listdir_iter", instead=_SSH),
    blocks("psycopg.connection.Connection", "notifies", instead=_PSYCOPG),
    blocks("psycopg.cursor.Cursor", "stream", instead=_PSYCOPG),
    blocks("pymongo.synchronous.collection.Collection", "find find_raw_batches", instead=_MONGO),
    blocks("redis.client.Monitor", "listen", instead=_REDIS),
    blocks("redis.client.PubSub", "listen", instead=_REDIS),
    blocks("redis.client.Redis", "hscan_iter scan_iter sscan_iter zscan_iter", instead=_REDIS),
)

#: Calls that return at once; iterating their result blocks.
ITERATORS: Final[tuple[Api, ...]] = tuple(chain.from_iterable(_LAZY))


class Family(NamedTuple):
    """A class nearly all of whose public methods block, including those of subclasses.

    For clients with hundreds of methods, which their stubs spread over subclasses and mixins that
    the async client shares. ``harmless`` are the methods that do not block, ``except_for`` the
    subclasses whose methods don't. ``stubs`` is how the other packages begin that define methods of
    it: what a project adds in a subclass is its own. ``twin`` is the name of the coroutine method
    beside each that blocks, with a ``*`` for the method's name; it needs ``instead``, if that is given.
    """

    name: str
    instead: str | None
    harmless: frozenset[str] = frozenset()
    except_for: frozenset[str] = frozenset()
    stubs: tuple[str, ...] = ()
    twin: str | None = None

    def defines(self, name: str) -> bool:
        """Whether a class, by its full name, is of the family's package or of its stubs."""
        return name.startswith((f"{self.name.partition('.')[0]}.", *self.stubs))


def _family(
    name: str,
    instead: str | None = None,
    harmless: str = "",
    except_for: str = "",
    stubs: str = "",
    twin: str | None = None,
) -> Family:
    methods, classes = frozenset(harmless.split()), frozenset(except_for.split())
    return Family(name, instead, methods, classes, tuple(stubs.split()), twin)


_REDIS_HARMLESS: Final = (
    "close digest_local from_url get_cache get_connection_kwargs get_encoder get_retry"
    " keyspace_notifications load_external_module lock monitor pipeline pubsub register_script"
    " set_response_callback set_retry"
    # The modules of Redis, and iterators.
    " bf cf cms ft json tdigest topk ts vset hscan_iter scan_iter sscan_iter zscan_iter"
)

_BOTO_STUBS: Final = "mypy_boto3_ types_boto3_"

FAMILIES: Final = (
    _family("anthropic._resource.SyncAPIResource", "anthropic.AsyncAnthropic"),
    _family(
        "botocore.client.BaseClient",
        "aioboto3",
        "can_paginate close generate_presigned_post generate_presigned_url get_paginator"
        " get_waiter",
        # Its methods are coroutine functions.
        "aiobotocore.client.AioBaseClient",
        _BOTO_STUBS,
    ),
    _family(
        "botocore.waiter.Waiter",
        "aioboto3",
        except_for="aiobotocore.waiter.AIOWaiter",
        stubs=_BOTO_STUBS,
    ),
    _family("elasticsearch._sync.client._base.BaseClient", _ELASTIC, "options"),
    _family("openai._resource.SyncAPIResource", "openai.AsyncOpenAI"),
    # A pipeline collects its commands and sends them in execute().
    _family(
        "redis.client.Redis",
        _REDIS,
        f"client from_pool {_REDIS_HARMLESS}",
        "redis.client.Pipeline",
    ),
    _family(
        "redis.cluster.RedisCluster",
        _REDIS,
        f"determine_slot disconnect_connection_pools get_default_node get_node get_node_from_key"
        f" get_nodes get_nodes_from_slot get_primaries get_random_node get_random_primary_node"
        f" get_random_primary_or_all_nodes get_redis_connection get_replicas get_special_nodes"
        f" keyslot on_connect replace_default_node set_default_node {_REDIS_HARMLESS}",
        "redis.cluster.ClusterPipeline",
    ),
    _family("slack_sdk.web.client.WebClient", _SLACK),
    _family(
        "stripe._api_resource.APIResource",
        harmless="auto_paging_iter search_auto_paging_iter",
        twin="*_async",
    ),
    _family("stripe._stripe_service.StripeService", twin="*_async"),
    _family("twilio.base.instance_context.InstanceContext", _TWILIO, twin="*_async"),
    _family("twilio.base.instance_resource.InstanceResource", _TWILIO, twin="*_async"),
    _family(
        "twilio.base.list_resource.ListResource",
        _TWILIO,
        harmless="stream stream_with_http_info",
        twin="*_async",
    ),
)

#: The modules that define the families; without them in a build, no object belongs to one.
FAMILY_MODULES: Final = frozenset(family.name.rpartition(".")[0] for family in FAMILIES)

_BY_CLASS: Final = {family.name: family for family in FAMILIES}
_EXCEPTIONS: Final = frozenset(chain.from_iterable(family.except_for for family in FAMILIES))


def family_row(
    mro: tuple[str, ...], definer: int, method: str, has: Callable[[str], bool]
) -> Api | None:
    """The row of a method that blocks because its class belongs to a family.

    ``mro`` are the full names of the receiver's classes, ``definer`` is the index of the class that
    defines the method, ``has`` says whether the receiver has a method of a name. Used for methods
    without a row of their own.
    """
    if method.startswith("_"):
        return None
    for index, name in enumerate(mro):
        if name in _EXCEPTIONS:
            return None
        family = _BY_CLASS.get(name)
        if family is not None:
            # A subclass takes precedence over the family, and the family over its mixins.
            owner = mro[min(definer, index)]
            if method in family.harmless or not family.defines(owner):
                return None
            twin = family.twin.replace("*", method) if family.twin else None
            if twin and not has(twin):
                return None
            if family.instead:
                twin = None
            return Api(f"{owner}.{method}", Effect.BLOCKS, twin, instead=family.instead)
    return None
