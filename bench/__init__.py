"""Benchmarks of the local runtime and the functions, and the capacity and cost model."""
