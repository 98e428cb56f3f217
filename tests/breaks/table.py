"""All breaks, in the order of docs/guarantees.md; each promise there has at least one."""

from tests.breaks.messages import DELIVERY, DUPLICATES, ORDER
from tests.breaks.model import Break
from tests.breaks.operation import DURABILITY, ISOLATION, LIMITS

BREAKS: tuple[Break, ...] = (
    *DELIVERY, *DUPLICATES, *ORDER, *DURABILITY, *ISOLATION, *LIMITS,
)  # fmt: skip
