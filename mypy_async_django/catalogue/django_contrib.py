"""Rows for ``django.contrib``: users, sessions, content types, sites, the admin, static files."""

from itertools import chain
from typing import Final

from mypy_async_django.catalogue.row import Api, blocks, blocks_on_file, raises

_AUTH: Final = "django.contrib.auth"
_COMMIT: Final = "commit=False 0=False"
SESSION: Final = "django.contrib.sessions.backends.base.SessionBase"
_NO_SUPERUSER: Final = "the user is not a superuser"
_NOT_CACHED: Final = "it is not cached yet"

_USERS: Final = (
    raises(
        _AUTH,
        "authenticate get_user login logout update_session_auth_hash",
        twin=f"{_AUTH}.a*",
        since=(5, 0),
    ),
    raises(
        f"{_AUTH}.backends.BaseBackend",
        "get_all_permissions get_group_permissions get_user get_user_permissions has_perm",
        twin="a*",
        since=(5, 2),
    ),
    raises(
        f"{_AUTH}.backends.ModelBackend", "authenticate has_module_perms", twin="a*", since=(5, 2)
    ),
    raises(f"{_AUTH}.backends.RemoteUserBackend", "authenticate", twin="a*", since=(5, 2)),
    raises(f"{_AUTH}.base_user.BaseUserManager", "get_by_natural_key", twin="a*", since=(5, 2)),
    raises(f"{_AUTH}.middleware", "get_user", twin=f"{_AUTH}.middleware.auser", since=(5, 0)),
    raises(f"{_AUTH}.mixins.LoginRequiredMixin", "dispatch"),
    raises(f"{_AUTH}.mixins.PermissionRequiredMixin", "dispatch has_permission"),
    raises(f"{_AUTH}.models.GroupManager", "get_by_natural_key", twin="a*", since=(5, 2)),
    raises(f"{_AUTH}.models.PermissionManager", "get_by_natural_key"),
    raises(
        f"{_AUTH}.models.PermissionsMixin",
        "get_all_permissions get_group_permissions get_user_permissions",
        twin="a*",
        since=(5, 2),
    ),
    raises(
        f"{_AUTH}.models.PermissionsMixin",
        "has_module_perms has_perm has_perms",
        twin="a*",
        since=(5, 2),
        when=_NO_SUPERUSER,
        guarded_by="is_superuser !is_active is_anonymous !is_authenticated",
    ),
    raises(f"{_AUTH}.models.UserManager", "create_superuser create_user", twin="a*", since=(5, 2)),
)

_PASSWORDS: Final = (
    blocks(
        _AUTH,
        "check_password_with_timing_attack_mitigation",
        twin=f"{_AUTH}.a*",
        since=(6, 1),
    ),
    # Django 5.0 to 5.2 have the twin of "check_password" too, but it hashes in the event loop.
    blocks(f"{_AUTH}.base_user.AbstractBaseUser", "check_password", twin="a*", since=(6, 0)),
    blocks(f"{_AUTH}.base_user.AbstractBaseUser", "set_password"),
    blocks(f"{_AUTH}.hashers", "check_password", twin=f"{_AUTH}.hashers.a*", since=(6, 0)),
    blocks(f"{_AUTH}.hashers", "make_password verify_password"),
    blocks(f"{_AUTH}.models.AbstractUser", "email_user"),
)

_AUTH_FORMS: Final = (
    raises(f"{_AUTH}.forms.AdminPasswordChangeForm", "save", unless=_COMMIT),
    raises(f"{_AUTH}.forms.AuthenticationForm", "clean full_clean is_valid"),
    raises(f"{_AUTH}.forms.BaseUserCreationForm", "save", unless=_COMMIT),
    blocks(f"{_AUTH}.forms.PasswordChangeForm", "clean_old_password full_clean is_valid"),
    raises(f"{_AUTH}.forms.PasswordResetForm", "save"),
    blocks(f"{_AUTH}.forms.PasswordResetForm", "send_mail"),
    raises(f"{_AUTH}.forms.SetPasswordForm", "save", unless=_COMMIT),
    raises(f"{_AUTH}.forms.UserCreationForm", "clean_username"),
)

# The first access loads the session; "clear" and "is_empty" do not.
_LOADING: Final = (
    raises(
        SESSION,
        "delete_test_cookie get get_expire_at_browser_close get_expiry_age get_expiry_date has_key"
        " items keys pop set_expiry set_test_cookie setdefault test_cookie_worked update values",
        twin="a*",
        since=(5, 1),
    ),
    raises(SESSION, "__contains__", twin="ahas_key", since=(5, 1)),
    raises(SESSION, "__delitem__", twin="apop", since=(5, 1)),
    raises(SESSION, "__getitem__", twin="aget", since=(5, 1)),
    raises(SESSION, "__setitem__", twin="aset", since=(5, 1)),
)

#: Session methods that need no query once the session is loaded.
ANSWERED_BY_LOADED_SESSIONS: Final = frozenset(row.name for rows in _LOADING for row in rows)

_SESSIONS: Final = (
    *_LOADING,
    raises(
        SESSION,
        "clear_expired create cycle_key delete exists flush load save",
        twin="a*",
        since=(5, 1),
    ),
    raises("django.contrib.sessions.base_session.BaseSessionManager", "save"),
)

#: The methods of every session store.
SESSION_ROWS: Final = frozenset(row.name for rows in _SESSIONS[:-1] for row in rows)

_OTHERS: Final = (
    raises("django.contrib.admin.models.LogEntry", "get_edited_object"),
    raises("django.contrib.admin.models.LogEntryManager", "log_actions"),
    raises(
        "django.contrib.admin.options.ModelAdmin",
        "delete_model delete_queryset get_object log_addition log_change log_deletions save_model",
    ),
    raises(
        "django.contrib.contenttypes.forms.BaseGenericInlineFormSet",
        "initial_form_count",
        when="the formset is unbound",
    ),
    raises(
        "django.contrib.contenttypes.forms.BaseGenericInlineFormSet",
        "save_new",
        unless="commit=False 1=False",
    ),
    raises("django.contrib.contenttypes.models.ContentType", "get_object_for_this_type"),
    raises(
        "django.contrib.contenttypes.models.ContentTypeManager",
        "get_by_natural_key get_for_id get_for_model get_for_models",
        when=_NOT_CACHED,
        is_kept=True,
    ),
    raises("django.contrib.sites.models.SiteManager", "get_by_natural_key"),
    raises(
        "django.contrib.sites.models.SiteManager", "get_current", when=_NOT_CACHED, is_kept=True
    ),
    raises("django.contrib.sites.shortcuts", "get_current_site", when=_NOT_CACHED, is_kept=True),
    blocks_on_file("django.contrib.staticfiles.finders", "find"),
)

ROWS: Final[tuple[Api, ...]] = tuple(
    chain.from_iterable(chain(_USERS, _PASSWORDS, _AUTH_FORMS, _SESSIONS, _OTHERS))
)
