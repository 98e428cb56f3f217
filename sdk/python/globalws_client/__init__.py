"""The client of GlobalWS: subscribes without gaps or duplicates, publishes, reads history.

`Client` is where to begin; the errors are in `globalws_client.errors`.
"""

from .auth import ApiKey, Auth, Token
from .client import Client
from .errors import (
    BufferOverflowError,
    ClientError,
    ConfigError,
    GraphQLError,
    NoAnswerError,
    PublishFailedError,
    RefusedError,
    TokenError,
    is_final,
    then,
)
from .iam import Iam
from .options import Options
from .pages import Page
from .presence import Presence
from .presence_types import CountChange, Member, MemberConnection, PresenceChange, PresenceEvent
from .publish import PublishOptions
from .questions import ChannelInfo
from .subscription import Subscription
from .types import (
    Checkpoint,
    Event,
    Message,
    MessageEvent,
    RegionEndpoint,
    State,
    StateEvent,
)
from .version import VERSION

__version__ = VERSION

__all__ = [
    "ApiKey",
    "Auth",
    "BufferOverflowError",
    "ChannelInfo",
    "Checkpoint",
    "Client",
    "ClientError",
    "ConfigError",
    "CountChange",
    "Event",
    "GraphQLError",
    "Iam",
    "Member",
    "MemberConnection",
    "Message",
    "MessageEvent",
    "NoAnswerError",
    "Options",
    "Page",
    "Presence",
    "PresenceChange",
    "PresenceEvent",
    "PublishFailedError",
    "PublishOptions",
    "RefusedError",
    "RegionEndpoint",
    "State",
    "StateEvent",
    "Subscription",
    "Token",
    "TokenError",
    "is_final",
    "then",
]
