"""The local runtime: the deployed stack in several regions on one machine, without AWS."""
