"""Brings the whole local stack up and down: build, AWS, deploy, one process per region."""
