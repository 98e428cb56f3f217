"""AWS's lint of the resolvers is in force; `make lint` runs it."""

import os
import subprocess

from tests.support.stack import ROOT

_BROKEN_RESOLVER = """
export async function request(ctx) {
  return { payload: +ctx.env.MESSAGE_RETENTION_HOURS };
}
"""


def _run(*command: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-west-2"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        input=input,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rules_are_really_in_force() -> None:
    """A configuration that matches no file would let everything pass."""
    name = "graphql/resolvers/Query.channels.js"
    done = _run(
        *("npx", "--no-install", "eslint", "--stdin", "--stdin-filename", name),
        input=_BROKEN_RESOLVER,
    )
    assert done.returncode == 1
    assert "@aws-appsync/no-async" in done.stdout
    assert "make a number by JSON.parse" in done.stdout
