"""The schema in the template: that of graphql/, naming only the providers that are configured."""

from typing import Any

import pytest

from emulator.appsync.definition import Api, SourceFile
from emulator.appsync.schema import load_schema
from emulator.runtime.deployed.conditions import Conditions
from emulator.runtime.deployed.stack import DeployedStack
from scripts.template_schema import updated
from tests.infrastructure.conftest import Template
from tests.support.stack import ROOT

_ISSUER = {"OidcIssuer": "https://login.example"}
_POOL = {"UserPoolId": "us-west-2_Abc"}


def test_the_template_has_the_schema_of_the_file() -> None:
    text = (ROOT / "template.yaml").read_text()
    schema = (ROOT / "graphql" / "schema.graphql").read_text()
    # If this fails: .venv/bin/python -m scripts.template_schema
    assert updated(text, schema) == text
    with pytest.raises(ValueError, match="no `Definition`"):
        updated("Resources: {}", schema)


@pytest.mark.parametrize(
    ("given", "modes"),
    [
        ({}, ()),
        (_ISSUER, ("OPENID_CONNECT",)),
        (_POOL, ("AMAZON_COGNITO_USER_POOLS",)),
        (_ISSUER | _POOL, ("OPENID_CONNECT", "AMAZON_COGNITO_USER_POOLS")),
    ],
    ids=["none", "issuer", "pool", "both"],
)
def test_the_deployed_schema_names_exactly_the_configured_providers(
    template: Template, given: dict[str, str], modes: tuple[Any, ...]
) -> None:
    parameters = template.document["Parameters"]
    values = {name: str(each.get("Default", "")) for name, each in parameters.items()} | given
    stack = DeployedStack(
        "test",
        template.resources,
        {"ApiSchema": "schema"},
        {},
        Conditions(template.document["Conditions"], parameters, values),
    )
    ((name, properties),) = template.of_type("AWS::AppSync::GraphQLSchema")
    text = stack.text(name, properties["Definition"])
    source, providers = SourceFile(name, text), ("AWS_IAM", *modes)
    schema = load_schema(Api("id", "name", "us-west-2", source, additional_auth=providers))
    for field in ("publish", "publishFromBus", "publishRequested", "unsubscribe"):
        clients = {"API_KEY", *modes} if field == "publish" else set()
        assert schema.access["Mutation", field] == {"AWS_IAM", *clients}
