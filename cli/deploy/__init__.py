"""Deploys, updates and deletes the regions of a deployment with the real SAM CLI."""
