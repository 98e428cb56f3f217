"""What an AppSync API consists of, as deployed: the input of the data plane.

Nothing here reads AWS or files; `emulator/runtime/deployed/` fills these types from
CloudFormation and S3, tests build them by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AuthMode = Literal["API_KEY", "AWS_IAM", "OPENID_CONNECT", "AMAZON_COGNITO_USER_POOLS"]
DataSourceType = Literal["NONE", "AMAZON_EVENTBRIDGE", "AMAZON_DYNAMODB", "AWS_LAMBDA"]


@dataclass(frozen=True)
class SourceFile:
    """A text of the API (schema or resolver code) and the name that errors show for it."""

    name: str
    text: str


@dataclass(frozen=True)
class DataSource:
    """A data source. `target` is the bus ARN, table name or function ARN; "" for NONE."""

    name: str
    type: DataSourceType
    target: str = ""


@dataclass(frozen=True)
class PipelineFunction:
    """`AWS::AppSync::FunctionConfiguration` with the APPSYNC_JS runtime."""

    function_id: str
    name: str
    data_source: str
    code: SourceFile


@dataclass(frozen=True)
class Resolver:
    """`AWS::AppSync::Resolver`: UNIT if `functions` is empty, else PIPELINE (ids in order)."""

    type_name: str
    field_name: str
    code: SourceFile
    data_source: str | None = None
    functions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApiKey:
    """An API key; `expires` is epoch seconds."""

    value: str
    expires: float


@dataclass(frozen=True)
class TokenIssuer:
    """An OIDC issuer or a Cognito user pool whose tokens the API takes.

    Attributes:
        client_id: a pattern for the client that a token was made for; None for any.
        keys_url: where its public keys are; "" to find it by OIDC's discovery.
        iat_ttl_ms, auth_ttl_ms: how old a token, or the login behind it, may be; 0 for no limit.
    """

    mode: AuthMode
    issuer: str
    client_id: str | None = None
    keys_url: str = ""
    iat_ttl_ms: int = 0
    auth_ttl_ms: int = 0


@dataclass(frozen=True)
class Api:
    """A whole API in one region.

    Attributes:
        query_depth_limit: how deep a query may be nested; 0 for AppSync's own bound.
        resolver_count_limit: how many resolvers a request may run; 0 for AppSync's own bound.
        introspection: whether queries for the schema are answered.
    """

    api_id: str
    name: str
    region: str
    schema: SourceFile
    resolvers: tuple[Resolver, ...] = ()
    functions: tuple[PipelineFunction, ...] = ()
    data_sources: tuple[DataSource, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    default_auth: AuthMode = "API_KEY"
    additional_auth: tuple[AuthMode, ...] = ("AWS_IAM",)
    api_keys: tuple[ApiKey, ...] = ()
    token_issuers: tuple[TokenIssuer, ...] = ()
    query_depth_limit: int = 0
    resolver_count_limit: int = 0
    introspection: bool = True
