"""The API's schema: SDL with AppSync's directives and scalars, and what the directives say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql.language import DocumentNode

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    ScalarTypeDefinitionNode,
    Source,
    StringValueNode,
    build_ast_schema,
    parse,
)

from . import scalars
from .definition import Api, AuthMode, SourceFile
from .errors import DefinitionError

_PRELUDE = """
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String!]!) on FIELD_DEFINITION
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
""" + "\n".join(f"scalar {name}" for name in scalars.NAMES)

_MODES: Mapping[str, AuthMode] = {
    "aws_api_key": "API_KEY",
    "aws_iam": "AWS_IAM",
    "aws_oidc": "OPENID_CONNECT",
    "aws_cognito_user_pools": "AMAZON_COGNITO_USER_POOLS",
    "aws_auth": "AMAZON_COGNITO_USER_POOLS",
}


@dataclass(frozen=True)
class ApiSchema:
    """A valid schema and what AppSync's directives say about it.

    `access` maps (type, field) to the authorization modes that may read it; `triggers` maps a
    mutation field to the subscription fields that its success reaches.
    """

    graphql: GraphQLSchema
    access: Mapping[tuple[str, str], frozenset[AuthMode]]
    triggers: Mapping[str, tuple[str, ...]]


def load_schema(api: Api) -> ApiSchema:
    """Build the schema of `api`.

    Raises:
        DefinitionError: a syntax or type error, with file and line, or an `@aws_subscribe`
            that names no mutation, or a directive of a mode that the API does not have: AWS
            does not say what it makes of that.
    """
    schema = _build(api.schema)
    access: dict[tuple[str, str], frozenset[AuthMode]] = {}
    configured = {api.default_auth, *api.additional_auth}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            type_modes = _type_modes(type_) or frozenset({api.default_auth})
            for name, field in type_.fields.items():
                own = _modes(field.ast_node.directives if field.ast_node else ())
                access[type_.name, name] = own or type_modes
                for mode in sorted((own | type_modes) - configured):
                    raise DefinitionError(
                        f"{api.schema.name}: {type_.name}.{name} is for {mode}, but the API has no"
                        " such authorization mode"
                    )
    return ApiSchema(schema, access, _triggers(schema, api.schema.name))


def _build(source: SourceFile) -> GraphQLSchema:
    try:
        document = parse(Source(source.text, source.name))
        declared = {
            d.name.value
            for d in document.definitions
            if isinstance(d, (DirectiveDefinitionNode, ScalarTypeDefinitionNode))
        }
        # A schema file may declare AppSync's names itself, for the sake of other tools.
        prelude = [
            d
            for d in parse(_PRELUDE, no_location=True).definitions
            if isinstance(d, (DirectiveDefinitionNode, ScalarTypeDefinitionNode))
            and d.name.value not in declared
        ]
        schema = build_ast_schema(DocumentNode(definitions=(*prelude, *document.definitions)))
    except (GraphQLError, TypeError) as error:
        raise DefinitionError(f"{source.name}: {error}") from error
    if schema.query_type is None:
        raise DefinitionError(f"{source.name}: the schema has no Query type")
    scalars.install(schema)
    return schema


def _modes(directives: Iterable[DirectiveNode] | None) -> frozenset[AuthMode]:
    return frozenset(_MODES[d.name.value] for d in directives or () if d.name.value in _MODES)


def _type_modes(type_: GraphQLObjectType) -> frozenset[AuthMode]:
    nodes = [type_.ast_node, *type_.extension_ast_nodes]
    return _modes(d for node in nodes if node is not None for d in node.directives or ())


def _triggers(schema: GraphQLSchema, file: str) -> dict[str, tuple[str, ...]]:
    subscription, mutation = schema.subscription_type, schema.mutation_type
    triggers: dict[str, tuple[str, ...]] = {}
    for name, field in subscription.fields.items() if subscription else ():
        for mutation_name in _subscribed_mutations(field.ast_node):
            if mutation is None or mutation_name not in mutation.fields:
                raise DefinitionError(
                    f"{file}: Subscription.{name} names mutation '{mutation_name}',"
                    " which does not exist"
                )
            triggers[mutation_name] = (*triggers.get(mutation_name, ()), name)
    return triggers


def _subscribed_mutations(node: FieldDefinitionNode | None) -> list[str]:
    for directive in (node.directives or ()) if node else ():
        if directive.name.value == "aws_subscribe":
            for argument in directive.arguments or ():
                if isinstance(argument.value, ListValueNode):
                    return [
                        v.value for v in argument.value.values if isinstance(v, StringValueNode)
                    ]
    return []
