"""Hostile input: how it is made, and what must hold. Unit tests and fuzzing share it."""
