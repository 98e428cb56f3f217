/** A WebSocket with a server that is none. */

import type { RegionEndpoint } from '../src/index.js';
import { idAt } from '../src/ulid.js';

export const NOW = 1_795_000_000_000;

export function region(name: string): RegionEndpoint {
  const host = `${name}.test`;
  return { region: name, graphqlUrl: `https://${host}/graphql`, realtimeUrl: `wss://${host}`, apiKey: 'k' };
}

/** A server that lets subscribe (`up`), closes at once (`down`), is not there (`none`) or never answers (`mute`). */
export class FakeSocket {
  static opened: string[] = [];
  static latest: FakeSocket | null = null;

  static forget(): void {
    FakeSocket.opened = [];
    FakeSocket.latest = null;
  }

  /** the types of what was sent, and the subscription's id where it has one */
  readonly sent: string[] = [];

  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;

  constructor(url: string) {
    const [kind = ''] = new URL(url).hostname.split('.');
    FakeSocket.opened.push(kind);
    FakeSocket.latest = this;
    queueMicrotask(() => {
      if (kind === 'up') {
        this.readyState = 1;
        this.onopen?.(undefined as never);
      } else if (kind === 'down') {
        this.onclose?.({ code: 1006 } as never);
      } else if (kind === 'none') {
        this.onerror?.(undefined as never);
      }
    });
  }

  #id = '';

  send(text: string): void {
    const { id, type } = JSON.parse(text) as { id?: string; type: string };
    this.sent.push(id === undefined ? type : `${type} ${id}`);
    const answer = { connection_init: 'connection_ack', start: 'start_ack' }[type];
    if (answer === 'start_ack') {
      this.#id = id ?? '';
    }
    if (answer !== undefined) {
      queueMicrotask(() => this.give({ id, type: answer }));
    }
  }

  give(frame: object): void {
    this.onmessage?.({ data: JSON.stringify({ id: this.#id, ...frame }) } as never);
  }

  message(text: string): void {
    const publishedAt = new Date(NOW).toISOString();
    const id = idAt(NOW + Number(text));
    const subscribed = { id, name: 'tech', message: text, publishedAt, region: 'up' };
    this.give({ type: 'data', payload: { data: { subscribe: subscribed } } });
  }

  /** In Node 22 a socket that never opened has no `close`, and stays as it is. */
  close(): void {
    if (this.readyState === 0) {
      this.onerror?.(undefined as never);
      return;
    }
    this.readyState = 3;
    this.onclose?.({ code: 1000 } as never);
  }
}
