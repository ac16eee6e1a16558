"""The command ``check``: mypy with the plugin, and only what the plugin finds is shown."""
