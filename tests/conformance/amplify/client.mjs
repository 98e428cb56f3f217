// An aws-amplify client that takes commands on stdin and reports on stdout, one JSON document a
// line. Commands: configure (again: another caller), subscribe, publish, attempt. It ends when stdin does. Node 20 needs the flag
// --experimental-websocket.
import { createInterface } from 'node:readline';
import { Amplify } from 'aws-amplify';
import { CONNECTION_STATE_CHANGE, generateClient } from 'aws-amplify/api';
import { Hub } from 'aws-amplify/utils';

const FIELDS = 'id name message publishedAt region publisher';
const SUBSCRIBE = `subscription S($name: String!) { subscribe(name: $name) { ${FIELDS} } }`;
const PUBLISH = `mutation P($name: String!, $message: String!) {
  publish(name: $name, message: $message) { ${FIELDS} } }`;

let plain = false;
// Amplify makes wss URLs even of http endpoints; a local server speaks plain ws.
globalThis.WebSocket = class extends globalThis.WebSocket {
  constructor(url, protocols) {
    super(plain ? String(url).replace(/^wss:/, 'ws:') : url, protocols);
  }
};
let client;
let listens = false;

const report = (document) => process.stdout.write(`${JSON.stringify(document)}\n`);

const commands = {
  configure({ endpoint, region, authMode, apiKey, accessKeyId, secretAccessKey, token }) {
    plain = endpoint.startsWith('http:');
    const GraphQL = { endpoint, region, apiKey, defaultAuthMode: authMode };
    const credentials = { accessKeyId, secretAccessKey };
    Amplify.configure(
      { API: { GraphQL } },
      {
        Auth: {
          tokenProvider: {
            getTokens: async () =>
              token ? { accessToken: { toString: () => token, payload: {} } } : null,
          },
          credentialsProvider: {
            getCredentialsAndIdentityId: async () => ({ credentials }),
            clearCredentialsAndIdentityId() {},
          },
        },
      },
    );
    if (!listens) {
      listens = true;
      Hub.listen('api', ({ payload }) => {
        if (payload.event === CONNECTION_STATE_CHANGE) {
          report({ state: payload.data.connectionState });
        }
      });
    }
    client = generateClient({ authMode });
  },

  subscribe({ subscription, name }) {
    return new Promise((resolve) => {
      const stop = Hub.listen('api', ({ payload }) => {
        if (payload.message === 'Connection established for subscription') {
          stop();
          resolve();
        }
      });
      client.graphql({ query: SUBSCRIBE, variables: { name } }).subscribe({
        next: ({ data }) => report({ subscription, event: 'data', data }),
        error: (error) => {
          const message = error.errors?.map((e) => e.message).join('; ') ?? String(error);
          report({ subscription, event: 'error', message });
          resolve();
        },
      });
    });
  },

  async publish({ name, message }) {
    const { data } = await client.graphql({ query: PUBLISH, variables: { name, message } });
    return data.publish;
  },

  // How each document ends: its errors, as [field's response key, error type].
  async attempt({ documents }) {
    const ends = [];
    for (const query of documents) {
      ends.push(await (query.startsWith('subscription') ? subscribed(query) : asked(query)));
    }
    return ends;
  },
};

function asked(query) {
  return client.graphql({ query }).then(
    () => [],
    ({ errors }) => errors.map(({ path, errorType }) => [path?.[0] ?? '', errorType]),
  );
}

/** Subscribes until the server has answered, and no longer. */
function subscribed(query) {
  return new Promise((resolve) => {
    let subscription;
    const end = (errors) => {
      stop();
      subscription?.unsubscribe();
      resolve(errors);
    };
    const stop = Hub.listen('api', ({ payload }) => {
      if (payload.message === 'Connection established for subscription') end([]);
    });
    subscription = client.graphql({ query }).subscribe({
      error: ({ errors }) => end([['', /"errorType":"(\w+)"/.exec(errors[0].message)?.[1] ?? errors[0].message]]),
    });
  });
}

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const { id, command, ...given } = JSON.parse(line);
  try {
    report({ answer: id, result: await commands[command](given) });
  } catch (error) {
    const message = error.errors?.map((e) => e.message).join('; ') ?? String(error.stack);
    report({ answer: id, error: message });
  }
});
// Amplify's timers and its reconnecting socket would keep the process alive.
lines.on('close', () => process.exit(0));
