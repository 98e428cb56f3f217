// The baseline: the Amplify simulator with the API of baseline_api.py. Usage: node amplify.cjs PORT
const { AmplifyAppSyncSimulator } = require('@aws-amplify/amplify-appsync-simulator');

const port = Number(process.argv[2]);
const apiKey = 'da2-bench0000000000000000000';
const content = `
type Message @aws_api_key @aws_iam {
  id: ID! name: String! message: String! publishedAt: AWSDateTime! region: String!
}
type Query { ping: String }
type Mutation { publish(name: String!, message: String!): Message }
type Subscription {
  subscribe(name: String!): Message @aws_subscribe(mutations: ["publish"])
}
schema { query: Query mutation: Mutation subscription: Subscription }`;

const payload = `{"id": "$util.autoId()", "name": $util.toJson($ctx.args.name),
  "message": $util.toJson($ctx.args.message), "publishedAt": "$util.time.nowISO8601()",
  "region": "us-west-2"}`;

// It writes a line for each request, which would count against it.
for (const level of ['log', 'warn', 'info', 'debug']) console[level] = () => {};

const simulator = new AmplifyAppSyncSimulator({ port });
simulator.init({
  appSync: {
    name: 'bench', apiKey,
    defaultAuthenticationType: { authenticationType: 'API_KEY' },
    additionalAuthenticationProviders: [{ authenticationType: 'AWS_IAM' }],
  },
  schema: { content },
  mappingTemplates: [],
  dataSources: [{ type: 'NONE', name: 'none' }],
  functions: [],
  resolvers: [{
    kind: 'UNIT', typeName: 'Mutation', fieldName: 'publish', dataSourceName: 'none',
    requestMappingTemplate: `{"version": "2018-05-29", "payload": ${payload}}`,
    responseMappingTemplate: '$util.toJson($ctx.result)',
  }],
});
simulator.start().then(() => {
  process.stdout.write(`${JSON.stringify({ port, pid: process.pid, key: apiKey })}\n`);
});
