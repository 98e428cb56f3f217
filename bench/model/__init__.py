"""The capacity and cost model: what a deployment bears, how fast it is, and what it costs."""
