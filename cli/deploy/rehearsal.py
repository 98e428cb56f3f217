"""Deploying into an emulated AWS: a rehearsal, which makes all resources and serves no API.

An emulator's own GraphQL endpoint answers anything, so the functions get a URL that nobody answers.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from cli.adapters.stacks import Stack
from cli.deploy.errors import DeployError
from cli.deploy.parameters import Parameters
from cli.deploy.stacks import clients_of

API_URL = "https://rehearsal.invalid/graphql"
"""Never resolves (RFC 6761): what would be delivered fails, and says so."""

_API = "ApiUrlOverride"
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def emulated_aws(region: str) -> str | None:
    """The endpoint that the usual variables and profile name in place of AWS; None on AWS."""
    url = str(clients_of(region).stacks.meta.endpoint_url)
    is_aws = f".{urlsplit(url).hostname}".endswith(_AWS_DOMAINS)
    return None if is_aws else url


def rehearsed(parameters: Parameters) -> Parameters:
    """The template's parameters in a rehearsal. Raises DeployError if they name an API."""
    if any(_API in each for each in (parameters.common, *parameters.regional.values())):
        raise DeployError(f"{_API}: nothing serves the API of a rehearsal, so it has no URL")
    return Parameters({**parameters.common, _API: API_URL}, parameters.regional)


def check_unserved(endpoint: str, existing: Mapping[str, Stack]) -> None:
    """Leaves a running local stack alone.

    Raises:
        DeployError: a stack there was not made by a rehearsal.
    """
    for stack in existing.values():
        url = stack.outputs.get("GraphQLUrl", API_URL)
        if url != API_URL:
            raise DeployError(
                f"{stack.name} at {endpoint} belongs to a local stack, which serves it at {url}: "
                "`make run` and `make down` deploy and end it. To rehearse a deployment beside "
                "it, name another: DEPLOYMENT=rehearsal"
            )
