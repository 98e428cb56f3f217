"""The servers that are compared: ours, the peer, and the raw limit. Each prints one JSON line."""
