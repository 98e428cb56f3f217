"""Lambda: invoking a function again with an event that it has not handled."""

import json
from dataclasses import dataclass
from typing import Any

from globalws_functions.domain.json_text import read_json

from cli.adapters.clients import Clients, aws_errors
from cli.errors import CliError

_ACCEPTED = 202


@dataclass(frozen=True)
class Invoked:
    """How an invocation ended; `outcome` is what the function answered, if it was waited for."""

    outcome: str = "queued"


def invoke(
    clients: Clients, name: str, qualifier: str | None, payload: Any, *, wait: bool
) -> Invoked:
    """Invokes the function: queued by Lambda, or waited for.

    Raises:
        CliError: it was not accepted, or failed while it was waited for.
    """
    extra: dict[str, Any] = {} if qualifier is None else {"Qualifier": qualifier}
    with aws_errors("lambda", clients.region):
        answer = clients.functions.invoke(
            FunctionName=name,
            InvocationType="RequestResponse" if wait else "Event",
            Payload=json.dumps(payload).encode(),
            **extra,
        )
        text = answer["Payload"].read() if wait else b""
    if not wait:
        if answer["StatusCode"] != _ACCEPTED:
            raise CliError(f"Lambda did not queue the invocation: HTTP {answer['StatusCode']}")
        return Invoked()
    result = _decoded(text)
    if answer.get("FunctionError"):
        reason = result.get("errorMessage", "") if isinstance(result, dict) else str(result)
        raise CliError(f"{name} failed again: {' '.join(str(reason).split())[:300]}")
    outcome = result.get("outcome") if isinstance(result, dict) else None
    return Invoked(str(outcome or "done"))


def _decoded(text: bytes) -> Any:
    try:
        return read_json(text)
    except ValueError:
        return text.decode(errors="replace")
