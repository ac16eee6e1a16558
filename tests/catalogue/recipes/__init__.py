"""One recipe for each row of the catalogue: how to call it so that it has something to do."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

import django
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.backends import ModelBackend, RemoteUserBackend
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.contrib.contenttypes.forms import generic_inlineformset_factory
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site
from django.core import mail, serializers
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.db import close_old_connections, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count
from django.db.models.fields.files import ImageFieldFile
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from django.views import View
from django.views.generic import CreateView, DateDetailView, DeleteView, DetailView, ListView, UpdateView
from recipe import Arguments, Recipe, args, functions, methods
from world import World, shop

RECIPES: Final[dict[str, Recipe]] = dict(
    chain(
        _orm(),
        _connections(),
        _users(),
        _auth_forms(),
        _sessions(),
        _other_contrib(),
        _forms(),
        _views(),
        _pages(),
        _cache(),
        _files(),
        _mail(),
        _rest(),
        _tasks() if django.VERSION >= (6, 0) else (),
    )
)

#: What the oldest Django that the tests run on does not have.
NEWER: Final = {
    "django.contrib.auth.check_password_with_timing_attack_mitigation": (6, 1),
    "django.db.transaction.savepoint_create": (6, 1),
    "django.tasks": (6, 0),
}

#: Twins that are there before they help.
EARLY_TWINS: Final = frozenset(
    {
        # They hash in the event loop until Django 6.0.
        "django.contrib.auth.base_user.AbstractBaseUser.check_password",
        "django.contrib.auth.hashers.check_password",
    }
)


