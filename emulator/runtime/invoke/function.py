"""A deployed function's environment, as the running stack has it."""

from dataclasses import dataclass

from emulator.runtime.deployed.stack import Clients, DeployedStack


class UnknownFunctionError(Exception):
    """The stack has no such function; the message lists those that it has."""


@dataclass(frozen=True)
class Function:
    """A function by its logical id in template.yaml, in one region of the running stack."""

    logical_id: str
    region: str
    environment: dict[str, str]

    @classmethod
    def read(cls, clients: Clients, stack_name: str, logical_id: str) -> "Function":
        """Reads what `sam deploy` gave the function.

        Raises:
            UnknownFunctionError: there is not a function of that logical id.
        """
        stack = DeployedStack.read(clients, stack_name)
        known = sorted(name for name, _ in stack.of_type("AWS::Lambda::Function"))
        if logical_id not in known:
            raise UnknownFunctionError(
                f"template.yaml has no function {logical_id!r}, but {', '.join(known)}"
            )
        configuration = clients("lambda").get_function_configuration(
            FunctionName=stack.physical_ids[logical_id]
        )
        variables: dict[str, str] = configuration["Environment"]["Variables"]
        return cls(logical_id, clients.region, variables)
