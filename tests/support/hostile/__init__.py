"""Hostile input and the properties that must hold, for unit tests and fuzzing."""
