/** The way home, for channels that failed over: home is asked now and then, and they go if it answers. */

import type { Channel, Connection } from './channel.js';
import type { Core } from './core.js';
import type { Fleet } from './fleet.js';

const HOME = 'home';
/** The first region is home. */
export const HOME_REGION = 0;

/** Gives channels that are elsewhere a standby at home. */
export class WayHome {
  readonly #core: Core;
  readonly #fleet: Fleet;
  readonly #channels: ReadonlyMap<number, Channel>;
  #due = false;
  #probing = false;

  constructor(core: Core, fleet: Fleet, channels: ReadonlyMap<number, Channel>) {
    this.#core = core;
    this.#fleet = fleet;
    this.#channels = channels;
  }

  /** The connection is acknowledged. */
  opened(connection: Connection): void {
    if (this.#probing && connection.region === HOME_REGION) {
      // Home answers: all go there, not only those that tried.
      this.#probing = false;
      this.#go(Infinity);
    }
  }

  /** The connection was lost; call it when the next attempt is decided. */
  lost(connection: Connection): void {
    this.#probing &&= connection.region !== HOME_REGION;
    this.probeLater();
  }

  /** A timer's time came; whether it was the one of the way home. */
  fire(name: string): boolean {
    if (name !== HOME) {
      return false;
    }
    this.#due = false;
    this.#probing = !this.#fleet.connections(HOME_REGION).some(({ open }) => open);
    // One connection asks; the others follow when it is acknowledged.
    this.#go(this.#probing ? this.#core.options.subscriptionsPerConnection : Infinity);
    return true;
  }

  /** Ask home after a while, if a channel is elsewhere and not on its way, whatever the others do. */
  probeLater(): void {
    if (!this.#due && this.#isAnyAway(({ standby }) => standby === null)) {
      this.#due = true;
      // Spread over half to one and a half times the interval, so that clients do not go at once.
      this.#core.setTimer(HOME, this.#core.options.homeProbeMs * (0.5 + this.#core.random()));
    }
  }

  /** Do not ask home, if no channel is elsewhere any more. */
  stop(): void {
    if (this.#due && !this.#isAnyAway()) {
      this.#due = false;
      this.#core.cancelTimer(HOME);
    }
  }

  /** No channel is left. */
  end(): void {
    this.#core.cancelTimer(HOME);
    this.#due = false;
    this.#probing = false;
  }

  /** Subscribe at home for so many of those that are elsewhere. */
  #go(most: number): void {
    let left = most;
    for (const channel of this.#channels.values()) {
      const { standby, main } = channel;
      if (left > 0 && standby === null && main !== null && main.region !== HOME_REGION) {
        channel.standby = this.#fleet.attach(channel, HOME_REGION);
        left -= 1;
      }
    }
  }

  #isAnyAway(which: (channel: Channel) => boolean = () => true): boolean {
    for (const channel of this.#channels.values()) {
      const { main } = channel;
      if (main !== null && main.region !== HOME_REGION && which(channel)) {
        return true;
      }
    }
    return false;
  }
}
