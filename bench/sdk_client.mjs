/**
 * A variant of `bench.sdk` on Node: as there, with the package `ws` for all of them.
 *
 * Usage: node --expose-gc bench/sdk_client.mjs KIND PORT   (BENCH_SDK: the numbers, as JSON)
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from '@globalws/client';
import { WebSocket } from 'ws';

const { channels, each, rounds, settleMs } = JSON.parse(process.env.BENCH_SDK);
const [kind, port] = process.argv.slice(2);
const server = `http://127.0.0.1:${port}`;
const realtime = `ws://127.0.0.1:${port}/graphql/realtime`;
const shown = { 'x-api-key': 'da2-bench', host: '127.0.0.1' };
const subprotocol = `header-${Buffer.from(JSON.stringify(shown)).toString('base64url')}`;
const SUBSCRIBE = `subscription Subscribe($name: String!) {
  subscribe(name: $name) { id name message publishedAt region publisher }
}`;
const BATCH = 50;

class Queue {
  #events = [];
  #wake = null;

  put(event) {
    this.#events.push(event);
    this.#wake?.();
  }

  async take() {
    while (this.#events.length === 0) {
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.#events.shift();
  }
}

/** Sockets, queues and consumers, without any of what the SDK promises. */
class Bare {
  started = 0;
  lastFrame = 0;
  #queues = Array.from({ length: channels }, () => new Queue());
  #sockets = new Set();
  #isClosed = false;

  constructor(received, { perSocket = each, tells = false } = {}) {
    this.received = received;
    this.perSocket = perSocket;
    this.tells = tells;
    this.#queues.forEach((queue) => void this.#consume(queue));
    for (let first = 0; first < channels; first += perSocket) {
      this.#connect(first);
    }
  }

  async #consume(queue) {
    for (;;) {
      const event = await queue.take();
      if (event === 'live') {
        this.started += 1;
      } else if (event !== 'interrupted') {
        this.received();
      }
    }
  }

  #connect(first) {
    let unanswered = this.perSocket;
    const socket = new WebSocket(realtime, ['graphql-ws', subprotocol]);
    this.#sockets.add(socket);
    socket.onopen = () => socket.send('{"type":"connection_init"}');
    socket.onmessage = ({ data }) => {
      const { id, payload, type } = JSON.parse(data);
      this.lastFrame = performance.now(); // silence would be its end
      if (type === 'data') {
        this.#queues[Number(id)].put(payload.data.subscribe);
      } else if (type === 'start_ack') {
        unanswered -= 1;
        if (unanswered === 0) {
          void this.#history(first);
        }
      } else if (type === 'connection_ack') {
        for (let place = first; place < first + this.perSocket; place += 1) {
          const operation = JSON.stringify({ query: SUBSCRIBE, variables: { name: `c${place}` } });
          const start = { data: operation, extensions: { authorization: shown } };
          socket.send(JSON.stringify({ id: String(place), type: 'start', payload: start }));
        }
      }
    };
    socket.onclose = () => {
      this.#sockets.delete(socket);
      if (!this.#isClosed) {
        this.#tell(first, first + this.perSocket, 'interrupted');
        this.#connect(first);
      }
    };
  }

  #tell(first, end, event) {
    for (let place = first; this.tells && place < end; place += 1) {
      this.#queues[place].put(event);
    }
  }

  async #history(first) {
    for (const wait of [0, settleMs]) {
      await sleep(wait);
      for (let begin = first; begin < first + this.perSocket; begin += BATCH) {
        const end = Math.min(begin + BATCH, first + this.perSocket);
        await this.#read(begin, end);
        if (wait === 0) {
          this.#tell(begin, end, 'live');
          this.started += this.tells ? 0 : end - begin;
        }
      }
    }
  }

  async #read(begin, end) {
    const variables = {};
    const declared = [];
    const fields = [];
    for (let place = begin; place < end; place += 1) {
      declared.push(`$n${place}: String!, $a${place}: ID`);
      fields.push(`h${place}: history(name: $n${place}, after: $a${place}, limit: 20) {
        items { id name message publishedAt region publisher } nextToken
      }`);
      variables[`n${place}`] = `c${place}`;
      variables[`a${place}`] = '0'.repeat(26);
    }
    const query = `query History(${declared.join(', ')}) { ${fields.join('\n')} }`;
    const body = JSON.stringify({ query, variables });
    const headers = { ...shown, 'content-type': 'application/json' };
    const response = await fetch(`${server}/graphql`, { method: 'POST', headers, body });
    await response.json();
  }

  close() {
    this.#isClosed = true;
    this.#sockets.forEach((socket) => socket.terminate());
  }
}

/** The client. */
class Sdk {
  started = 0;
  #client;

  constructor(received) {
    const region = { region: 'us', graphqlUrl: `${server}/graphql`, realtimeUrl: realtime, apiKey: 'k' };
    this.#client = new Client([region], { settleMs, backoffBaseMs: 1, WebSocket });
    for (let place = 0; place < channels; place += 1) {
      void this.#consume(`c${place}`, received);
    }
  }

  async #consume(channel, received) {
    for await (const event of this.#client.subscribe(channel)) {
      if (event.type === 'message') {
        received();
      } else if (event.state === 'live') {
        this.started += 1;
      }
    }
  }

  close() {
    return this.#client.close();
  }
}

const variants = {
  bare: (received) => new Bare(received),
  tells: (received) => new Bare(received, { tells: true }),
  each: (received) => new Bare(received, { perSocket: 1 }),
  sdk: (received) => new Sdk(received),
};

function memoryKb() {
  globalThis.gc();
  const { external, heapUsed } = process.memoryUsage();
  return (heapUsed + external) / 1024;
}

function cpuMs(before) {
  const { system, user } = process.cpuUsage(before);
  return (system + user) / 1000;
}

async function until(isDone) {
  const end = performance.now() + 60_000;
  while (!isDone()) {
    if (performance.now() > end) {
      throw new Error(`${kind}: not done within a minute`);
    }
    await sleep(10);
  }
}

const ask = async (path) => (await fetch(`${server}/${path}`, { method: 'POST' })).text();

async function reconnect(variant) {
  const begun = performance.now();
  const before = process.cpuUsage();
  const wanted = variant.started + channels;
  await ask('cut');
  await until(() => variant.started >= wanted);
  const took = performance.now() - begun;
  await sleep(2 * settleMs);
  return [cpuMs(before), took];
}

let count = 0;
const before = memoryKb();
const variant = variants[kind](() => (count += 1));
await until(() => variant.started >= channels);
await sleep(2 * settleMs);
const memory = memoryKb() - before;
const cpu = process.cpuUsage();
await ask(`publish/${rounds}`);
await until(() => count >= rounds * channels);
const messages = cpuMs(cpu);
const [first, took] = await reconnect(variant);
let later = first;
for (let time = 0; time < 4; time += 1) {
  [later] = await reconnect(variant);
}
await variant.close();
const found = {
  'memory of a subscription, KB': memory / channels,
  'CPU of a message, µs': (messages / (rounds * channels)) * 1e3,
  'CPU of reconnecting 1,000 channels, ms': first,
  'the same, the fifth time, ms': later,
  'time of reconnecting 1,000 channels, ms': took,
};
console.log(JSON.stringify(found));
