"""Mutations of the SDK in TypeScript. Python's own are in messages.py and presence.py."""

from tests.mutations.model import Mutation

_SRC = "sdk/typescript/src"
_SCENARIOS = "sdk/typescript/tests/scenarios.test.ts"
_DRIVER = "sdk/typescript/tests/driver.test.ts"
_MACHINE = "sdk/typescript/tests/machine.test.ts"
_REAL = "sdk/typescript/tests/real.test.ts"
_APPLICATION = "sdk/typescript/tests/application.test.ts"
_PRESENCE = "sdk/typescript/tests/presence.test.ts"

TYPESCRIPT = (
    Mutation(
        test=f"{_SCENARIOS}::late-start",
        what="history is not read again after a start",
        file=f"{_SRC}/delivery.ts",
        old="this.#settling.add(attachment);",
        new="this.#rereading.add(attachment);",
    ),
    Mutation(
        test=f"{_SCENARIOS}::late-arrival",
        what="a subscriber resumes after its last message, without the overlap",
        file=f"{_SRC}/position.ts",
        old="wanted = Math.min(readUpTo, position) - overlapMs;",
        new="wanted = position;",
    ),
    Mutation(
        test=f"{_SCENARIOS}::many-fail-over",
        what="of the channels that wait for another attempt, one connection's are forgotten",
        file=f"{_SRC}/manager.ts",
        old="waiting.forEach((channel) => this.#place(channel));",
        new="waiting.slice(0, 400).forEach((channel) => this.#place(channel));",
    ),
    Mutation(
        test=f"{_MACHINE}::all channels leave a region in which a connection keeps failing",
        what="channels whose connections still work stay in the region that is left",
        file=f"{_SRC}/manager.ts",
        old="left.push(...this.#leave(region));",
        new="left.push();",
    ),
    Mutation(
        test=f"{_SCENARIOS}::live-during-history",
        what="an id that was given out is new again",
        file=f"{_SRC}/seen.ts",
        old="""\
    if (this.#times.has(id)) {
      return false;
    }
""",
        new="",
    ),
    Mutation(
        test=f"{_SCENARIOS}::future-ids",
        what="an id that a page of history pushes out of memory comes again from the same page",
        file=f"{_SRC}/position.ts",
        old="        !this.#seen.has(message.id) &&\n",
        new="",
    ),
    Mutation(
        test=f"{_SCENARIOS}::rewind-race-answer",
        what="what was published while a rewind was read is dropped",
        file=f"{_SRC}/catchup.ts",
        old="inOrder(this.#newest.concat(this.#held))",
        new="inOrder(this.#newest)",
    ),
    Mutation(
        test=f"{_SCENARIOS}::one-slow-channel",
        what="what a slow reader had no room for is not read from history",
        file=f"{_SRC}/delivery.ts",
        old="      this.#fallBehind(attachment, 'the consumer is slow');\n",
        new="",
    ),
    Mutation(
        test=f"{_SCENARIOS}::one-refused",
        what="a refusal closes the connection of all",
        file=f"{_SRC}/manager.ts",
        old="""\
      this.#refuse(attachment, errorType, reason);
    } else {
""",
        new="""\
      this.lose(attachment.connection, { reason, errorType });
    } else {
""",
    ),
    Mutation(
        test=f"{_REAL}::a token is fetched once for all, kept, and asked for again after a refusal",
        what="a refused token is kept",
        file=f"{_SRC}/auth.ts",
        old="if (header !== null && header === (headers?.['Authorization'] ?? header)) {",
        new="if (header !== null && headers === undefined) {",
    ),
    Mutation(
        test=f"{_APPLICATION}::is called again, and everything goes on",
        what="a token source that hangs is waited for for ever",
        file=f"{_SRC}/auth.ts",
        old="await inTime(this.#fetchToken(), FETCH_MS)",
        new="await this.#fetchToken()",
    ),
    Mutation(
        test=f"{_APPLICATION}::one that throws stops neither the client nor the others",
        what="a listener that throws takes the client's next steps away",
        file=f"{_SRC}/listeners.ts",
        old="      queueMicrotask(() => {\n        throw error;\n      });\n",
        new="      throw error;\n",
    ),
    Mutation(
        test=f"{_APPLICATION}::a subscription that is closed before there is a token for it is "
        "not started",
        what="a subscription is started after it was stopped",
        file=f"{_SRC}/driver.ts",
        old="if (starting.delete(id)) {",
        new="if (id !== '') {",
    ),
    Mutation(
        test=f"{_APPLICATION}::ids of one client increase, however fast it publishes",
        what="ids of one millisecond have any order",
        file=f"{_SRC}/ulid.ts",
        old="this.#last = isSame ? idAfter(this.#last) : id;",
        new="this.#last = id;",
    ),
    Mutation(
        test=f"{_DRIVER}::"
        "a connection that cannot be made is noticed at once, although no close follows",
        what="a close is waited for after every error",
        file=f"{_SRC}/transport.ts",
        old="this.#socket.onerror = () => this.#end('the connection failed');",
        new="this.#socket.onerror = () => undefined;",
    ),
    Mutation(
        test=f"{_PRESENCE}::whose lease has ended begins again, with another connection and secret",
        what="a lease that has ended is renewed with the same connection",
        file=f"{_SRC}/lease.ts",
        old="          this.#expired(place);\n        } else if (isFinal(errorType)) {\n",
        new="          this.#lost(place, held);\n        } else if (isFinal(errorType)) {\n",
    ),
)
