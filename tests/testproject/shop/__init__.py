"""A bookshop. Its tables are made by ``migrate --run-syncdb``: it has no migrations."""
