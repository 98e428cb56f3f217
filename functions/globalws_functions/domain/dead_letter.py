"""The text of a dead letter: SQS takes fewer characters than JSON has."""

import re

# "A message can include only …", SendMessage in the SQS API reference.
_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sqs_text(text: str) -> str:
    """The text in characters that SQS takes; each other one is escaped as in JSON (`\\uffff`).

    A JSON text keeps its value: it holds such characters in strings only.
    """
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
