"""The project's API in this process: its schema, its resolvers, and services in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cfnlint.decode import cfn_yaml

from emulator.appsync.auth import Evidence
from emulator.appsync.definition import (
    Api,
    ApiKey,
    AuthMode,
    DataSource,
    PipelineFunction,
    Resolver,
    SourceFile,
)
from emulator.appsync.engine import Engine, HttpAnswer, build_engine
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.options import Options
from emulator.appsync.ports import DataSourceError
from emulator.appsync.sigv4 import IamCredential
from scripts import template_schema
from tests.support.stack import ROOT

KEY = "da2-project"
REGION = "us-west-2"
ALLOWED = ("cars", "robots", "tech", "music", "media")
_HEADERS = {"x-api-key": KEY}


_TOKEN_DIRECTIVES: dict[AuthMode, str] = {
    "OPENID_CONNECT": " @aws_oidc",
    "AMAZON_COGNITO_USER_POOLS": " @aws_cognito_user_pools",
}


@cache
def project_api(*token_modes: AuthMode) -> Api:
    """What template.yaml deploys, with every service's target named as the template names it.

    `token_modes` are those of the issuers whose tokens the deployment takes.
    """
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]

    def of_type(kind: str) -> dict[str, Any]:
        wanted = f"AWS::AppSync::{kind}"
        return {
            name: each["Properties"]
            for name, each in resources.items()
            if isinstance(each, Mapping) and each["Type"] == wanted
        }

    sources = of_type("DataSource")
    (api,) = of_type("GraphQLApi").values()
    return Api(
        api_id="project",
        name="project",
        region=REGION,
        schema=SourceFile("graphql/schema.graphql", _definition(token_modes)),
        resolvers=tuple(
            Resolver(
                each["TypeName"],
                each["FieldName"],
                _file(each["CodeS3Location"]),
                _source(each, sources),
                tuple(_logical(f) for f in each.get("PipelineConfig", {}).get("Functions", ())),
            )
            for each in of_type("Resolver").values()
        ),
        functions=tuple(
            PipelineFunction(
                name, each["Name"], _source(each, sources) or "", _file(each["CodeS3Location"])
            )
            for name, each in of_type("FunctionConfiguration").items()
        ),
        data_sources=tuple(
            DataSource(each["Name"], each["Type"], each["Name"]) for each in sources.values()
        ),
        environment={
            "REGION": REGION,
            "ALLOWED_CHANNELS": ",".join(ALLOWED),
            "CHANNELS_TABLE": "Channels",
            "USER_ID_CLAIM": "sub",
            "GROUPS_CLAIM": "cognito:groups",
            "GRANTS_CLAIM": "globalws",
            "END_AT_TOKEN_EXPIRY": "false",
            "PRESENCE": "on",
            "PRESENCE_LEASE_SECONDS": "75",
            "LEASES_TABLE": "LeasesTable",
            "MEMBERS_TABLE": "MembersTable",
            "PREFIX_USER_IDS": "false",
            "MESSAGE_RETENTION_HOURS": "24",
        },
        api_keys=(ApiKey(KEY, 4e9),),
        additional_auth=("AWS_IAM", *token_modes),
        query_depth_limit=api["QueryDepthLimit"]["Fn::If"][1],
        resolver_count_limit=api["ResolverCountLimit"],
    )


def _definition(token_modes: tuple[AuthMode, ...]) -> str:
    """The schema as it is deployed."""
    text = (ROOT / "graphql" / "schema.graphql").read_text()
    directives = "".join(_TOKEN_DIRECTIVES[mode] for mode in token_modes)
    return template_schema.definition(text).replace("${TokenModes}", directives)


def _file(name: str) -> SourceFile:
    return SourceFile(name, (ROOT / name).read_text())


def _logical(value: Mapping[str, Any]) -> str:
    """The logical id in a Fn::GetAtt; of a Fn::If, that of a deployment with a store."""
    if "Fn::If" in value:
        return _logical(value["Fn::If"][1])
    attribute = value["Fn::GetAtt"]
    return str(attribute.split(".")[0] if isinstance(attribute, str) else attribute[0])


def _source(properties: Mapping[str, Any], sources: Mapping[str, Any]) -> str | None:
    if "DataSourceName" not in properties:
        return None
    name: str = sources[_logical(properties["DataSourceName"])]["Name"]
    return name


@dataclass
class MemoryServices:
    """A bus and tables in memory.

    `failures` maps a service to what its calls raise, in turn; None for a call that succeeds.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    failures: dict[str, list[DataSourceError | None]] = field(default_factory=dict)

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        self._fail("bus")
        _check_text(entries)
        self.events += [json.loads(entry["Detail"]) for entry in entries]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in entries]}

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        """As much of DynamoDB as the project's resolvers use."""
        self._fail("dynamodb")
        _check_text(payload)
        if operation == "BatchGetItem":
            return _batch(payload, self.tables)
        table = self.tables.setdefault(payload["TableName"], {})
        match operation:
            case "GetItem":
                return {"Item": table[key]} if (key := _key(payload["Key"])) in table else {}
            case "PutItem":
                item = payload["Item"]
                key = _key({name: item[name] for name in ("name", "id") if name in item})
                if not _holds(payload, table.get(key)):
                    raise DataSourceError("ConditionalCheckFailedException", "exists")
                table[key] = item
                return {}
            case "Query":
                return _page(payload, table)
            case "Scan":
                rules = [table[key] for key in sorted(table) if "allowed" in table[key]]
                return {"Items": [i for i in rules if not i["name"]["S"].startswith("#")]}
        raise AssertionError(f"{operation} is not used by any resolver")

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        """No resolver has a function for its data source."""
        raise AssertionError(f"{function_arn} is not used by any resolver")

    def _fail(self, service: str) -> None:
        if self.failures.get(service) and (failure := self.failures[service].pop(0)):
            raise failure


def _batch(
    payload: Mapping[str, Any], tables: Mapping[str, Mapping[str, dict[str, Any]]]
) -> dict[str, Any]:
    """The items that are there, in no order, as DynamoDB answers."""
    found = {
        name: [
            tables[name][key]
            for key in reversed([_key(each) for each in wanted["Keys"]])
            if key in tables.get(name, {})
        ]
        for name, wanted in payload["RequestItems"].items()
    }
    return {"Responses": found, "UnprocessedKeys": {}}


def _holds(payload: Mapping[str, Any], stored: Mapping[str, Any] | None) -> bool:
    """The two conditions that the project's resolvers write under."""
    if payload["ConditionExpression"] == "attribute_not_exists(id)":
        return stored is None
    assert payload["ConditionExpression"] == (
        "#publishedAt > :publishedAt OR (#publishedAt = :publishedAt AND "
        "(#region > :region OR (#region = :region AND #message > :message)))"
    )
    given = payload["ExpressionAttributeValues"]
    order = ("publishedAt", "region", "message")
    return stored is not None and (
        [stored[name]["S"].encode() for name in order]
        > [given[f":{name}"]["S"].encode() for name in order]
    )


def _check_text(request: Any) -> None:
    """AWS's services take only text that UTF-8 can encode."""
    try:
        json.dumps(request, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DataSourceError("SerializationException", "no UTF-8 form") from None


def _page(payload: Mapping[str, Any], table: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A Query of the channel's items beyond an id, if there is one, in either direction."""
    values = payload["ExpressionAttributeValues"]
    forward = payload["ScanIndexForward"]
    start = values.get(":start", {"S": "" if forward else "~"})["S"]
    items = [item for item in table.values() if item["name"] == values[":name"]]
    items = [i for i in items if (i["id"]["S"] > start if forward else i["id"]["S"] < start)]
    items.sort(key=lambda item: item["id"]["S"], reverse=not forward)
    page = items[: payload["Limit"]]
    if len(page) < payload["Limit"]:
        return {"Items": page}
    return {"Items": page, "LastEvaluatedKey": {name: page[-1][name] for name in ("name", "id")}}


def _key(key: Mapping[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def project_engine(
    services: MemoryServices | None = None, options: Options | None = None
) -> Engine:
    """The project's API, served by the emulator."""
    credentials = {"test": IamCredential("test", account_id="000000000000", user_name="operator")}
    return build_engine(
        project_api(), services or MemoryServices(), credentials=credentials, options=options
    )


async def post(engine: Engine, body: bytes) -> HttpAnswer:
    """POST /graphql with the API key and any body."""
    return await engine.handle(Evidence(headers=_HEADERS, body=body), RequestMeta(_HEADERS))


async def ask(engine: Engine, query: str, **variables: Any) -> HttpAnswer:
    """POST /graphql with the API key."""
    return await post(engine, json.dumps({"query": query, "variables": variables}).encode())


async def ask_as_iam(engine: Engine, query: str, **variables: Any) -> HttpAnswer:
    """POST /graphql, signed as a principal who may do everything."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = AWSRequest("POST", "https://api.example/graphql", data=body)
    SigV4Auth(Credentials("test", "test"), "appsync", REGION).add_auth(request)
    headers = {"host": "api.example"} | {k.lower(): v for k, v in request.headers.items()}
    return await engine.handle(Evidence(headers=headers, body=body), RequestMeta(headers))
