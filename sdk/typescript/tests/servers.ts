/** The scripted world behind real sockets: one loopback server a region, with AppSync's protocol. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type WebSocket, WebSocketServer } from 'ws';

import type { RegionEndpoint } from '../src/index.js';
import { REGIONS } from './scenarios.js';
import { type Connection, type Json, World } from './world.js';

const KEEP_ALIVE_MS = 200;
const KEY = 'da2-fake';

interface Region {
  readonly name: string;
  readonly server: Server;
  readonly sockets: WebSocketServer;
  /** errors or HTTP statuses that `publish` answers first */
  answers: (Json | number)[];
  published: Json[];
}

/** All regions' servers. */
export class FakeServers {
  endpoints: RegionEndpoint[] = [];
  world = newWorld();
  /** who may ask, by the headers shown */
  authorized: (headers: Json) => boolean = (headers) => headers['x-api-key'] === KEY;
  readonly #regions: Region[] = [];
  #ticking: ReturnType<typeof setInterval> | undefined;

  async begin(): Promise<void> {
    for (const name of REGIONS) {
      const server = createServer((request, response) => void this.#answer(region, request, response));
      const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-ws' });
      const region: Region = { name, server, sockets, answers: [], published: [] };
      sockets.on('connection', (socket, request) => this.#accept(region, socket, request));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      this.#regions.push(region);
      this.endpoints.push({
        region: name,
        graphqlUrl: `http://127.0.0.1:${port}/graphql`,
        realtimeUrl: `ws://127.0.0.1:${port}/graphql/realtime`,
        apiKey: KEY,
      });
    }
    this.#ticking = setInterval(() => this.world.keepAlive(), KEEP_ALIVE_MS);
  }

  async end(): Promise<void> {
    clearInterval(this.#ticking);
    for (const { server, sockets } of this.#regions) {
      sockets.clients.forEach((socket) => socket.terminate());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** Go back to the initial state, for another test. */
  reset(channel?: string): void {
    this.world = newWorld(channel);
    this.authorized = (headers) => headers['x-api-key'] === KEY;
    for (const region of this.#regions) {
      region.sockets.clients.forEach((socket) => socket.terminate());
      region.answers = [];
      region.published = [];
    }
  }

  /** What `publish` answers first in the region. */
  answers(region: number, answers: (Json | number)[]): void {
    this.#regions[region]?.answers.splice(0, Infinity, ...answers);
  }

  /** The ids that were published, region by region. */
  publishedIds(): unknown[] {
    return this.#regions.flatMap(({ published }) => published.map(({ id }) => id));
  }

  #accept(region: Region, socket: WebSocket, request: IncomingMessage): void {
    const world = this.world;
    const shown = (request.headers['sec-websocket-protocol'] ?? '').split('header-')[1] ?? '';
    const headers = JSON.parse(Buffer.from(shown, 'base64url').toString()) as Json;
    const connection: Connection = {
      send: (frame) => socket.send(JSON.stringify(frame)),
      close: () => socket.close(1001),
    };
    socket.on('close', () => world.gone(region.name, connection));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Json & { id: string; payload?: Json };
      if (frame['type'] === 'connection_init') {
        const refusal = { errorType: 'UnauthorizedException', message: 'not authorized' };
        if (!this.authorized(headers)) {
          connection.send({ type: 'connection_error', payload: { errors: [refusal] } });
          connection.close();
        } else if (!world.connect(region.name, connection)) {
          connection.close();
        }
      } else if (frame['type'] === 'start') {
        const { data: text, extensions } = frame.payload as { data: string; extensions: Json };
        const { variables } = JSON.parse(text) as { variables: { name: string } };
        if (this.authorized(extensions['authorization'] as Json)) {
          world.start(region.name, connection, frame.id, variables.name);
        } else {
          const errors = [{ errorType: 'Unauthorized', message: 'not authorized' }];
          connection.send({ type: 'error', id: frame.id, payload: { errors } });
        }
      } else if (frame['type'] === 'stop') {
        world.stop(region.name, connection, frame.id);
      }
    });
  }

  async #answer(region: Region, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) {
      text += String(chunk);
    }
    const { query, variables } = JSON.parse(text) as { query: string; variables: Json };
    if (!this.authorized({ ...request.headers, Authorization: request.headers.authorization })) {
      reply(response, 401, {
        errors: [{ errorType: 'UnauthorizedException', message: 'not authorized' }],
      }); return;
    }
    if (query.includes('history(')) {
      this.#history(region, query, variables, response); return;
    }
    if (query.includes('publish(')) {
      this.#publish(region, variables, response); return;
    }
    reply(response, 200, { data: { __typename: 'Query' } });
  }

  #history(region: Region, query: string, variables: Json, response: ServerResponse): void {
    const fields = [...query.matchAll(/h(\d+): history\(name: \$n\d+, (after|last)/g)];
    const data: Json = {};
    const errors: Json[] = [];
    let missing = fields.length;
    // `history` is not nullable: one field's error leaves no data at all.
    const finish = (): void => {
      const [first] = errors;
      if (first === undefined) {
        reply(response, 200, { data });
      } else if (first['errorType'] === null) {
        reply(response, 500, {});
      } else {
        reply(response, 200, { data: null, errors });
      }
    };
    for (const [, place = '', which] of fields) {
      const question = {
        channel: String(variables[`n${place}`]),
        after: which === 'last' ? null : String(variables[`a${place}`]),
        limit: Number(variables[`l${place}`]),
        nextToken: variables[`t${place}`] as string | null,
      };
      this.world.askHistory(region.name, question, (document) => {
        if (document['errorType'] === undefined) {
          data[`h${place}`] = document;
        } else {
          errors.push({ ...document, path: [`h${place}`] });
        }
        missing -= 1;
        if (missing === 0) {
          finish();
        }
      });
    }
  }

  #publish(region: Region, variables: Json, response: ServerResponse): void {
    region.published.push(variables);
    const answer = region.answers.shift();
    if (typeof answer === 'number') {
      return reply(response, answer, {});
    }
    if (answer !== undefined) {
      return reply(response, 200, { data: { publish: null }, errors: [answer] });
    }
    const publishedAt = '2026-11-23T00:00:00.000Z';
    reply(response, 200, { data: { publish: { ...variables, publishedAt, region: region.name } } });
  }
}

/** Steps that name no channel mean this one. */
function newWorld(channel?: string): World {
  return new World(REGIONS, () => Date.now(), channel);
}

function reply(response: ServerResponse, status: number, document: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}
