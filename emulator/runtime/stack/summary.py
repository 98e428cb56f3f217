"""What `make run` prints when the stack is ready."""

import json

from cli.stack_file import RunningStack
from emulator.issuer.issuer import USERS

_HEADINGS = ("Region", "GraphQL URL", "Real-time URL", "API key")
_PUBLISH = (
    'mutation { publish(name: "tech", message: "Hello") { id name message publishedAt region } }'
)


def summary(stack: RunningStack) -> str:
    """A table of the regions, and a command to try. Never folded: lines are to be copied."""
    rows = [
        _HEADINGS,
        *(
            (each.region, each.graphqlUrl, each.realtimeUrl, each.apiKey or "none")
            for each in stack.regions
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    first = stack.regions[0]
    lines = ["", *table, ""]
    if first.apiKey:
        lines += [
            "  Publish from a terminal:",
            f"  curl -s {first.graphqlUrl} -H 'x-api-key: {first.apiKey}' "
            "-H 'content-type: application/json' \\",
            f"    -d '{json.dumps({'query': _PUBLISH})}'",
            "",
        ]
    if stack.issuerUrl is not None:
        lines += [
            f"  A token of a user ({', '.join(USERS)}), for the header Authorization:",
            f"  curl -s {stack.issuerUrl}/token -d user={next(iter(USERS))}",
            "",
        ]
    if stack.clientUrl is not None:
        lines += [f"  Open {stack.clientUrl}", ""]
    return "\n".join([*lines, "  Ctrl-C ends it."])
