"""One timer for many answers, and ids that are forgotten a few at a time."""

from globalws_client.channel import Context
from globalws_client.deadlines import Deadlines
from globalws_client.options import Options
from globalws_client.resume_position import SeenIds
from globalws_client.signals import CancelTimer, Command, SetTimer
from globalws_client.ulid import id_at

NOW = 1_795_000_000_000


class Awaited:
    """Answers that are due after 10 ms each."""

    def __init__(self) -> None:
        self._context = Context(("us",), Options(), lambda: 0.0, lambda: NOW)
        self.open: set[str] = set()
        self._deadlines: Deadlines[str] = Deadlines(
            self._context, "answers", 10, self.open.__contains__
        )

    def ask(self, at: float, item: str) -> list[Command]:
        self._context.now = at
        self.open.add(item)
        self._deadlines.add(item)
        return self.commands()

    def fire(self, at: float) -> tuple[list[str], list[Command]]:
        self._context.now = at
        return self._deadlines.fire(), self.commands()

    def forget(self) -> list[Command]:
        self._deadlines.forget()
        return self.commands()

    def commands(self) -> list[Command]:
        found = list(self._context.commands)
        self._context.commands.clear()
        return found


def test_one_timer_finds_each_answer_that_is_late() -> None:
    awaited = Awaited()
    assert awaited.ask(0, "a") == [SetTimer("answers", 10)]
    assert awaited.ask(3, "b") == awaited.ask(4, "c") == awaited.ask(6, "d") == []
    awaited.open -= {"b"}
    assert awaited.fire(10) == (["a"], [SetTimer("answers", 4)])
    awaited.open -= {"c"}
    assert awaited.fire(14) == ([], [SetTimer("answers", 2)])
    assert awaited.fire(16) == (["d"], [])


def test_a_timer_is_set_again_after_all_was_answered_or_forgotten() -> None:
    awaited = Awaited()
    awaited.ask(0, "a")
    awaited.open.clear()
    assert awaited.fire(10) == ([], [])
    assert awaited.ask(20, "b") == [SetTimer("answers", 10)]
    assert awaited.forget() == [CancelTimer("answers")]
    assert awaited.ask(25, "c") == [SetTimer("answers", 10)]
    assert awaited.fire(35) == (["c"], [])


def test_the_newest_ids_are_known_however_many_are_forgotten_at_a_time() -> None:
    limit = 64
    seen = SeenIds(limit)
    times = range(NOW, NOW + 1_000)
    for place, time in enumerate(times):
        assert seen.add(id_at(time), time)
        assert all(id_at(each) in seen for each in times[max(0, place + 1 - limit) : place + 1])
        known = seen.without(())
        assert len(known) <= limit + limit // 16
        if place >= limit + limit // 16:
            assert seen.evicted == id_at(time - len(known))
