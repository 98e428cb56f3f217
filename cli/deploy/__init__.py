"""Deploys an installation to its regions, on AWS or on the local AWS, with the real SAM CLI."""
