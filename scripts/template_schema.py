"""Writes graphql/schema.graphql into template.yaml.

The template has a copy because AppSync shall see `@aws_oidc` and `@aws_cognito_user_pools` only
where such a provider is configured. A stack decides that by its parameters: `${TokenModes}`.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SCHEMA = ROOT / "graphql" / "schema.graphql"
_TEMPLATE = ROOT / "template.yaml"
_TOKEN_MODES = re.compile(r"\s+@aws_oidc\s+@aws_cognito_user_pools\b")
_INDENT = " " * 10
_COPY = re.compile(r"(?<=        - \|\n)(?:          .*\n|\n)+(?=        - TokenModes:)")


def definition(schema: str) -> str:
    """The schema as the template has it, without comments."""
    lines = [line for line in schema.splitlines() if not line.startswith("#")]
    return _TOKEN_MODES.sub("${TokenModes}", "\n".join(lines).strip()) + "\n"


def updated(template: str, schema: str) -> str:
    """The template's text with the schema in it.

    Raises:
        ValueError: the template has no place for it.
    """
    lines = definition(schema).splitlines()
    block = "".join(f"{_INDENT}{line}\n" if line else "\n" for line in lines)
    text, count = _COPY.subn(lambda _: block, template)
    if count != 1:
        raise ValueError("template.yaml has no `Definition` with a text and TokenModes")
    return text


def main() -> None:
    """Rewrites template.yaml."""
    _TEMPLATE.write_text(updated(_TEMPLATE.read_text(), _SCHEMA.read_text()))


if __name__ == "__main__":
    main()
