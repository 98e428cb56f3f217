"""The conditions of a deployed template, as CloudFormation evaluates them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.runtime.deployed.errors import DeployedStackError


@dataclass(frozen=True)
class Conditions:
    """Evaluates conditions by name.

    Attributes:
        definitions: the template's `Conditions`.
        parameters: the template's `Parameters`, for their types.
        values: the stack's parameters as text.
    """

    definitions: Mapping[str, Any]
    parameters: Mapping[str, Any]
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> bool:
        """Whether the condition holds.

        Raises:
            DeployedStackError: it is not defined, or uses a function that is not served here.
        """
        if name not in self.definitions:
            raise DeployedStackError(f"condition {name} is not defined")
        return self._holds(name, self.definitions[name])

    def _holds(self, name: str, expression: Any) -> bool:
        match expression:
            case {"Condition": str(other)}:
                return self[other]
            case {"Fn::Not": [inner]}:
                return not self._holds(name, inner)
            case {"Fn::And": [*inner]}:
                return all(self._holds(name, each) for each in inner)
            case {"Fn::Or": [*inner]}:
                return any(self._holds(name, each) for each in inner)
            case {"Fn::Equals": [left, right]}:
                return bool(self._value(name, left) == self._value(name, right))
        raise DeployedStackError(f"condition {name}: cannot evaluate {expression!r}")

    def _value(self, name: str, expression: Any) -> str | list[str]:
        match expression:
            case str() | int() | float():
                return str(expression)
            case {"Ref": str(parameter)} if parameter in self.values:
                text = self.values[parameter]
                kind = self.parameters.get(parameter, {}).get("Type", "String")
                return text.split(",") if kind == "CommaDelimitedList" else text
            case {"Fn::Select": [index, items]}:
                found = self._value(name, items)
                return found[int(index)]
        raise DeployedStackError(f"condition {name}: cannot evaluate {expression!r}")
