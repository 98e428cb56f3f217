"""The client for asyncio: many channels over few connections, in any number of regions."""

import asyncio
import random as random_module
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import aiohttp

from .auth import ApiKey, Auth
from .config import Config, load
from .core import Core
from .driver import Driver
from .nearest import nearest_first
from .options import Beginning, Options
from .pages import Page, page_request, read_page
from .presence import Presence
from .presence_driver import PresenceDriver
from .publish import Draft, Publisher, PublishOptions
from .questions import CHANNEL, ChannelInfo, first_answer
from .subscription import Subscription
from .types import Checkpoint, Message, RegionEndpoint, State
from .ulid import UlidSource

_DEFAULTS = Options()
_PUBLISH_DEFAULTS = PublishOptions()


class Client:
    """Subscribes, publishes and reads history; an asynchronous context manager.

    ::

        async with Client.from_config("config.json") as client:
            await client.publish("tech", "hello")
            async for event in client.subscribe("tech", rewind=20):
                ...

    Args:
        regions: in order of preference; the first is home.
        auth: who calls; by default each region's API key.
        options: see Options.
        publish_options: how often and how long `publish` tries.
        nearest: measure round trips first and make the nearest region home.
        session: an aiohttp session to use; without it, an own one.
        random: numbers from 0 up to, not including, 1.
        wall: this machine's clock, seconds since 1970.
        presence_id: who this is in `presence`, where the caller has an API key: others see it as
            `anon:ID`. By default it is a new id for each client.

    Raises:
        ConfigError: no region, or one that has no API key and no other `auth`.
    """

    def __init__(
        self,
        regions: Sequence[RegionEndpoint],
        *,
        auth: Auth | None = None,
        options: Options = _DEFAULTS,
        publish_options: PublishOptions = _PUBLISH_DEFAULTS,
        nearest: bool = False,
        session: aiohttp.ClientSession | None = None,
        random: Callable[[], float] = random_module.random,
        wall: Callable[[], float] = time.time,
        presence_id: str | None = None,
    ) -> None:
        self._regions = list(regions)
        self._source: Config | None = None
        self._auth = auth or ApiKey()
        self._options = options
        self._nearest = nearest
        self._session = session
        self._owns_session = session is None
        self._random = random
        self._wall = wall
        self._ids = UlidSource(random)
        self._publisher = Publisher(self._auth, publish_options, random, self._ids.new, wall)
        self._presence_id = presence_id
        self._driver: Driver | None = None
        self._presence: PresenceDriver | None = None
        self._closed = False
        self._listeners: list[Callable[[State, str], None]] = []

    @classmethod
    def from_config(
        cls,
        source: Config,
        *,
        auth: Auth | None = None,
        options: Options = _DEFAULTS,
        publish_options: PublishOptions = _PUBLISH_DEFAULTS,
        nearest: bool = False,
        presence_id: str | None = None,
    ) -> Self:
        """A client for the regions of a configuration, which is read when the client is opened.

        Args:
            source: the configuration's URL or path, or the document itself:
                `{"regions": [{"region", "graphqlUrl", "realtimeUrl", "apiKey"}]}`.
        """
        client = cls(
            (),
            auth=auth,
            options=options,
            publish_options=publish_options,
            nearest=nearest,
            presence_id=presence_id,
        )
        client._source = source
        return client

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Read the configuration; `async with` does it. `subscribe` makes the first connection."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            if self._source is not None:
                self._regions = await load(self._source, self._session)
            if not self._regions:
                raise ValueError("give at least one region")
            for region in self._regions:
                self._auth.check(region)
            if self._nearest:
                self._regions = await nearest_first(self._session, self._regions, self._auth)
        except BaseException:
            await self.close()
            raise
        core = Core(
            [region.region for region in self._regions],
            self._options,
            self._random,
            lambda: int(self._wall() * 1000),
            renewable=self._auth.renewable,
        )
        self._driver = Driver(
            core, self._session, self._regions, self._auth, self._options, self._state_changed
        )

    @property
    def regions(self) -> tuple[RegionEndpoint, ...]:
        """The regions, in order of preference."""
        return tuple(self._regions)

    @property
    def state(self) -> State:
        """`idle` (no channel), `connecting`, `live`, `failed-over` or `closed`."""
        if self._closed or self._driver is None:
            return State.CLOSED
        return self._driver.state

    @property
    def region(self) -> str:
        """The region in use."""
        return self._regions[self._driver.region if self._driver else 0].region

    def on_state(self, listener: Callable[[State, str], None]) -> Callable[[], None]:
        """Call `listener(state, region)` at each change; the result ends it.

        What it raises goes to the event loop's exception handler.
        """
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def subscribe(
        self,
        channel: str,
        *,
        rewind: int | None = None,
        after: str | None = None,
        replay_ms: float | None = None,
        checkpoint: Checkpoint | None = None,
        skip_own: bool = False,
    ) -> Subscription:
        """Subscribe to a channel, or to a pattern such as `orders:*`, which takes IAM or a grant.

        A pattern is live only: nothing is read from history, neither at the beginning nor after an
        interruption.

        Args:
            rewind: begin with the newest so many messages of the region's history, then live. It is
                read once, never again on a reconnect.
            after: begin after this message id.
            replay_ms: begin with what the last so many milliseconds brought.
            checkpoint: continue another subscription.
            skip_own: leave out what this client publishes.

        Raises:
            ValueError: more than one beginning, or one that cannot be.
        """
        beginning = Beginning(rewind or None, after, replay_ms, checkpoint)
        return self._opened().subscribe(channel, beginning, skip_own=skip_own)

    def presence(self, channel: str, data: str | None = None, *, enter: bool = True) -> Presence:
        """Enter a channel, and see who is there, who comes and who goes, in all regions.

        ::

            async with client.presence("chat:42", "writing") as room:
                async for change in room:
                    print(change, list(room.members))

        Args:
            data: what the others see of this client there, at most 1 KB.
            enter: False only watches.

        Raises:
            ValueError: the data is too long, or the client has entered 100 channels already.
        """
        driver = self._opened()
        if self._presence is None:
            self._presence = PresenceDriver(
                driver,
                self._regions,
                self._random,
                self._new_id,
                self._presence_id or self._new_id(),
            )
        return self._presence.open(channel, data, enter=enter)

    def _new_id(self) -> str:
        return self._ids.new(int(self._wall() * 1000))

    async def publish(self, channel: str, text: str, *, id: str | None = None) -> Message:
        """Publish, and return the message as the API accepted it.

        Every attempt has the same id, so a retry makes no duplicate. The region in use comes first.

        Args:
            id: a ULID, to continue an earlier attempt that failed; by default a new one.

        Raises:
            RefusedError: the API refuses it, now and later.
            PublishFailedError: no region acknowledged it; call again with the error's `id`.
        """
        draft = Draft(channel, text, id)
        return await self._publisher.publish(self._opened(), self._preferred(), draft)

    async def history(self, channel: str, *, last: int = 50, next_token: str | None = None) -> Page:
        """The newest stored messages of a channel, newest first.

        Args:
            last: how many at most, up to 200.
            next_token: the `next_token` of the page before, for older ones.

        Raises:
            ValueError: `last` is out of range.
            RefusedError: the API refuses it.
            GraphQLError, NoAnswerError, TokenError: no region answered; the last one's error.
        """
        wanted = page_request(channel, last, next_token)
        timeout = self._options.history_timeout_ms
        session = self._opened().session
        return await read_page(session, self._preferred(), self._auth, wanted, timeout)

    async def channel(self, name: str) -> ChannelInfo:
        """What the API says of a channel; one that no rule is about is not `allowed`.

        Raises:
            RefusedError: the API refuses it.
            GraphQLError, NoAnswerError, TokenError: no region answered; the last one's error.
        """
        return await first_answer(
            self._opened().session,
            self._preferred(),
            self._auth,
            self._options.history_timeout_ms,
            (CHANNEL, {"name": name}),
            lambda data: ChannelInfo.parse(name, data["getChannel"]),
        )

    async def close(self) -> None:
        """End every subscription, close the connections, and wait until all is done.

        What consumers have not read is dropped; their iterations end.
        """
        if self._presence is not None:
            await self._presence.close()
        if self._driver is not None:
            await self._driver.close()
        if self._owns_session and self._session is not None:
            await self._session.close()
        if not self._closed:
            self._closed = True
            self._tell(State.CLOSED)

    def _opened(self) -> Driver:
        if self._driver is None or self._closed:
            raise RuntimeError("the client is not open: use `async with Client(...) as client`")
        return self._driver

    def _preferred(self) -> list[RegionEndpoint]:
        """The region in use first, then the others."""
        first = self._driver.region if self._driver else 0
        return self._regions[first:] + self._regions[:first]

    def _state_changed(self) -> None:
        self._tell(self.state)

    def _tell(self, state: State) -> None:
        for listener in list(self._listeners):
            try:
                listener(state, self.region if self._regions else "")
            except Exception as error:
                # It stops neither the others nor the client.
                said = {"message": "a listener of the client's state failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(said)
