"""Programs that use a framework: a mistake that fails when it is run, and a cure that works."""

from collections.abc import Mapping
from typing import Final, NamedTuple

#: What each program begins with: Django set up, and a way to ask for a view.
SETUP: Final = """\
import asyncio
from typing import Any

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "file:rows?mode=memory&cache=shared",
        }
    },
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="x",
)
django.setup()

from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient
from django.urls import path

urlpatterns: list[Any] = []


def show(view: Any) -> None:
    urlpatterns.append(path("", view))
    response = asyncio.run(AsyncClient().get("/"))
    assert response.status_code == 200

"""


class Program(NamedTuple):
    """A mistake, the error that it ends with, the code that we report, and its cures."""

    needs: str
    mistake: str
    error: str
    code: str
    cures: tuple[str, ...]


_RATELIMIT: Final = """\
from django_ratelimit.decorators import ratelimit

"""
_CELERY: Final = """\
from celery import Celery, shared_task

app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


async def count() -> int:
    return 3

"""
_CELERY_RUN: Final = """
result = total.delay().get()
assert result == 3, type(result)
"""
_REST: Final = """\
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

settings.REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []}

"""

#: A database in memory, with a model of Django's that has a relation, and one row of it.
_ROWS: Final = """\
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

call_command("migrate", verbosity=0)

"""
_SERIALIZERS: Final = (
    _ROWS
    + """\
from rest_framework import serializers


class KindSerializer(serializers.ModelSerializer[ContentType]):
    class Meta:
        model = ContentType
        fields = ["app_label", "model"]


class PermissionSerializer(serializers.ModelSerializer[Permission]):
    content_type = KindSerializer()

    class Meta:
        model = Permission
        fields = ["name", "content_type"]


class KindForm(serializers.Serializer[Any]):
    kind = serializers.PrimaryKeyRelatedField(queryset=ContentType.objects.all())

"""
)
_NINJA: Final = (
    _ROWS
    + """\
from ninja import NinjaAPI, Schema

api = NinjaAPI()


class Kind(Schema):
    app_label: str


class Right(Schema):
    name: str
    content_type: Kind


async def ask() -> None:
    urlpatterns.append(path("", api.urls))
    client = AsyncClient(raise_request_exception=True)
    response = await client.get("/right")
    assert response.status_code == 200, response.status_code

"""
)
#: What pydantic makes of a SynchronousOnlyOperation.
_WRAPPED: Final = "get_attribute_error"
_FACTORY: Final = (
    _ROWS
    + """\
from factory.django import DjangoModelFactory


class KindFactory(DjangoModelFactory[ContentType]):
    class Meta:
        model = ContentType

    app_label = "shop"
    model = "book"

"""
)

_STRAWBERRY: Final = (
    _ROWS
    + """\
import strawberry
from django.contrib.auth.models import User
from strawberry.django.views import AsyncGraphQLView


async def ask(query: str) -> None:
    view = AsyncGraphQLView.as_view(schema=strawberry.Schema(Query))
    urlpatterns.append(path("", view))
    client = AsyncClient()
    if settings.MIDDLEWARE:
        await client.aforce_login(await User.objects.acreate(username="x"))
    answer = await client.get("/", {"query": query})
    assert b"errors" not in answer.content, answer.content

"""
)
_USER: Final = """\
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
settings.MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

"""

PROGRAMS: Final[Mapping[str, Program]] = {
    "serializer_data": Program(
        "rest_framework",
        _SERIALIZERS
        + """\
async def show_right() -> None:
    right = await Permission.objects.afirst()
    print(PermissionSerializer(right).data)

asyncio.run(show_right())
""",
        "SynchronousOnlyOperation",
        "async-unsafe-lazy",
        (
            _SERIALIZERS
            + """\
async def show_right() -> None:
    right = await Permission.objects.select_related("content_type").afirst()
    PermissionSerializer(right).data

asyncio.run(show_right())
""",
        ),
    ),
    "serializer_is_valid": Program(
        "rest_framework",
        _SERIALIZERS
        + """\
async def check() -> None:
    KindForm(data={"kind": 1}).is_valid(raise_exception=True)

asyncio.run(check())
""",
        "SynchronousOnlyOperation",
        "async-unsafe-call",
        (
            _SERIALIZERS
            + """\
async def check() -> None:
    form = KindForm(data={"kind": 1})
    await sync_to_async(form.is_valid)(raise_exception=True)

asyncio.run(check())
""",
        ),
    ),
    "ninja_response": Program(
        "ninja",
        _NINJA
        + """\
@api.get("/right", response=Right)
async def right(request: HttpRequest) -> Any:
    return await Permission.objects.afirst()

asyncio.run(ask())
""",
        _WRAPPED,
        "async-unsafe-lazy",
        (
            _NINJA
            + """\
@api.get("/right", response=Right)
async def right(request: HttpRequest) -> Any:
    return await Permission.objects.select_related("content_type").afirst()

asyncio.run(ask())
""",
        ),
    ),
    "ninja_queryset": Program(
        "ninja",
        _NINJA
        + """\
@api.get("/right", response=list[Kind])
async def kinds(request: HttpRequest) -> Any:
    return ContentType.objects.all()

asyncio.run(ask())
""",
        _WRAPPED,
        "async-unsafe-lazy",
        (
            _NINJA
            + """\
@api.get("/right", response=list[Kind])
async def kinds(request: HttpRequest) -> Any:
    return [kind async for kind in ContentType.objects.all()]

asyncio.run(ask())
""",
        ),
    ),
    "ninja_handler": Program(
        "ninja",
        _NINJA
        + """\
@api.exception_handler(KeyError)
async def missing(request: HttpRequest, error: Any) -> Any:
    return HttpResponse()

@api.get("/right")
async def right(request: HttpRequest) -> Any:
    raise KeyError

asyncio.run(ask())
""",
        "coroutine",
        "sync-decorator",
        (
            _NINJA
            + """\
@api.exception_handler(KeyError)
def missing(request: HttpRequest, error: Any) -> Any:
    return HttpResponse()

@api.get("/right")
async def right(request: HttpRequest) -> Any:
    raise KeyError

asyncio.run(ask())
""",
        ),
    ),
    "factory": Program(
        "factory",
        _FACTORY
        + """\
async def make() -> None:
    KindFactory()

asyncio.run(make())
""",
        "SynchronousOnlyOperation",
        "async-unsafe",
        (
            _FACTORY
            + """\
async def make() -> None:
    assert await sync_to_async(KindFactory)()
    assert KindFactory.build()

asyncio.run(make())
""",
        ),
    ),
    "ratelimit": Program(
        "django_ratelimit",
        _RATELIMIT
        + """\
@ratelimit(key="ip", rate="5/m")
async def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()

show(page)
""",
        "ValueError",
        "sync-decorator",
        (
            _RATELIMIT
            + """\
@ratelimit(key="ip", rate="5/m")
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()

show(page)
""",
            _RATELIMIT
            + """\
from django.utils.decorators import method_decorator
from django.views import View

class Page(View):
    @method_decorator(ratelimit(key="ip", rate="5/m"))
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

show(Page.as_view())
""",
            _RATELIMIT
            + """\
from asgiref.sync import markcoroutinefunction

@markcoroutinefunction
@ratelimit(key="ip", rate="5/m")
async def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()

show(page)
""",
        ),
    ),
    "shared_task": Program(
        "celery",
        _CELERY
        + "@shared_task\nasync def total() -> int:\n    return await count()\n"
        + _CELERY_RUN,
        "coroutine",
        "sync-decorator",
        (
            _CELERY
            + """\
from asgiref.sync import async_to_sync

@shared_task
def total() -> int:
    return async_to_sync(count)()
"""
            + _CELERY_RUN,
        ),
    ),
    "app_task": Program(
        "celery",
        _CELERY
        + "@app.task(name='total')\nasync def total() -> int:\n    return await count()\n"
        + _CELERY_RUN,
        "coroutine",
        "sync-decorator",
        (
            _CELERY
            + """\
from asgiref.sync import async_to_sync

@app.task(name="total")
def total() -> int:
    return async_to_sync(count)()
"""
            + _CELERY_RUN,
        ),
    ),
    "api_view": Program(
        "rest_framework",
        _REST
        + """\
from rest_framework.decorators import api_view

@api_view(["GET"])
async def page(request):
    return Response({})

show(page)
""",
        "AssertionError",
        "sync-decorator",
        (
            _REST
            + """\
from rest_framework.decorators import api_view

@api_view(["GET"])
def page(request: Request) -> Response:
    return Response({})

show(page)
""",
            _REST
            + """\
from adrf.decorators import api_view

@api_view(["GET"])
async def page(request: Request) -> Response:
    return Response({})

show(page)
""",
        ),
    ),
    "rest_handler": Program(
        "rest_framework",
        _REST
        + """\
class Page(APIView):
    async def get(self, request: Request) -> Response:
        return Response({})

show(Page.as_view())
""",
        "AssertionError",
        "async-override",
        (
            _REST
            + """\
class Page(APIView):
    def get(self, request: Request) -> Response:
        return Response({})

show(Page.as_view())
""",
            _REST
            + """\
from adrf.views import APIView as AsyncAPIView

class Page(AsyncAPIView):
    async def get(self, request: Request) -> Response:
        return Response({})

show(Page.as_view())
""",
            _REST
            + """\
from asgiref.sync import async_to_sync

class AwaitingView(APIView):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.request, self.args, self.kwargs, self.headers = request, args, kwargs, {}
        return self.finalize_response(
            self.initialize_request(request), async_to_sync(self.get)(request)
        )

class Page(AwaitingView):
    async def get(self, request: Request) -> Response:
        return Response({})

""",
        ),
    ),
    "rest_action": Program(
        "rest_framework",
        _REST
        + """\
class Pages(ViewSet):
    async def list(self, request: Request) -> Response:
        return Response([])

show(Pages.as_view({"get": "list"}))
""",
        "AssertionError",
        "async-override",
        (
            _REST
            + """\
class Pages(ViewSet):
    def list(self, request: Request) -> Response:
        return Response([])

    async def load(self) -> None: ...

show(Pages.as_view({"get": "list"}))
""",
        ),
    ),
    "strawberry_resolver": Program(
        "strawberry",
        _STRAWBERRY
        + """\
@strawberry.type
class Query:
    @strawberry.field
    def kinds(self) -> int:
        return ContentType.objects.count()

asyncio.run(ask("{ kinds }"))
""",
        "AssertionError",
        "async-unsafe",
        (
            _STRAWBERRY
            + """\
@strawberry.type
class Query:
    @strawberry.field
    async def kinds(self) -> int:
        return await ContentType.objects.acount()

asyncio.run(ask("{ kinds }"))
""",
            _STRAWBERRY
            + """\
import strawberry_django

@strawberry.type
class Query:
    @strawberry_django.field
    def kinds(self) -> int:
        return ContentType.objects.count()

asyncio.run(ask("{ kinds }"))
""",
        ),
    ),
    "strawberry_user": Program(
        "strawberry",
        _USER
        + _STRAWBERRY
        + """\
@strawberry.type
class Query:
    @strawberry.field
    async def name(self, info: strawberry.Info) -> str:
        return str(info.context.request.user.get_username())

asyncio.run(ask("{ name }"))
""",
        "AssertionError",
        "async-unsafe-lazy",
        (
            _USER
            + _STRAWBERRY
            + """\
@strawberry.type
class Query:
    @strawberry.field
    async def name(self, info: strawberry.Info) -> str:
        user = await info.context.request.auser()
        return str(user.get_username())

asyncio.run(ask("{ name }"))
""",
        ),
    ),
    "task_called": Program(
        "celery",
        _CELERY
        + _ROWS
        + """\
@shared_task
def kinds() -> int:
    return ContentType.objects.count()

async def show_kinds() -> None:
    kinds.apply(throw=True)

asyncio.run(show_kinds())
""",
        "SynchronousOnlyOperation",
        "async-unsafe-call",
        (
            _CELERY
            + _ROWS
            + """\
@shared_task
def kinds() -> int:
    return ContentType.objects.count()

async def show_kinds() -> None:
    await sync_to_async(kinds.apply)(throw=True)
    kinds.s()

asyncio.run(show_kinds())
""",
        ),
    ),
    "hook_of_view": Program(
        "rest_framework",
        _ROWS
        + """\
from django.views import View

class Page(View):
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kinds = ContentType.objects.count()

    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(self.kinds))

show(Page.as_view())
""",
        "SynchronousOnlyOperation",
        "async-unsafe",
        (
            _ROWS
            + """\
from django.views import View

class Page(View):
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kinds = ContentType.objects.all()

    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(await self.kinds.acount()))

show(Page.as_view())
""",
        ),
    ),
    "consumer": Program(
        "channels",
        """\
from asgiref.testing import ApplicationCommunicator
from channels.generic.websocket import AsyncJsonWebsocketConsumer

class Consumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        self.accept()

async def connect() -> None:
    scope = {"type": "websocket", "path": "/", "headers": []}
    client = ApplicationCommunicator(Consumer.as_asgi(), scope)
    await client.send_input({"type": "websocket.connect"})
    answer = await client.receive_output(timeout=1)
    assert answer["type"] == "websocket.accept"

asyncio.run(connect())
""",
        "TimeoutError",
        "unawaited-coroutine",
        (
            """\
from asgiref.testing import ApplicationCommunicator
from channels.generic.websocket import AsyncJsonWebsocketConsumer

class Consumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.accept()

async def connect() -> None:
    scope = {"type": "websocket", "path": "/", "headers": []}
    client = ApplicationCommunicator(Consumer.as_asgi(), scope)
    await client.send_input({"type": "websocket.connect"})
    answer = await client.receive_output(timeout=1)
    assert answer["type"] == "websocket.accept"

asyncio.run(connect())
""",
        ),
    ),
}
