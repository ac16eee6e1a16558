"""A small Django project that the tests share."""
