"""Starts the built conformance server, and goes through its surface with an official client. Every message of both sides is
recorded on its way through the client's HTTP library and held against the schemas."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import Any

from .agentd import CLEAN_ENVIRONMENT
from .surface import Session, expect_failure, text

SERVER = os.environ.get("CONFORMANCE_SERVER", "")

TOOLS = {
    "test_simple_text", "test_image_content", "test_audio_content", "test_embedded_resource", "test_multiple_content_types",
    "test_error_handling", "test_tool_with_progress", "test_tool_with_logging", "test_missing_capability",
    "test_streaming_elicitation", "test_logging_tool", "test_trigger_tool_change", "test_trigger_prompt_change",
    "test_elicitation_sep1034_defaults", "test_elicitation_sep1330_enums", "test_reconnection", "json_schema_2020_12_tool",
    "test_sampling", "test_elicitation",
} | {
    f"test_input_required_result_{name}" for name in (
        "elicitation", "sampling", "list_roots", "request_state", "multiple_inputs", "multi_round", "tampered_state", "capabilities",
    )
}
PROMPTS = {
    "test_simple_prompt", "test_prompt_with_arguments", "test_prompt_with_embedded_resource", "test_prompt_with_image",
    "test_input_required_result_prompt",
}


class ConformanceServer:
    """The server on a free port; `url` is its endpoint."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [SERVER, "--port", "0"], stdout=subprocess.PIPE, env={**CLEAN_ENVIRONMENT, "LOG_LEVEL": "critical"}
        )
        assert self.process.stdout
        self.url = self.process.stdout.readline().decode().strip()
        assert self.url.startswith("http://127.0.0.1:"), self.url

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])

    def end(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


class _Tee:
    """A stream of a response that passes on what it records."""

    def __init__(self, base: Any, is_stream: bool, messages: list[tuple[str, bytes]]) -> None:
        self.base, self.is_stream, self.messages, self.pending = base, is_stream, messages, b""

    async def __aiter__(self) -> Any:
        async for piece in self.base:
            self.pending += piece
            if self.is_stream:
                self._events()
            yield piece
        if not self.is_stream and self.pending:
            self.messages.append(("server", self.pending))

    def _events(self) -> None:
        while b"\n\n" in self.pending:
            event, self.pending = self.pending.split(b"\n\n", 1)
            data = b"\n".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
            if data:
                self.messages.append(("server", data))

    async def aclose(self) -> None:
        await self.base.aclose()


def recording_client(library: Any, messages: list[tuple[str, bytes]]) -> Any:
    """An asynchronous client of `library` (httpx, or what an official client takes for it) that records."""

    class Stream(_Tee, library.AsyncByteStream):
        pass

    class Recorder(library.AsyncHTTPTransport):
        async def handle_async_request(self, request: Any) -> Any:
            body = await request.aread()
            if body:
                messages.append(("client", body))
            response = await super().handle_async_request(request)
            kind = response.headers.get("content-type", "")
            response.stream = Stream(response.stream, kind.startswith("text/event-stream"), messages)
            return response

    return library.AsyncClient(transport=Recorder(), timeout=library.Timeout(30, read=60))


async def check_tools(session: Session) -> None:
    by_name = {tool["name"]: tool for tool in await session.tools()}
    assert TOOLS <= set(by_name), TOOLS - set(by_name)
    schema = by_name["json_schema_2020_12_tool"]["inputSchema"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$defs"]["address"]["properties"]["city"] == {"type": "string"}
    assert schema["properties"]["address"] == {"$ref": "#/$defs/address"} and schema["additionalProperties"] is False

    assert text(await session.call("test_simple_text", {})) == "This is a simple text response for testing."
    image = (await session.call("test_image_content", {}))["content"][0]
    assert image["type"] == "image" and base64.b64decode(image["data"]).startswith(b"\x89PNG")
    audio = (await session.call("test_audio_content", {}))["content"][0]
    assert audio["mimeType"] == "audio/wav" and base64.b64decode(audio["data"]).startswith(b"RIFF")
    mixed = (await session.call("test_multiple_content_types", {}))["content"]
    assert [block["type"] for block in mixed] == ["text", "image", "resource"]
    embedded = (await session.call("test_embedded_resource", {}))["content"][0]
    assert embedded["resource"]["uri"] == "test://embedded-resource"
    assert (await session.call("test_error_handling", {}))["isError"] is True
    assert text(await session.call("test_reconnection", {})) == "Reconnection test completed"
    assert "region: Zürich" in text(await session.call("test_x_mcp_header", {"region": "Zürich"}))
    await expect_failure(-32602, session.call("no_such_tool", {}))


async def check_progress(session: Session) -> None:
    seen: list[tuple[float, float | None]] = []

    async def progress(value: float, total: float | None, message: str | None) -> None:
        seen.append((value, total))

    await session.call("test_tool_with_progress", {}, progress)
    assert seen == [(0, 100), (50, 100), (100, 100)]


async def check_questions(session: Session) -> None:
    """The client answers "Alice" to every text, takes the first of every choice, and its model says "Paris"."""
    assert "Paris" in text(await session.call("test_sampling", {"prompt": "Where?"}))
    assert "Alice" in text(await session.call("test_elicitation", {"message": "Who?"}))
    for tool in ("test_elicitation_sep1034_defaults", "test_elicitation_sep1330_enums"):
        assert "action=accept" in text(await session.call(tool, {})), tool
    expected = {
        "elicitation": "Hello, Alice!", "sampling": "Paris", "list_roots": "file:///tmp", "request_state": "state-ok",
        "multiple_inputs": "Paris", "multi_round": "Alice likes Alice", "capabilities": "file:///tmp", "tampered_state": "state",
    }
    for name, answer in expected.items():
        assert answer in text(await session.call(f"test_input_required_result_{name}", {})), name
    prompt = await session.prompt("test_input_required_result_prompt", {})
    assert "Alice" in prompt["messages"][0]["content"]["text"]


async def check_resources_and_prompts(session: Session, modern: bool) -> None:
    uris = {resource["uri"].rstrip("/") for resource in await session.resources()}
    assert {"test://static-text", "test://static-binary", "test://watched-resource"} <= uris
    for uri in uris:
        assert (await session.read(uri))["contents"]
    assert [template["uriTemplate"] for template in await session.templates()] == ["test://template/{id}/data"]
    assert '"id":"123"' in (await session.read("test://template/123/data"))["contents"][0]["text"]
    await expect_failure(-32602 if modern else -32002, session.read("test://nowhere"))

    assert PROMPTS <= {prompt["name"] for prompt in await session.prompts()}
    said = await session.prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
    assert "arg1='a', arg2='b'" in said["messages"][0]["content"]["text"]
    embedded = await session.prompt("test_prompt_with_embedded_resource", {"resourceUri": "test://static-text"})
    assert embedded["messages"][0]["content"]["resource"]["uri"] == "test://static-text"
    assert (await session.prompt("test_prompt_with_image", {}))["messages"][0]["content"]["type"] == "image"
    await expect_failure(-32602, session.prompt("test_prompt_with_arguments", {}))
    assert await session.complete_prompt("test_prompt_with_arguments", "arg1", "par") == ["paris", "park", "party"]


def fill_in(schema: dict[str, Any]) -> dict[str, Any]:
    """What a person might put into a form."""
    content: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        if "default" in field:
            content[name] = field["default"]
        elif "enum" in field:
            content[name] = field["enum"][0]
        elif "oneOf" in field:
            content[name] = field["oneOf"][0]["const"]
        elif field["type"] == "array":
            items = field["items"]
            content[name] = [items["enum"][0] if "enum" in items else items["anyOf"][0]["const"]]
        else:
            content[name] = {"string": "Alice", "boolean": True, "integer": 1, "number": 1.5}[field["type"]]
        if field.get("format") == "email":
            content[name] = "alice@example.com"
    return content
