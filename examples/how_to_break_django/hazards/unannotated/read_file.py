# mypy: enable-error-code="async-blocking-file"
"""A file read in a coroutine.

All other requests wait for the disk, which may be one across a network.
"""

import asyncio
from pathlib import Path

from django.http import HttpResponse


async def source(request):
    return HttpResponse(Path(__file__).read_text())


async def source_in_thread(request):
    return HttpResponse(await asyncio.to_thread(Path(__file__).read_text))
