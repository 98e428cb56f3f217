"""What CloudFormation makes of a value in the template, once the parameters are known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NO_VALUE = object()
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-west-2",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "globalws-us-west-2",
    "AWS::NoValue": _NO_VALUE,
}
_VARIABLE = re.compile(r"\$\{([\w:]+)\}")


@dataclass(frozen=True)
class Values:
    """Resolves Ref, Sub, If, Join, Split, Select, Equals and Not.

    Attributes:
        document: the template.
        given: parameters; the others have their default.
    """

    document: Mapping[str, Any]
    given: Mapping[str, str]

    def resolve(self, value: Any) -> Any:
        """The value itself. Raises KeyError for what only a deployment knows."""
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not _NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        ((function, argument),) = value.items() if len(value) == 1 else ((None, None),)
        match function:
            case "Ref":
                return self._parameter(argument)
            case "Fn::Sub":
                return _VARIABLE.sub(lambda found: str(self._parameter(found[1])), argument)
            case "Fn::If":
                return self.resolve(argument[1] if self.holds(argument[0]) else argument[2])
            case "Fn::Join":
                return argument[0].join(self.resolve(argument[1]))
            case "Fn::Split":
                return self.resolve(argument[1]).split(argument[0])
            case "Fn::Select":
                return self.resolve(argument[1])[int(argument[0])]
            case "Fn::Equals":
                one, other = self.resolve(argument)
                return str(one) == str(other)
            case "Fn::Not":
                return not self.resolve(argument[0])
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not _NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template holds."""
        return bool(self.resolve(self.document["Conditions"][condition]))

    def _parameter(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        parameter = self.document["Parameters"][name]
        text = self.given.get(name, str(parameter["Default"]))
        return text.split(",") if parameter["Type"] == "CommaDelimitedList" else text
