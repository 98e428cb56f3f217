"""When the Sweep function looks for expired leases, and which commands end members of channels."""

from collections.abc import Callable, Iterator

from globalws_functions.domain.command import Action, Command
from globalws_functions.domain.leases import Target

# The last sweep of a run begins with at least this much time left.
RESERVE_SECONDS = 5.0


def sweep_times(
    interval: float, remaining: Callable[[], float], monotonic: Callable[[], float]
) -> Iterator[float]:
    """The seconds to wait before each sweep of one run: the first at once, then every `interval`.

    It ends when the next sweep would begin with less than RESERVE_SECONDS left.
    """
    due = monotonic()
    while True:
        pause = max(0.0, due - monotonic())
        if remaining() - pause < RESERVE_SECONDS:
            return
        yield pause
        due += interval


def ended_by(command: Command) -> Target | None:
    """Whose memberships a command ends; None for one that only opens.

    Each command that may shut somebody out ends memberships, as it ends subscriptions. Users who
    still have access enter again.
    """
    only_opens = command.action is Action.GRANT or (
        command.action is Action.ALLOW and command.publish is None and command.subscribe is None
    )
    if only_opens:
        return None
    if command.user is not None:
        return Target(command.user, is_user=True)
    return Target(command.name, is_user=False)
