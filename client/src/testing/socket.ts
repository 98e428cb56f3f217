/** AppSync's socket and presence, as a test plays them: nobody is there unless it says so. */

/** What subscriptions of presence are answered with: an errorType, or null to accept them. */
type Refusal = string | null;

export class FakeSocket {
  /** Most tests are about something else. */
  static refusal: Refusal = 'PresenceDisabled';
  static opened: FakeSocket[] = [];

  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: string }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  refused = false;
  #subscription = '';

  constructor() {
    FakeSocket.opened.push(this);
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    const { id, type } = JSON.parse(text) as { id: string; type: string };
    queueMicrotask(() => {
      if (type === 'connection_init') {
        this.#give({ type: 'connection_ack' });
      } else if (type === 'start' && FakeSocket.refusal !== null) {
        const errors = [{ errorType: FakeSocket.refusal, message: 'refused' }];
        this.#give({ id, type: 'error', payload: { errors } });
        this.refused = true;
      } else if (type === 'start') {
        this.#subscription = id;
        this.#give({ id, type: 'start_ack' });
      }
    });
  }

  /** Somebody came or left. */
  change(event: object): void {
    const presenceChanged = { name: 'tech', at: '2026-11-28T12:00:00.000Z', data: null, ...event };
    this.#give({ id: this.#subscription, type: 'data', payload: { data: { presenceChanged } } });
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.({ code: 1000 });
  }

  #give(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}
