"""Which deployment a command works on: the local stack, or real stacks on AWS."""
