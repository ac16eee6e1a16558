"""Recipes for ``django.contrib``."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.backends import ModelBackend, RemoteUserBackend
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views import View
from recipe import Recipe, args, functions, methods, nothing
from world import World, shop

from recipes.forms import CommentForm, CommentFormSet, prepared_view, valid


class _Members(LoginRequiredMixin, View):
    """A view for those who have logged in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer something."""
        return HttpResponse("members")


class _Permitted(PermissionRequiredMixin, View):
    """A view for those who may see books."""

    permission_required = "shop.view_book"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer something."""
        return HttpResponse("permitted")


def _lazy_user_request(world: World) -> HttpRequest:
    """A request as the middleware leaves it: the user is looked up when first used."""
    from django.contrib.auth.middleware import AuthenticationMiddleware

    request = world.user_request()
    AuthenticationMiddleware(lambda r: HttpResponse()).process_request(request)
    return request


def _known_user_request(world: World) -> HttpRequest:
    """Such a request after the user was looked up; Django 5.2 wants that even of the twin."""
    request = _lazy_user_request(world)
    assert request.user.is_authenticated
    request.session = world.session()
    return request


def _users() -> Iterator[tuple[str, Recipe]]:
    auth = "django.contrib.auth"
    user = World.fresh_user
    yield from functions(
        auth,
        authenticate=lambda w: args(w.request(), username="reader", password="secret"),
        check_password_with_timing_attack_mitigation=lambda w: args(w.user, "secret"),
        get_user=lambda w: args(w.user_request()),
        login=lambda w: args(w.request(), w.user),
        logout=lambda w: args(w.user_request()),
        update_session_auth_hash=lambda w: args(_known_user_request(w), w.user),
    )
    yield from methods(
        f"{auth}.backends.BaseBackend",
        lambda _: ModelBackend(),
        get_all_permissions=lambda w: args(w.fresh_user()),
        get_group_permissions=lambda w: args(w.fresh_user()),
        get_user=lambda w: args(w.user.pk),
        get_user_permissions=lambda w: args(w.fresh_user()),
        has_perm=lambda w: args(w.fresh_user(), "shop.add_book"),
    )
    yield from methods(
        f"{auth}.backends.ModelBackend",
        lambda _: ModelBackend(),
        authenticate=args(None, username="reader", password="secret"),
        has_module_perms=lambda w: args(w.fresh_user(), "shop"),
    )
    yield from methods(
        f"{auth}.backends.RemoteUserBackend",
        lambda _: RemoteUserBackend(),
        authenticate=args(None, remote_user="reader"),
    )
    yield from methods(
        f"{auth}.base_user.AbstractBaseUser",
        user,
        check_password=args("secret"),
        set_password=args("secret"),
    )
    yield from methods(
        f"{auth}.base_user.BaseUserManager",
        lambda _: User.objects,
        get_by_natural_key=args("reader"),
    )
    yield from functions(
        f"{auth}.hashers",
        check_password=lambda w: args("secret", w.user.password),
        make_password=args("secret"),
        verify_password=lambda w: args("secret", w.user.password),
    )
    yield from functions(f"{auth}.middleware", get_user=lambda w: args(w.user_request()))
    yield from methods(
        f"{auth}.mixins.LoginRequiredMixin",
        prepared_view(_Members, _lazy_user_request),
        dispatch=lambda w: args(_lazy_user_request(w)),
    )
    yield from methods(
        f"{auth}.mixins.PermissionRequiredMixin",
        prepared_view(_Permitted, _lazy_user_request),
        dispatch=lambda w: args(_lazy_user_request(w)),
        has_permission=args(),
    )
    yield from methods(f"{auth}.models.AbstractUser", user, email_user=args("Hello", "Text"))
    yield from methods(
        f"{auth}.models.GroupManager",
        lambda _: Group.objects,
        get_by_natural_key=args("readers"),
    )
    yield from methods(
        f"{auth}.models.PermissionManager",
        lambda _: Permission.objects,
        get_by_natural_key=args("add_book", "shop", "book"),
    )
    yield from methods(
        f"{auth}.models.PermissionsMixin",
        user,
        has_module_perms=args("shop"),
        has_perm=args("shop.add_book"),
        has_perms=args(["shop.add_book"]),
        **nothing("get_all_permissions", "get_group_permissions", "get_user_permissions"),
    )
    yield from methods(
        f"{auth}.models.UserManager",
        lambda _: User.objects,
        create_superuser=args("new", "new@example.org", "secret"),
        create_user=args("new", "new@example.org", "secret"),
    )


def _auth_forms() -> Iterator[tuple[str, Recipe]]:
    package = "django.contrib.auth.forms"
    login = {"username": "reader", "password": "secret"}
    new = {"new_password1": "quite long", "new_password2": "quite long"}
    both = {"password1": "quite long", "password2": "quite long"}
    yield from methods(
        f"{package}.AdminPasswordChangeForm",
        lambda w: valid(auth_forms.AdminPasswordChangeForm(w.user, both)),
        save=args(),
    )
    yield from methods(
        f"{package}.AuthenticationForm",
        lambda _: auth_forms.AuthenticationForm(None, login),
        **nothing("full_clean", "is_valid"),
    )
    yield from methods(f"{package}.AuthenticationForm", _login_form, clean=args())
    yield from methods(
        f"{package}.BaseUserCreationForm",
        lambda _: valid(auth_forms.UserCreationForm({"username": "new", **both})),
        save=args(),
    )
    yield from methods(
        f"{package}.UserCreationForm",
        lambda _: valid(auth_forms.UserCreationForm({"username": "new", **both})),
        clean_username=args(),
    )
    yield from methods(
        f"{package}.PasswordChangeForm",
        lambda w: auth_forms.PasswordChangeForm(w.user, {"old_password": "secret", **new}),
        **nothing("full_clean", "is_valid"),
    )
    yield from methods(
        f"{package}.PasswordChangeForm",
        lambda w: valid(auth_forms.PasswordChangeForm(w.user, {"old_password": "secret", **new})),
        clean_old_password=args(),
    )
    yield from methods(
        f"{package}.PasswordResetForm",
        lambda _: valid(auth_forms.PasswordResetForm({"email": "reader@example.org"})),
        save=args(
            domain_override="example.org",
            email_template_name=_MAIL_TEMPLATE,
            subject_template_name=_MAIL_TEMPLATE,
        ),
        send_mail=args(_MAIL_TEMPLATE, _MAIL_TEMPLATE, {}, None, "reader@example.org"),
    )
    yield from methods(
        f"{package}.SetPasswordForm",
        lambda w: valid(auth_forms.SetPasswordForm(w.user, new)),
        save=args(),
    )


#: Any template that needs no addresses.
_MAIL_TEMPLATE: Final = "registration/password_reset_subject.txt"


def _login_form(_: World) -> Any:
    return valid(auth_forms.AuthenticationForm(None, {"username": "reader", "password": "secret"}))


def _sessions() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.contrib.sessions.backends.base.SessionBase",
        World.session,
        __contains__=args("key"),
        __delitem__=args("key"),
        __getitem__=args("key"),
        __setitem__=args("key", "other"),
        exists=lambda w: args(w.session_key),
        get=args("key"),
        has_key=args("key"),
        pop=args("key"),
        set_expiry=args(60),
        setdefault=args("key", "other"),
        update=args({"key": "other"}),
        **nothing(
            "clear_expired",
            "create",
            "cycle_key",
            "delete",
            "flush",
            "get_expire_at_browser_close",
            "get_expiry_age",
            "get_expiry_date",
            "items",
            "keys",
            "load",
            "save",
            "set_test_cookie",
            "test_cookie_worked",
            "values",
        ),
    )
    yield from methods(
        "django.contrib.sessions.backends.base.SessionBase",
        _with_test_cookie,
        delete_test_cookie=args(),
    )
    yield from methods(
        "django.contrib.sessions.base_session.BaseSessionManager",
        lambda _: Session.objects,
        save=args("k" * 32, {"key": "value"}, timezone.now()),
    )


def _with_test_cookie(world: World) -> Any:
    session = world.session()
    session.set_test_cookie()
    session.save()
    return world.session()


def _admin(_: World) -> Any:
    return admin.ModelAdmin(shop.Author, admin.site)


def _request_of_user(world: World) -> HttpRequest:
    request = world.request()
    request.user = world.user
    return request


def _other_contrib() -> Iterator[tuple[str, Recipe]]:
    yield from methods(
        "django.contrib.admin.models.LogEntry",
        lambda w: LogEntry(
            content_type_id=ContentType.objects.get(model="author").pk, object_id=w.author.pk
        ),
        get_edited_object=args(),
    )
    yield from methods(
        "django.contrib.admin.models.LogEntryManager",
        lambda _: LogEntry.objects,
        log_actions=lambda w: args(w.user.pk, [w.author], 1),
    )
    yield from methods(
        "django.contrib.admin.options.ModelAdmin",
        _admin,
        delete_model=lambda w: args(w.request(), w.author),
        delete_queryset=lambda w: args(w.request(), shop.Author.objects.all()),
        get_object=lambda w: args(w.request(), str(w.author.pk)),
        log_addition=lambda w: args(_request_of_user(w), w.author, "new"),
        log_change=lambda w: args(_request_of_user(w), w.author, "new"),
        log_deletions=lambda w: args(_request_of_user(w), [w.author]),
        save_model=lambda w: args(w.request(), w.author, None, True),
    )
    yield from methods(
        "django.contrib.contenttypes.forms.BaseGenericInlineFormSet",
        lambda w: CommentFormSet(instance=w.book),
        initial_form_count=args(),
        save_new=lambda w: args(valid(CommentForm({"text": "New"}))),
    )
    yield from methods(
        "django.contrib.contenttypes.models.ContentType",
        lambda _: ContentType.objects.get(model="author"),
        get_object_for_this_type=args(name="Ursula"),
    )
    yield from methods(
        "django.contrib.contenttypes.models.ContentTypeManager",
        lambda _: ContentType.objects,
        get_by_natural_key=args("shop", "author"),
        get_for_id=args(1),
        get_for_model=args(shop.Author),
        get_for_models=args(shop.Author),
    )
    yield from methods(
        "django.contrib.sites.models.SiteManager",
        lambda _: Site.objects,
        get_by_natural_key=args("example.com"),
        get_current=args(),
    )
    yield from functions("django.contrib.sites.shortcuts", get_current_site=args(None))
    yield from functions("django.contrib.staticfiles.finders", find=args("admin/css/base.css"))


RECIPES: Final = dict(
    chain(
        _users(),
        _auth_forms(),
        _sessions(),
        _other_contrib(),
    )
)
