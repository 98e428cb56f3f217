"""What can be wrong with a deployed stack."""


class DeployedStackError(Exception):
    """The deployed stack cannot be served; the message names the resource and the reason."""
