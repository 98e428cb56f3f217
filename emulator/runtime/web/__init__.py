"""Serves the web client on the local stack: its files, /config.json, and the operator's API."""
