"""The AppSync API of a deployed stack, as the data plane's `Api`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emulator.appsync.definition import (
    Api,
    ApiKey,
    DataSource,
    PipelineFunction,
    Resolver,
    SourceFile,
    TokenIssuer,
)
from emulator.runtime.deployed.errors import DeployedStackError
from emulator.runtime.deployed.stack import Clients, DeployedStack


def read_api(clients: Clients, stack: DeployedStack, sources: Path | None = None) -> Api:
    """Reads the stack's API.

    Args:
        sources: the folder that the code was deployed from; where a file there has the deployed
            text, errors show its path instead of its place in S3.

    Raises:
        DeployedStackError: the stack has no API, or uses what the data plane does not serve.
    """
    api_id = _api_id(stack)
    appsync = clients("appsync")
    api = appsync.get_graphql_api(apiId=api_id)["graphqlApi"]
    code = _Code(clients("s3"), sources)
    environment = appsync.get_graphql_api_environment_variables(apiId=api_id)
    return Api(
        api_id=api_id,
        name=api["name"],
        region=clients.region,
        schema=_schema(stack),
        resolvers=tuple(_resolvers(stack, code)),
        functions=tuple(_functions(stack, code)),
        data_sources=tuple(
            _data_source(each) for each in appsync.list_data_sources(apiId=api_id)["dataSources"]
        ),
        environment=environment["environmentVariables"] or {},
        default_auth=api["authenticationType"],
        additional_auth=tuple(
            each["authenticationType"] for each in api.get("additionalAuthenticationProviders", [])
        ),
        api_keys=read_api_keys(clients, api_id),
        token_issuers=tuple(
            issuer
            for each in api.get("additionalAuthenticationProviders", [])
            if (issuer := _token_issuer(each, clients.endpoint_url)) is not None
        ),
        query_depth_limit=api.get("queryDepthLimit", 0),
        resolver_count_limit=api.get("resolverCountLimit", 0),
        introspection=api.get("introspectionConfig", "ENABLED") == "ENABLED",
    )


def read_api_keys(clients: Clients, api_id: str) -> tuple[ApiKey, ...]:
    """The API's keys as they are now: a renewal is no deploy."""
    listed = clients("appsync").list_api_keys(apiId=api_id)["apiKeys"]
    return tuple(ApiKey(each["id"], each["expires"]) for each in listed)


def _token_issuer(provider: Mapping[str, Any], endpoint_url: str | None) -> TokenIssuer | None:
    """What a provider says of an issuer of tokens, if it is one."""
    if "openIDConnectConfig" in provider:
        oidc = provider["openIDConnectConfig"]
        return TokenIssuer(
            "OPENID_CONNECT",
            oidc["issuer"],
            oidc.get("clientId") or None,
            iat_ttl_ms=int(oidc.get("iatTTL", 0)),
            auth_ttl_ms=int(oidc.get("authTTL", 0)),
        )
    if "userPoolConfig" in provider:
        pool = provider["userPoolConfig"]
        issuer = f"https://cognito-idp.{pool['awsRegion']}.amazonaws.com/{pool['userPoolId']}"
        # The local AWS signs as that issuer, and serves its keys itself.
        keys = f"{endpoint_url}/{pool['userPoolId']}" if endpoint_url else issuer
        return TokenIssuer(
            "AMAZON_COGNITO_USER_POOLS",
            issuer,
            pool.get("appIdClientRegex") or None,
            f"{keys}/.well-known/jwks.json",
        )
    return None


def _api_id(stack: DeployedStack) -> str:
    for logical_id, _ in stack.of_type("AWS::AppSync::GraphQLApi"):
        return stack.physical_ids[logical_id]
    raise DeployedStackError(f"stack {stack.name} has no AWS::AppSync::GraphQLApi")


class _Code:
    """Reads code from S3 and names it as its author knows it."""

    def __init__(self, s3: Any, sources: Path | None) -> None:
        self._s3 = s3
        files = sources.rglob("*.*") if sources is not None else ()
        root = sources.parent if sources is not None else Path()
        self._names = {path.read_text(): str(path.relative_to(root)) for path in files}

    def read(self, location: str) -> SourceFile:
        place = urlsplit(location)
        if place.scheme != "s3":
            raise DeployedStackError(f"code is not in S3: {location!r}")
        body = self._s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"]
        text = body.read().decode()
        return SourceFile(self._names.get(text, location), text)


def _schema(stack: DeployedStack) -> SourceFile:
    for logical_id, properties in stack.of_type("AWS::AppSync::GraphQLSchema"):
        return SourceFile(logical_id, stack.text(logical_id, properties.get("Definition")))
    raise DeployedStackError(f"stack {stack.name} has no AWS::AppSync::GraphQLSchema")


def _resolvers(stack: DeployedStack, code: _Code) -> list[Resolver]:
    return [
        Resolver(
            type_name=properties["TypeName"],
            field_name=properties["FieldName"],
            code=_javascript(logical_id, properties, code),
            data_source=(
                stack.text(logical_id, properties["DataSourceName"])
                if "DataSourceName" in properties
                else None
            ),
            functions=tuple(
                stack.text(logical_id, each)
                for each in properties.get("PipelineConfig", {}).get("Functions", [])
            ),
        )
        for logical_id, properties in stack.of_type("AWS::AppSync::Resolver")
    ]


def _functions(stack: DeployedStack, code: _Code) -> list[PipelineFunction]:
    return [
        PipelineFunction(
            function_id=stack.physical_ids[logical_id].rsplit("/", 1)[-1],
            name=properties["Name"],
            data_source=stack.text(logical_id, properties["DataSourceName"]),
            code=_javascript(logical_id, properties, code),
        )
        for logical_id, properties in stack.of_type("AWS::AppSync::FunctionConfiguration")
    ]


def _javascript(logical_id: str, properties: Mapping[str, Any], code: _Code) -> SourceFile:
    runtime = properties.get("Runtime", {}).get("Name")
    if runtime != "APPSYNC_JS" or "CodeS3Location" not in properties:
        raise DeployedStackError(
            f"{logical_id}: only APPSYNC_JS code from CodeS3Location is served"
        )
    return code.read(properties["CodeS3Location"])


def _data_source(listed: Mapping[str, Any]) -> DataSource:
    match listed["type"]:
        case "NONE":
            target = ""
        case "AMAZON_EVENTBRIDGE":
            target = listed["eventBridgeConfig"]["eventBusArn"]
        case "AMAZON_DYNAMODB":
            target = listed["dynamodbConfig"]["tableName"]
        case "AWS_LAMBDA":
            target = listed["lambdaConfig"]["lambdaFunctionArn"]
        case other:
            raise DeployedStackError(f"data source {listed['name']}: type {other} is not served")
    return DataSource(listed["name"], listed["type"], target)
