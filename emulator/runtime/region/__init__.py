"""One region's process: its AppSync API and its event buses on one port of the loopback."""
