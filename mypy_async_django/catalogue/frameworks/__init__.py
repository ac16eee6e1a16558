"""Frameworks on top of Django, one file each: what they call, and what their objects do."""
