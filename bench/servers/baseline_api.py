"""The API that is compared: one mutation, one subscription, no data source. `amplify.cjs` has the
same for the baseline.
"""

from emulator.appsync.definition import Api, ApiKey, DataSource, Resolver, SourceFile

KEY = "da2-bench0000000000000000000"

SCHEMA = """
type Message @aws_api_key @aws_iam {
  id: ID!
  name: String!
  message: String!
  publishedAt: AWSDateTime!
  region: String!
}
type Query { ping: String }
type Mutation { publish(name: String!, message: String!): Message }
type Subscription {
  subscribe(name: String!): Message @aws_subscribe(mutations: ["publish"])
}
schema { query: Query mutation: Mutation subscription: Subscription }
"""

_PUBLISH = """import { util } from '@aws-appsync/utils';

export function request(ctx) {
  const { name, message } = ctx.args;
  const publishedAt = util.time.nowISO8601();
  return { payload: { id: util.autoId(), name, message, publishedAt, region: 'us-west-2' } };
}

export function response(ctx) {
  return ctx.result;
}
"""


def baseline_api() -> Api:
    """The definition."""
    return Api(
        api_id="bench",
        name="bench",
        region="us-west-2",
        schema=SourceFile("schema.graphql", SCHEMA),
        resolvers=(Resolver("Mutation", "publish", SourceFile("publish.js", _PUBLISH), "none"),),
        data_sources=(DataSource("none", "NONE"),),
        api_keys=(ApiKey(KEY, 4e9),),
    )
