/** A source of tokens, which are numbers, and an API that refuses those below a number. */
export class Tokens {
  /** How often the source was asked. */
  asked = 0;
  #token: number | null = null;
  #oldest = 0;
  #fails = false;
  #worthless = false;

  /** A new token; null if the source fails. */
  fetch(): number | null {
    this.asked += 1;
    return this.#fails ? null : this.#oldest;
  }

  /** The token that is kept, or a new one. */
  get(): number | null {
    this.#token ??= this.fetch();
    return this.#token;
  }

  /** The kept token was refused. */
  forget(): void {
    this.#token = null;
  }

  /** Whether the API accepts the token. */
  accepts(token: number): boolean {
    return !this.#worthless && token >= this.#oldest;
  }

  /** A step of a scenario. */
  step(what: string): void {
    if (what === 'expire') {
      this.#oldest += 1;
    } else if (what === 'worthless') {
      this.#worthless = true;
    } else {
      this.#fails = what === 'fail';
    }
  }
}
