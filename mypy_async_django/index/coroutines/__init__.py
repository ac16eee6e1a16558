"""Coroutine functions and their values: who takes care of them, who runs them, who may not."""
