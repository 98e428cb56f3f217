"""What a running command has at hand: its target, its output, and the operator's consent."""

import getpass
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from cli.adapters.graphql import GraphqlApi, signed, with_api_key
from cli.errors import DeclinedError, UnreachableError
from cli.output import Output
from cli.targets.choose import TargetOptions, choose_target
from cli.targets.target import Kind, Region, Target


class Api(Protocol):
    """A region's GraphQL API."""

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Runs an operation and returns its data. Raises RefusedError, UnreachableError."""


def connect_api(region: Region) -> Api:
    """The region's API over HTTP, with its API key or, where there is none, with IAM.

    Raises:
        CliError: its endpoints are not known, or there are no credentials to sign with.
    """
    endpoints = region.endpoints()
    key = endpoints.api_key
    authorize = with_api_key(key) if key else signed(region.clients.credentials(), region.name)
    return GraphqlApi(region.name, endpoints.graphql_url, authorize)


@dataclass
class Session:
    """One command's surroundings."""

    options: TargetOptions
    output: Output
    yes: bool = False

    @cached_property
    def target(self) -> Target:
        """The deployment; which one it is, is said on stderr. Raises CliError."""
        target = choose_target(self.options, Path.cwd(), self.output.note)
        names = ", ".join(region.name for region in target.all_regions)
        self.output.note(f"target: {target.description} ({names})")
        return target

    def api(self, region: Region) -> Api:
        """The region's API. Raises CliError if its endpoints are not known."""
        return connect_api(region)

    def caller(self) -> str:
        """The operator: the AWS identity, or user@host on the local stack.

        Raises:
            CliError: there are no credentials, or no region's STS answers.
        """
        if self.target.kind is Kind.AWS:
            regions = dict.fromkeys((*self.target.selected, *self.target.all_regions))
            problems = []
            for region in regions:
                try:
                    return region.clients.caller()
                except UnreachableError as error:
                    problems.append(error)
            raise problems[0]
        name = f"{getpass.getuser()}@{platform.node() or 'localhost'}"
        return name.encode(errors="replace").decode()  # an account's name may be no UTF-8

    def confirm(self, question: str, how_to_answer: str = "--yes") -> None:
        """Asks on the terminal, unless --yes was given.

        Args:
            how_to_answer: what to give where there is no terminal.

        Raises:
            DeclinedError: the answer is not yes, or there is no terminal to ask on.
        """
        if self.yes:
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise DeclinedError(
                f"{question} Not done: give {how_to_answer}, as there is no terminal to ask"
            )
        self.output.note(f"{question} [y/N]")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise DeclinedError("not done")
