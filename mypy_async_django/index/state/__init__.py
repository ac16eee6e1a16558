"""State that coroutines share: who reads and writes it, and the awaits between."""
