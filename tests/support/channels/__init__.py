"""The rules of channels once more, for tests: a reference, and random worlds to compare in."""
