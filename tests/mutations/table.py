"""All breaks, in the order of docs/guarantees.md; each promise there has at least one."""

from tests.mutations.messages import DELIVERY, DUPLICATES, ORDER
from tests.mutations.model import Break
from tests.mutations.operation import DURABILITY, ISOLATION, LIMITS

BREAKS: tuple[Break, ...] = (
    *DELIVERY, *DUPLICATES, *ORDER, *DURABILITY, *ISOLATION, *LIMITS,
)  # fmt: skip
