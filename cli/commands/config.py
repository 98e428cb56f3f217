"""`globalws config`: the web client's configuration, from the stacks' outputs."""

import typer

from cli.command import command
from cli.errors import ExitCode
from cli.regions import in_each
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "config",
        examples=[
            "globalws config --aws > config.json",
            "globalws config --stack-name globalws-{region} --region us-west-2",
        ],
        json_shape="the same; this command always prints JSON",
    )(config)


def config(session: Session) -> ExitCode:
    """Print the web client's config.json: each region's endpoints and API key.

    All or nothing: if a region's stack cannot be read, nothing is printed. The API keys in it are
    meant for clients: they may query, publish and subscribe, no more. Where the parameter ApiKeys
    is none, "apiKey" is null; on AWS the web client needs one.
    """
    answers = in_each(session.target.selected, lambda region: region.endpoints())
    regions = []
    for answer in answers:
        if answer.error is not None:
            raise answer.error
        if answer.value is not None:
            regions.append(
                {
                    "region": answer.region,
                    "graphqlUrl": answer.value.graphql_url,
                    "realtimeUrl": answer.value.realtime_url,
                    "apiKey": answer.value.api_key or None,
                }
            )
    session.output.document({"regions": regions})
    return ExitCode.OK
