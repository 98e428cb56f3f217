"""This region's API, for presence. Apart from graphql_api, so that Replay does not import it."""

from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.domain.presence import PresenceChange

_PUBLISH_PRESENCE = (
    "mutation PublishPresence($name: String!, $action: PresenceAction!, $user: ID, "
    "$connection: ID, $seq: Int, $data: String, $region: String!, $at: AWSDateTime!) { "
    "publishPresence(name: $name, action: $action, user: $user, connection: $connection, "
    "seq: $seq, data: $data, region: $region, at: $at) "
    "{ name action user connection seq data region at } }"
)
_ANNOUNCE_LEAVE = (
    "mutation AnnounceLeave($name: String!, $user: ID!, $connection: ID!, $seq: Int!) { "
    "announceLeave(name: $name, user: $user, connection: $connection, seq: $seq) "
    "{ name connection seq } }"
)
_END_OF_CHANNELS = (
    "mutation EndPresence($name: String!) { unsubscribe(name: $name, presence: true) { name } }"
)
_END_OF_USER = (
    "mutation EndPresence($user: ID!) { disconnect(user: $user, presence: true) { user } }"
)


class PresenceApi(GraphqlApi):
    """The API's fields that tell and end presence; see `connect` for how to make one."""

    def publish_presence(self, change: PresenceChange) -> None:
        """See `domain.presence.Api`."""
        kept = {"name": change.name, "action": change.action.value}
        self._expect("publishPresence", kept, self.execute(_PUBLISH_PRESENCE, change.detail()))

    def announce_leave(self, channel: str, user: str, connection: str, seq: int) -> None:
        """See `domain.leases.Api`."""
        sent = {"name": channel, "user": user, "connection": connection, "seq": seq}
        kept = {"name": channel, "connection": connection}
        self._expect("announceLeave", kept, self.execute(_ANNOUNCE_LEAVE, sent))

    def end_presence(self, id: str, is_user: bool) -> None:
        """See `domain.leases.Api`."""
        field, name, query = (
            ("disconnect", "user", _END_OF_USER)
            if is_user
            else ("unsubscribe", "name", _END_OF_CHANNELS)
        )
        self._expect(field, {name: id}, self.execute(query, {name: id}))
