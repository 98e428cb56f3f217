"""What Replay does about each `errorType`: made by scripts/error_types.py.

A type that is in no set may pass: Lambda retries, and then the dead-letter queue has the event.
"""

# The API refuses the request itself: a retry would not change that.
PERMANENT = frozenset(
    {
        "AccessDenied",
        "ChannelNotAllowed",
        "EmptyMessage",
        "InvalidChannelName",
        "InvalidMessage",
        "InvalidMessageId",
        "MessageTooLarge",
        "BadRequestException",
        "MalformedHttpRequestException",
    }
)

# The API asks for fewer calls.
THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

# The region has the message already.
DUPLICATE = frozenset({"DuplicateMessage"})

# The message is stored and not delivered, on purpose.
WITHHELD = frozenset({"ChannelBlocked"})
