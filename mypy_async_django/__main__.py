"""Entry point of ``python -m mypy_async_django``."""

import sys

from mypy_async_django.cli import main

sys.exit(main())
