"""The servers that are compared. Each prints one JSON line when it is ready."""
