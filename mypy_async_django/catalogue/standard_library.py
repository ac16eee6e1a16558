"""Rows for the standard library.

Names are those of typeshed: ``_socket.socket.recv``, since ``socket.socket`` inherits it, and
``genericpath.exists`` for ``os.path.exists``. Where two Python versions or platforms differ, each
name has a row.

No row, since the call is harmless more often than not:

- ``with lock:`` around a few lines, which is how threads and the event loop share a variable.
- ``queue.Queue.put`` and its like in multiprocessing: they wait for room only in a bounded queue.
- ``multiprocessing.connection.Connection.poll``: it waits only when it is given a timeout.
- ``with ThreadPoolExecutor() as pool:`` around ``await loop.run_in_executor(pool, ...)``.
- the proxies of ``multiprocessing.Manager``, which have the types of ordinary containers.
"""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.row import ADDRESS, HOST, ON_DISK, Api, blocks, blocks_on_file

_HTTP: Final = "httpx.AsyncClient"
_LOOKUP: Final = "asyncio.get_running_loop().getaddrinfo"
_PROCESS: Final = "asyncio.create_subprocess_exec"
_SHELL: Final = "asyncio.create_subprocess_shell"
_STREAMS: Final = "asyncio.open_connection"
_WATCHED: Final = "asyncio.get_running_loop().add_reader"

_BLOCKING: Final = "the socket is in blocking mode"
_PENDING: Final = "the future is not done"

# The arguments that make a call return at once, by name and by position.
_NOT_MINE: Final = "0=False 1=0 blocking=False timeout=0"
_NOTHING_THERE: Final = "0=False 1=0 block=False timeout=0"
_NO_TIME: Final = "0=0 timeout=0"
_NO_TIME_LAST: Final = "1=0 timeout=0"
_NO_WAIT: Final = "0=P_NOWAIT 0=P_NOWAITO mode=P_NOWAIT mode=P_NOWAITO"

# The tests after which a call does not wait: an item is available, the other side has ended.
_FILLED: Final = "!empty qsize"
_ENDED: Final = "!is_alive"
_EXITED: Final = "poll returncode"

_TIME: Final = (
    blocks("builtins", "input"),
    blocks("getpass", "getpass"),
    blocks("sched.scheduler", "run", unless="0=False blocking=False"),
    blocks("signal", "pause sigwait sigwaitinfo"),
    blocks("signal", "sigtimedwait", unless="1=0"),
    blocks("time", "sleep", twin="asyncio.sleep"),
)

_PROCESSES: Final = (
    blocks("multiprocessing.pool.ApplyResult", "get wait", unless=_NO_TIME, guarded_by="ready"),
    blocks("multiprocessing.pool.IMapIterator", "next", unless=_NO_TIME),
    blocks("multiprocessing.pool.Pool", "apply join map starmap"),
    blocks("multiprocessing.process.BaseProcess", "join", unless=_NO_TIME, guarded_by=_ENDED),
    blocks("os", "popen posix_spawn posix_spawnp", instead=_PROCESS),
    blocks(
        "os",
        "spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe",
        instead=_PROCESS,
        unless=_NO_WAIT,
    ),
    blocks("os", "system", instead=_SHELL),
    blocks("os", "wait"),
    blocks("os", "wait3", unless="0=WNOHANG options=WNOHANG"),
    blocks("os", "wait4", unless="1=WNOHANG options=WNOHANG"),
    blocks("os", "waitid", unless="2=WNOHANG"),
    blocks("os", "waitpid", unless="1=WNOHANG"),
    # Starting a process takes a few milliseconds; communicating with it waits for it.
    blocks("subprocess", "Popen call check_call check_output run", instead=_PROCESS),
    blocks("subprocess", "getoutput getstatusoutput", instead=_SHELL),
    blocks("subprocess.Popen", "communicate", instead=_PROCESS, guarded_by=_EXITED),
    blocks("subprocess.Popen", "wait", instead=_PROCESS, unless=_NO_TIME, guarded_by=_EXITED),
)

_THREADS: Final = (
    blocks(
        "_queue.SimpleQueue",
        "get",
        instead="asyncio.Queue",
        unless=_NOTHING_THERE,
        guarded_by=_FILLED,
    ),
    blocks(
        "_thread.LockType",
        "acquire acquire_lock",
        instead="asyncio.Lock",
        harmless_if_new=True,
        unless=_NOT_MINE,
        guarded_by="!locked",
    ),
    blocks(
        "_thread.RLock",
        "acquire",
        instead="asyncio.Lock",
        harmless_if_new=True,
        unless=_NOT_MINE,
        thread_bound=True,
    ),
    blocks(
        "_thread.lock",
        "acquire acquire_lock",
        instead="asyncio.Lock",
        harmless_if_new=True,
        unless=_NOT_MINE,
        guarded_by="!locked",
    ),
    blocks("concurrent.futures._base", "wait", instead="asyncio.wait", unless=_NO_TIME_LAST),
    blocks("concurrent.futures._base.Executor", "shutdown", unless="0=False wait=False"),
    blocks(
        "concurrent.futures._base.Future",
        "exception result",
        instead="asyncio.wrap_future",
        when=_PENDING,
        first_use_only=True,
        unless=_NO_TIME,
    ),
    blocks("multiprocessing.queues.JoinableQueue", "join"),
    blocks("multiprocessing.queues.Queue", "get", unless=_NOTHING_THERE, guarded_by=_FILLED),
    blocks("multiprocessing.queues.SimpleQueue", "get", guarded_by="!empty"),
    blocks("multiprocessing.queues.SimpleQueue", "put"),
    blocks("multiprocessing.synchronize.Condition", "wait", unless=_NO_TIME, thread_bound=True),
    blocks(
        "multiprocessing.synchronize.Condition", "wait_for", unless=_NO_TIME_LAST, thread_bound=True
    ),
    blocks("multiprocessing.synchronize.Event", "wait", unless=_NO_TIME, guarded_by="is_set"),
    blocks("multiprocessing.synchronize.SemLock", "acquire", unless=_NOTHING_THERE),
    blocks(
        "queue.Queue", "get", instead="asyncio.Queue", unless=_NOTHING_THERE, guarded_by=_FILLED
    ),
    blocks("queue.Queue", "join", instead="asyncio.Queue"),
    blocks("threading.Barrier", "wait", instead="asyncio.Barrier"),
    blocks(
        "threading.Condition",
        "acquire",
        instead="asyncio.Condition",
        unless=_NOT_MINE,
        thread_bound=True,
    ),
    blocks(
        "threading.Condition",
        "wait",
        instead="asyncio.Condition",
        unless=_NO_TIME,
        thread_bound=True,
    ),
    blocks(
        "threading.Condition",
        "wait_for",
        instead="asyncio.Condition",
        unless=_NO_TIME_LAST,
        thread_bound=True,
    ),
    blocks(
        "threading.Event", "wait", instead="asyncio.Event", unless=_NO_TIME, guarded_by="is_set"
    ),
    blocks("threading.Semaphore", "acquire", instead="asyncio.Semaphore", unless=_NOT_MINE),
    blocks("threading.Thread", "join", unless=_NO_TIME, guarded_by=_ENDED),
)

_SOCKETS: Final = (
    blocks("_socket", "gethostbyaddr gethostbyname gethostbyname_ex", instead=_LOOKUP),
    blocks("_socket", "getnameinfo", instead="asyncio.get_running_loop().getnameinfo"),
    blocks(
        "_socket.socket",
        "connect connect_ex recv recv_into recvfrom recvfrom_into recvmsg recvmsg_into",
        instead=_STREAMS,
        when=_BLOCKING,
        first_use_only=True,
    ),
    blocks(
        "_socket.socket",
        "send sendall sendmsg sendto",
        instead=_STREAMS,
        when=_BLOCKING,
        first_use_only=True,
    ),
    blocks("multiprocessing.connection", "Client"),
    blocks("multiprocessing.connection", "wait", unless=_NO_TIME_LAST),
    blocks("multiprocessing.connection.Listener", "accept"),
    blocks(
        "multiprocessing.connection._ConnectionBase",
        "recv recv_bytes recv_bytes_into send send_bytes",
    ),
    blocks("select", "select", instead=_WATCHED, unless="3=0"),
    blocks("select.epoll", "poll", instead=_WATCHED, unless=_NO_TIME),
    blocks("select.kqueue", "control", instead=_WATCHED, unless="2=0"),
    blocks("select.poll", "poll", instead=_WATCHED, unless="0=0"),
    blocks("selectors.BaseSelector", "select", instead=_WATCHED, unless=_NO_TIME),
    blocks("selectors.DefaultSelector", "select", instead=_WATCHED, unless=_NO_TIME),
    blocks("selectors.KqueueSelector", "select", instead=_WATCHED, unless=_NO_TIME),
    blocks("selectors.SelectSelector", "select", instead=_WATCHED, unless=_NO_TIME),
    blocks("selectors._PollLikeSelector", "select", instead=_WATCHED, unless=_NO_TIME),
    blocks("socket", "create_connection", instead=_STREAMS),
    blocks(
        "socket",
        "getaddrinfo",
        instead=_LOOKUP,
        unless=f"0={ADDRESS} host={ADDRESS} 5=AI_NUMERICHOST flags=AI_NUMERICHOST",
    ),
    blocks("socket", "getfqdn", instead=_LOOKUP),
    blocks(
        "socket.socket",
        "accept",
        instead="asyncio.start_server",
        when=_BLOCKING,
        first_use_only=True,
    ),
    blocks("socket.socket", "sendfile", instead=_STREAMS, when=_BLOCKING, first_use_only=True),
    blocks(
        "socketserver.BaseServer", "handle_request serve_forever", instead="asyncio.start_server"
    ),
    blocks("ssl", "get_server_certificate"),
    blocks(
        "ssl.SSLSocket",
        "accept connect connect_ex do_handshake read recv recv_into send sendall unwrap write",
        instead=_STREAMS,
        when=_BLOCKING,
        first_use_only=True,
    ),
)

_PROTOCOLS: Final = (
    blocks("ftplib", "FTP FTP_TLS", when=HOST),
    blocks(
        "ftplib.FTP",
        "abort connect cwd delete dir login mkd mlsd nlst ntransfercmd pwd quit rename retrbinary"
        " retrlines rmd sendcmd size storbinary storlines transfercmd voidcmd",
    ),
    blocks("ftplib.FTP_TLS", "auth ccc login prot_c prot_p"),
    blocks(
        "http.client.HTTPConnection", "connect endheaders getresponse request send", instead=_HTTP
    ),
    blocks("http.client.HTTPResponse", "peek read read1 readinto readline", instead=_HTTP),
    blocks("imaplib", "IMAP4 IMAP4_SSL IMAP4_stream"),
    blocks(
        "imaplib.IMAP4",
        "append authenticate capability check close copy create delete deleteacl enable expunge"
        " fetch getacl getannotation getquota getquotaroot list login login_cram_md5 logout lsub"
        " myrights namespace noop open partial proxyauth recent rename search select setacl"
        " setannotation setquota sort starttls status store subscribe thread uid unselect"
        " unsubscribe xatom",
    ),
    blocks("imaplib.IMAP4_SSL", "open"),
    blocks("imaplib.IMAP4_stream", "open"),
    blocks("nntplib", "NNTP NNTP_SSL"),
    blocks(
        "nntplib.NNTP",
        "article body capabilities date description descriptions getcapabilities group head help"
        " ihave last list login newgroups newnews next over post quit slave starttls stat xhdr"
        " xover",
    ),
    blocks("poplib", "POP3 POP3_SSL"),
    blocks(
        "poplib.POP3",
        "apop capa dele list noop pass_ quit retr rpop rset stat stls top uidl user utf8",
    ),
    blocks("smtplib", "LMTP SMTP SMTP_SSL", instead="aiosmtplib", when=HOST),
    blocks(
        "smtplib.SMTP",
        "auth connect data docmd ehlo ehlo_or_helo_if_needed expn getreply helo help login mail"
        " noop quit rcpt rset send send_message sendmail starttls verify",
        instead="aiosmtplib",
    ),
    blocks("telnetlib", "Telnet", when=HOST),
    blocks(
        "telnetlib.Telnet",
        "expect fill_rawq interact mt_interact open rawq_getchar read_all read_some read_until"
        " write",
    ),
    blocks("urllib.request", "urlopen urlretrieve", instead=_HTTP),
    blocks("urllib.request.OpenerDirector", "open", instead=_HTTP),
    blocks("urllib.robotparser.RobotFileParser", "read", instead=_HTTP),
    blocks("xmlrpc.client._Method", "__call__"),
)

_DATABASES: Final = (
    blocks("_sqlite3", "connect", thread_bound=True),
    blocks(
        "sqlite3.Connection",
        "backup commit execute executemany executescript rollback",
        thread_bound=True,
    ),
    blocks(
        "sqlite3.Cursor",
        "__iter__ execute executemany executescript fetchall fetchmany fetchone",
        thread_bound=True,
    ),
)

_FILE_OBJECTS: Final = (
    # The classes that open() returns. Their bases are not listed, StringIO and BytesIO share them.
    blocks_on_file("_io", "open open_code"),
    blocks_on_file("_io.BufferedRandom", "__iter__ flush peek read read1 readinto readinto1"),
    blocks_on_file("_io.BufferedRandom", "readline readlines truncate write writelines"),
    blocks_on_file("_io.BufferedReader", "__iter__ peek read read1 readinto readinto1"),
    blocks_on_file("_io.BufferedReader", "readline readlines"),
    blocks_on_file("_io.BufferedWriter", "flush truncate write writelines"),
    blocks_on_file("_io.FileIO", "__iter__ read readall readinto readline readlines truncate"),
    blocks_on_file("_io.FileIO", "write writelines"),
    blocks_on_file("_io.TextIOWrapper", "__iter__ flush read readline readlines truncate"),
    blocks_on_file("_io.TextIOWrapper", "write writelines"),
    blocks_on_file("builtins", "open"),
    blocks_on_file("bz2", "BZ2File open", when=ON_DISK),
    blocks_on_file("bz2.BZ2File", "peek read read1 readinto", when=ON_DISK),
    blocks_on_file("bz2.BZ2File", "readline readlines write writelines", when=ON_DISK),
    blocks_on_file("codecs", "open"),
    blocks_on_file("gzip", "GzipFile open", when=ON_DISK),
    blocks_on_file("gzip.GzipFile", "peek read read1 readline write", when=ON_DISK),
    blocks_on_file("lzma", "LZMAFile open", when=ON_DISK),
    blocks_on_file("lzma.LZMAFile", "peek read read1 readline write", when=ON_DISK),
    blocks_on_file("tarfile", "TarFile open", when=ON_DISK),
    blocks_on_file("tarfile", "is_tarfile"),
    blocks_on_file("tarfile.TarFile", "add extract extractall"),
    blocks_on_file("tarfile.TarFile", "addfile getmembers getnames next", when=ON_DISK),
    blocks_on_file("tempfile", "NamedTemporaryFile TemporaryDirectory TemporaryFile"),
    blocks_on_file("tempfile", "mkdtemp mkstemp"),
    blocks_on_file("tempfile.TemporaryDirectory", "cleanup"),
    blocks_on_file(
        "tempfile._TemporaryFileWrapper",
        "__iter__ close flush read readline readlines truncate write writelines",
    ),
    blocks_on_file("tokenize", "open"),
    blocks_on_file("zipfile", "ZipFile is_zipfile", when=ON_DISK),
    blocks_on_file("zipfile.ZipFile", "extract extractall write"),
    blocks_on_file("zipfile.ZipFile", "open read testzip writestr", when=ON_DISK),
)

_FILES: Final = (
    blocks_on_file("_ssl._SSLContext", "load_cert_chain"),
    blocks("fcntl", "flock lockf", unless="1=LOCK_NB 1=LOCK_UN"),
    blocks_on_file("configparser.RawConfigParser", "read"),
    blocks_on_file("dbm", "open whichdb"),
    blocks_on_file("filecmp", "cmp cmpfiles"),
    # os.path, of which genericpath and posixpath define their halves, and ntpath what differs.
    blocks_on_file("genericpath", "exists getatime getctime getmtime getsize isdevdrive isdir"),
    blocks_on_file("genericpath", "isfile samefile sameopenfile"),
    blocks_on_file("glob", "glob glob0 glob1"),
    blocks_on_file("importlib.resources", "open_binary open_text read_binary read_text"),
    blocks_on_file("importlib.resources._functional", "open_binary open_text read_binary"),
    blocks_on_file("importlib.resources._functional", "read_text"),
    blocks_on_file("importlib.resources.abc.Traversable", "open read_bytes read_text"),
    blocks_on_file("linecache", "checkcache getline getlines updatecache"),
    blocks_on_file("ntpath", "realpath"),
    blocks_on_file("os", "access chmod chown copy_file_range fchmod fchown fdatasync fstat"),
    blocks_on_file("os", "fsync ftruncate getxattr lchmod lchown link listdir listxattr"),
    blocks_on_file(
        "os", "lockf lstat makedirs mkdir mkfifo mknod open pread preadv pwrite pwritev"
    ),
    blocks_on_file("os", "read", when="the descriptor is in blocking mode"),
    blocks_on_file("os", "readlink readv remove removedirs removexattr rename renames replace"),
    blocks_on_file("os", "rmdir scandir sendfile setxattr stat statvfs symlink sync truncate"),
    blocks_on_file("os", "unlink utime"),
    blocks_on_file("os", "write", when="the descriptor is in blocking mode"),
    blocks_on_file("os", "writev"),
    blocks_on_file("pathlib.Path", "chmod copy copy_into exists group hardlink_to"),
    blocks_on_file("pathlib.Path", "is_block_device is_char_device is_dir is_fifo is_file"),
    blocks_on_file("pathlib.Path", "is_junction is_mount is_socket is_symlink lchmod link_to"),
    blocks_on_file("pathlib.Path", "lstat mkdir move move_into open owner read_bytes read_text"),
    blocks_on_file("pathlib.Path", "readlink rename replace resolve rmdir samefile stat"),
    blocks_on_file("pathlib.Path", "symlink_to touch unlink write_bytes write_text"),
    blocks_on_file("pkgutil", "get_data"),
    blocks_on_file("posixpath", "isjunction islink ismount lexists realpath"),
    blocks_on_file("shelve", "open"),
    blocks_on_file("shutil", "chown copy copy2 copyfile"),
    blocks_on_file("shutil", "copyfileobj", when="one of the files is on disk"),
    blocks_on_file("shutil", "copymode copystat copytree disk_usage make_archive move rmtree"),
    blocks_on_file("shutil", "unpack_archive which"),
    # rmtree is an object of this class; its name is the variable's, or the method's.
    blocks_on_file("shutil._RmtreeType", "__call__"),
    # The certificates come from a large file.
    blocks_on_file("ssl", "create_default_context"),
    blocks_on_file("ssl.SSLContext", "load_default_certs load_verify_locations"),
    blocks_on_file("ssl.SSLContext", "set_default_verify_paths"),
)

ROWS: Final[tuple[Api, ...]] = tuple(
    chain.from_iterable(
        (
            *_TIME,
            *_PROCESSES,
            *_THREADS,
            *_SOCKETS,
            *_PROTOCOLS,
            *_DATABASES,
            *_FILE_OBJECTS,
            *_FILES,
        )
    )
)

_LAZY: Final = (
    blocks("concurrent.futures._base", "as_completed", instead="asyncio.as_completed"),
    blocks("concurrent.futures._base.Executor", "map"),
    blocks("multiprocessing.pool.Pool", "imap imap_unordered"),
    blocks("sqlite3.Connection", "iterdump"),
    blocks_on_file("fileinput", "input"),
    blocks_on_file("glob", "iglob"),
    blocks_on_file("os", "fwalk walk"),
    # Python 3.13 and later list the directory at once.
    blocks_on_file("pathlib.Path", "glob iterdir rglob walk"),
)

#: Calls that return at once; iterating their result blocks.
ITERATORS: Final[tuple[Api, ...]] = tuple(chain.from_iterable(_LAZY))
