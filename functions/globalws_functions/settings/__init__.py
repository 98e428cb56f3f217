"""The functions' settings, parsed once from the environment that template.yaml gives them.

A module for each function or two, so that none pays for the others when it starts.
"""
