"""The configuration: from a document, a path or a URL; what is wrong with it is said."""

import json
from pathlib import Path
from typing import Any

import pytest
from globalws_client import Client, ConfigError

US = {
    "region": "us-west-2",
    "graphqlUrl": "https://us.test/graphql",
    "realtimeUrl": "wss://us.test/graphql/realtime",
    "apiKey": "da2-us",
}
GOOD = {"regions": [US, {**US, "region": "ap-southeast-2"}]}


async def _regions(source: Any) -> list[str]:
    async with Client.from_config(source) as client:
        return [region.region for region in client.regions]


async def test_a_document_and_a_path(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(GOOD))
    for source in (GOOD, path, str(path)):
        assert await _regions(source) == ["us-west-2", "ap-southeast-2"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], 'no list "regions"'),
        ({"regions": []}, 'no list "regions"'),
        ({"regions": "us"}, 'no list "regions"'),
        ({"regions": [1]}, "region 1 of the configuration is not an object"),
        ({"regions": [US, {**US, "region": ""}]}, "region 2 of the configuration has no region"),
        ({"regions": [{**US, "graphqlUrl": "us.test"}]}, "graphqlUrl must begin with https://"),
        ({"regions": [{**US, "realtimeUrl": "http://x"}]}, "realtimeUrl must begin with wss://"),
        ({"regions": [{**US, "apiKey": None}]}, "us-west-2 has no API key"),
    ],
)
async def test_what_is_wrong_is_said(document: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match=message):
        await _regions(path)


async def test_a_file_that_is_not_there_or_no_json(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        await _regions(tmp_path / "nothing.json")
    (tmp_path / "half.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        await _regions(tmp_path / "half.json")
