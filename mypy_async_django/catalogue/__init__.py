"""Facts about APIs: what raises or blocks in a coroutine, and what to write instead.

Data only. Nothing here imports mypy or Django.
"""
