"""A region's logs: CloudWatch log groups, and the notes of the local region process."""

from typing import Any

from globalws_functions.domain.json_text import read_json

from cli.adapters.clients import Clients, aws_errors
from cli.errors import CliError, RefusedError, UnreachableError

_SECONDS = (3.0, 10.0)
_MOST = 200


def lines_with(clients: Clients, group: str, text: str, since: float) -> list[tuple[int, str]]:
    """Time (epoch milliseconds) and text of a log group's lines that hold `text`, oldest first.

    Raises:
        CliError: see `aws_errors`. A group that is not there has no lines.
    """
    found: list[tuple[int, str]] = []
    try:
        with aws_errors("logs", clients.region):
            pages = clients.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, filterPattern=f'"{text}"', startTime=max(0, int(since * 1000))
            )
            for page in pages:
                found += [(each["timestamp"], each["message"]) for each in page["events"]]
                if len(found) >= _MOST:
                    break
    except RefusedError as error:
        if error.error_type != "ResourceNotFoundException":
            raise
    return found[:_MOST]


def ask_region_process(clients: Clients, path: str) -> Any:
    """What the local stack's region process answers at `/_local/<path>`.

    Raises:
        CliError: there is none (on AWS), or it does not answer.
    """
    if clients.access is None:
        raise CliError(f"{clients.region} is on AWS: only the local stack has a region process")
    import requests  # here: it takes longer than all else that `--help` does

    url = f"{clients.access.events_url}/_local/{path}"
    with requests.Session() as session:
        session.trust_env = False  # a proxy is for the way out, never for this machine
        try:
            response = session.get(url, timeout=_SECONDS)
            response.raise_for_status()
            return read_json(response.content)
        except (requests.RequestException, ValueError) as error:
            raise UnreachableError(
                f"the process of {clients.region} does not answer at {url} ({type(error).__name__})"
            ) from error
