import { decode, type Frame, INIT_TEXT, startText, stopText, subprotocols } from './protocol.js';
import { later } from './timers.js';

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
/** A server that is gone does not answer a close; browsers wait for it much longer. */
const CLOSE_MS = 1_000;

/**
 * One connection's WebSocket: it only moves texts between the server and the machine. Connects when
 * made; `frame` and `closed` are called until `drop`.
 */
export class WebSocketConnection {
  readonly #socket: Socket;
  #closed: (reason: string) => void;
  #over = false;

  constructor(
    constructor: SocketConstructor,
    url: string,
    shown: Readonly<Record<string, string>>,
    frame: (frame: Frame) => void,
    closed: (reason: string) => void,
  ) {
    this.#closed = closed;
    this.#socket = new constructor(url, subprotocols(shown));
    this.#socket.onopen = () => {
      this.#socket.send(INIT_TEXT);
    };
    this.#socket.onmessage = ({ data }: { readonly data: unknown }) => {
      const decoded = typeof data === 'string' ? decode(data) : null;
      if (decoded === null) {
        this.#closed('the server sent what is no frame');
      } else {
        frame(decoded);
      }
    };
    this.#socket.onclose = ({ code }: { readonly code: number }) => {
      this.#end(`closed with code ${code}`);
    };
    // Node 22 tells of a connection that cannot be made by this alone; elsewhere a close follows.
    this.#socket.onerror = () => this.#end('the connection failed');
  }

  /** Send `start`; `data` is the operation as JSON. */
  start(id: string, data: string, shown: Readonly<Record<string, string>>): void {
    this.#send(startText(id, data, shown));
  }

  /** Send `stop`. */
  stop(id: string): void {
    this.#send(stopText(id));
  }

  /** Close, without another call of `frame` or `closed`. Resolves when it is closed, after a second at most. */
  drop(): Promise<void> {
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    return new Promise((resolve) => {
      const cancel = later(CLOSE_MS, resolve);
      this.#closed = () => {
        cancel();
        resolve();
      };
      if (this.#over) {
        this.#closed('');
      }
      this.#socket.close();
    });
  }

  #end(reason: string): void {
    if (!this.#over) {
      this.#over = true;
      this.#closed(reason);
    }
  }

  #send(text: string): void {
    if (this.#socket.readyState === OPEN) {
      this.#socket.send(text);
    }
  }
}
