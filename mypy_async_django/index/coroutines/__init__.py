"""Coroutines: their uses as values, bridges to threads, callbacks, overrides, decorators."""
