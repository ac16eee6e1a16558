"""A cache with a backend of the project's own."""

from django.core.cache.backends.locmem import LocMemCache


class RemoteCache(LocMemCache):
    """Stands for a cache that is reached over the network."""
