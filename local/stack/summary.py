"""What `make run` prints when the stack is ready."""

import json

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from local.stack.stack_file import RunningStack

_PUBLISH = (
    'mutation { publish(name: "tech", message: "Hello") { id name message publishedAt region } }'
)


def summary(stack: RunningStack) -> RenderableType:
    """A table of the regions, and a command to try."""
    table = Table(box=None, pad_edge=False)
    for heading in ("Region", "GraphQL URL", "Real-time URL", "API key"):
        table.add_column(heading, no_wrap=True)
    for each in stack.regions:
        table.add_row(each.region, each.graphqlUrl, each.realtimeUrl, each.apiKey)
    first = stack.regions[0]
    body = json.dumps({"query": _PUBLISH})
    curl = (
        f"curl -s {first.graphqlUrl} -H 'x-api-key: {first.apiKey}' "
        f"-H 'content-type: application/json' \\\n  -d '{body}'"
    )
    lines: list[RenderableType] = [
        Text(),
        Padding(table, (0, 2)),
        Text(),
        Text("  Publish from a terminal:"),
        Text(f"  {curl}", no_wrap=True, overflow="ignore"),
    ]
    if stack.clientUrl is not None:
        lines += [Text(), Text(f"  Open {stack.clientUrl}", style="bold")]
    lines += [Text(), Text("  Ctrl-C ends it.")]
    return Group(*lines)
