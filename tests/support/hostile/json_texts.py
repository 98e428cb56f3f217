"""Unusual JSON, and text that only looks like JSON."""

HOSTILE = {
    "open lists": "[" * 100_000,
    "open objects": '{"a":' * 100_000,
    "deep lists": "[" * 50_000 + "]" * 50_000,
    "just below the recursion limit": "[" * 900 + "]" * 900,
    "deep inside": '{"detail": ' + "[" * 300 + "]" * 300 + "}",
    "deep and wide": '{"a":[' * 200 + "1" + ",2]}" * 200,
    "NaN": '{"detail": NaN}',
    "Infinity": "[-Infinity]",
    "no double": "[1e999]",
    "a number of 5,000 digits": "1" * 5_000,
    "half a surrogate pair": '{"message": "\\ud800"}',
    "a list": "[[], {}]",
    "a text": '"text"',
    "null": "null",
    "nothing": "",
    "no JSON": "{'a': 1}",
    "a byte order mark": "\ufeff{}",
    "control characters": '{"a": "\x00\x1b[2J"}',
    "errors of other forms": '{"errors": "no list", "data": []}',
}
