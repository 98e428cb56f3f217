"""What can stand in the way of a deployment."""


class DeployError(Exception):
    """The message says what is wrong and what to do next."""
