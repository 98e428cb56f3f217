"""All mutations, in the order of docs/guarantees.md; each promise there has at least one."""

from tests.mutations.access import ACCESS
from tests.mutations.channels import CHANNELS
from tests.mutations.durability import DURABILITY
from tests.mutations.isolation import ISOLATION
from tests.mutations.limits import LIMITS
from tests.mutations.messages import DELIVERY, DUPLICATES, ORDER
from tests.mutations.model import Mutation
from tests.mutations.presence import PRESENCE
from tests.mutations.typescript import TYPESCRIPT

MUTATIONS: tuple[Mutation, ...] = (
    *DELIVERY, *DUPLICATES, *ORDER, *DURABILITY, *ISOLATION, *CHANNELS, *ACCESS, *PRESENCE,
    *TYPESCRIPT, *LIMITS,
)  # fmt: skip
