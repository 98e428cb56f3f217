"""Why a deployment is not carried out."""

from cli.errors import CliError


class DeployError(CliError):
    """The message says what is wrong and what to do next."""
