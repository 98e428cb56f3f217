"""CloudFormation: changing one parameter of a deployed stack, and nothing else of it."""

import time
from typing import TYPE_CHECKING

from cli.adapters.clients import Clients, aws_errors
from cli.adapters.stacks import Stack, read_stack
from cli.errors import CliError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_POLL_SECONDS = 1.0


def read_settled_stack(clients: Clients, name: str, seconds: float) -> Stack:
    """The stack, once CloudFormation is not at work on it.

    Args:
        seconds: how long to wait for that at most.

    Raises:
        CliError: it is still at work after that time, or the stack cannot be read.
    """
    deadline = time.monotonic() + seconds
    while (stack := read_stack(clients, name)).is_changing:
        if time.monotonic() + _POLL_SECONDS > deadline:
            raise CliError(
                f"{name} in {clients.region} is still {stack.status}: run the same command again "
                "when CloudFormation is done"
            )
        time.sleep(_POLL_SECONDS)
    return stack


def change_parameter(
    clients: Clients, name: str, parameter: str, value: str, seconds: float
) -> Stack:
    """Gives a parameter another value, with the template and the other values that are deployed.

    Args:
        seconds: how long to wait at most until the stack has changed.

    Returns:
        The changed stack.

    Raises:
        CliError: the change was refused, or rolled back, or takes longer than that.
    """
    stack = read_settled_stack(clients, name, seconds)
    parameters: list[ParameterTypeDef] = [
        {"ParameterKey": key, "UsePreviousValue": True}
        for key in stack.parameters
        if key != parameter
    ]
    parameters.append({"ParameterKey": parameter, "ParameterValue": value})
    with aws_errors("cloudformation", clients.region):
        clients.stacks.update_stack(
            StackName=name,
            UsePreviousTemplate=True,
            Parameters=parameters,
            # The template has roles and transforms: as for a deploy.
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    changed = read_settled_stack(clients, name, seconds)
    if changed.status != "UPDATE_COMPLETE":
        raise CliError(
            f"{name} in {clients.region} did not change ({changed.status} {changed.reason}): "
            "CloudFormation's events of the stack say why"
        )
    return changed
