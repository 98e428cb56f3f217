"""What no scripted region does: a part of a client's connections fails, the others work."""

from globalws_client import Options, signals
from globalws_client.core import Core
from globalws_client.options import Beginning
from globalws_client.protocol import ConnectionAck, ErrorFrame, StartAck

_CONNECTION = 200  # channels


def test_all_channels_leave_a_region_in_which_a_connection_keeps_failing() -> None:
    core = Core(["us", "au"], Options(failover_attempts=2), lambda: 0.0, lambda: 1_795_000_000_000)

    def opened(given: signals.Input) -> list[signals.Open]:
        return [c for c in core.handle(given, 0) if isinstance(c, signals.Open)]

    def works(connection: int) -> None:
        pending = core.received(connection, ConnectionAck(None), 0)
        while starts := [c.feed for c in pending if isinstance(c, signals.Start)]:
            pending = [c for feed in starts for c in core.received(connection, StartAck(feed), 0)]

    connections: list[int] = []
    for number in range(_CONNECTION + 1):
        channel = signals.AddChannel(number, f"c{number}", Beginning())
        connections += [each.connection for each in opened(channel)]
    sound, failing = connections
    works(sound)
    core.handle(signals.Closed(failing, "refused"), 0)
    [again] = opened(signals.TimerFired("retry"))
    assert again.region == 0
    given_up = core.handle(signals.Closed(again.connection, "refused"), 0)
    assert signals.Drop(sound) in given_up
    assert [each.region for each in opened(signals.TimerFired("retry"))] == [1, 1]


def test_who_subscribes_after_a_refused_token_comes_with_another_one() -> None:
    core = Core(["us"], Options(), lambda: 0.0, lambda: 1_795_000_000_000, renewable=True)

    def refused(pending: list[signals.Command]) -> list[signals.Command]:
        [connection] = [c.connection for c in pending if isinstance(c, signals.Open)]
        return core.received(connection, ErrorFrame("UnauthorizedException", "no", None), 0)

    for number in range(2):
        first = refused(core.handle(signals.AddChannel(number, "tech", Beginning()), 0))
        second = refused(core.handle(signals.TimerFired("retry"), 0))
        for commands, is_final in ((first, False), (second, True)):
            kinds = [type(each) for each in commands]
            assert signals.RenewToken in kinds
            assert (signals.Finish in kinds) == is_final
