import { decode, type Frame, INIT_TEXT, startText, STOP_TEXT, subprotocols } from './protocol.js';
import type { RegionEndpoint } from './types.js';

/** The part of the platform's WebSocket that is used; the package `ws` has it, too. */
export interface Socket {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

const OPEN = 1;

/**
 * One link's WebSocket: it only moves texts between the server and the machine. Connects when
 * made; `frame` and `closed` are called until `drop`.
 */
export class WebSocketLink {
  readonly #socket: Socket;
  readonly #endpoint: RegionEndpoint;
  readonly #channel: string;

  constructor(
    constructor: SocketConstructor,
    endpoint: RegionEndpoint,
    channel: string,
    frame: (frame: Frame) => void,
    closed: (reason: string) => void,
  ) {
    this.#endpoint = endpoint;
    this.#channel = channel;
    this.#socket = new constructor(endpoint.realtimeUrl, subprotocols(endpoint));
    this.#socket.onopen = () => {
      this.#socket.send(INIT_TEXT);
    };
    this.#socket.onmessage = ({ data }: { readonly data: unknown }) => {
      const decoded = typeof data === 'string' ? decode(data) : null;
      if (decoded === null) {
        closed('the server sent what is no frame');
      } else {
        frame(decoded);
      }
    };
    this.#socket.onclose = ({ code }: { readonly code: number }) => {
      closed(`closed with code ${code}`);
    };
    // A close follows every error, and says as much as browsers tell.
    this.#socket.onerror = () => undefined;
  }

  /** Send `start`. */
  subscribe(): void {
    this.#socket.send(startText(this.#endpoint, this.#channel));
  }

  /** Close, without another call back. */
  drop(): void {
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    if (this.#socket.readyState === OPEN) {
      this.#socket.send(STOP_TEXT);
    }
    this.#socket.close();
  }
}
