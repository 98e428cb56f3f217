"""What of a deployment is there: its stacks, and what is left when one is gone."""

from collections.abc import Iterable

from cli.adapters.clients import Clients, aws_errors
from cli.adapters.queues import DeadLetterQueue
from cli.adapters.stacks import NoStackError, Stack, read_stack, with_peers
from cli.dead_letter_queues import OUTPUT
from cli.errors import CliError, UnreachableError


def stack_name(deployment: str, region: str) -> str:
    """As samconfig.toml names it."""
    return f"{deployment}-{region}"


def clients_of(region: str) -> Clients:
    """AWS, or what the usual variables name in its place."""
    return Clients(region, None)


def find_stacks(
    deployment: str, regions: Iterable[str], may_be_down: str | None = None
) -> dict[str, Stack]:
    """The deployment's stacks by region: those in `regions`, their peers, and so on.

    Args:
        may_be_down: a region that is left out if it does not answer.

    Raises:
        CliError: CloudFormation does not answer, or refuses.
    """
    stacks: dict[str, Stack] = {}
    found = with_peers(
        regions, lambda region: read_stack(clients_of(region), stack_name(deployment, region))
    )
    for region, stack in found.items():
        if isinstance(stack, Stack):
            stacks[region] = stack
        elif region == may_be_down and isinstance(stack, UnreachableError):
            continue
        elif not isinstance(stack, NoStackError):
            raise stack
    return stacks


def dead_letters(stack: Stack) -> int:
    """How many messages the stack's dead-letter queues hold, hidden ones too. Raises CliError."""
    queues = [
        DeadLetterQueue(clients_of(stack.region), kind, stack.outputs[output])
        for kind, output in OUTPUT.items()
        if output in stack.outputs
    ]
    return sum(queue.depth().total for queue in queues)


def audit_table_left(stack: Stack) -> str | None:
    """The table of audit records that outlived the stack, by its name. Raises CliError."""
    name = stack.outputs.get("AuditTableName")
    if name is None:
        return None
    tables = clients_of(stack.region).tables
    try:
        with aws_errors("dynamodb", stack.region):
            tables.describe_table(TableName=name)
    except CliError as error:
        if "ResourceNotFoundException" in str(error):
            return None
        raise
    return name


def delete_left_log_groups(stack: Stack) -> None:
    """Deletes log groups that a last invocation made again after the stack was gone."""
    logs = clients_of(stack.region).logs
    prefixes = [f"/aws/lambda/{stack.name}-"]
    if "ApiId" in stack.outputs:
        prefixes.append(f"/aws/appsync/apis/{stack.outputs['ApiId']}")
    with aws_errors("logs", stack.region):
        for prefix in prefixes:
            for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
                logs.delete_log_group(logGroupName=group["logGroupName"])
