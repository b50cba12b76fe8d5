"""Holds recorded messages against the JSON schemas of the protocol, where those are present, and against its order rules."""

from __future__ import annotations

import base64
import functools
import json
import os
from pathlib import Path
from typing import Any

import jsonschema

from .database import ROOT

FOLDER = Path(os.environ.get("POSTGRES_AGENT_MCP_SCHEMAS") or ROOT.parent / "shared" / "mcp")
NEWEST = "2026-07-28"
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"


def present() -> bool:
    return (FOLDER / f"schema-{NEWEST}.json").exists()


class Schema:
    """One revision of the protocol."""

    def __init__(self, version: str) -> None:
        self.document = json.loads((FOLDER / f"schema-{version}.json").read_text())
        self.key = "$defs" if "$defs" in self.document else "definitions"
        self.definitions: dict[str, Any] = self.document[self.key]
        self.by_method = {
            definition["properties"]["method"]["const"]: name
            for name, definition in self.definitions.items()
            if isinstance(definition.get("properties", {}).get("method"), dict)
            and "const" in definition["properties"]["method"]
        }

    @functools.lru_cache(maxsize=None)
    def validator(self, name: str) -> jsonschema.protocols.Validator:
        kind = jsonschema.validators.validator_for(self.document)
        return kind({**self.document, "$ref": f"#/{self.key}/{name}"})

    def result_name(self, method: str) -> str:
        request = self.by_method.get(method, "")
        name = request.removesuffix("Request") + "Result"
        return name if name in self.definitions else ("EmptyResult" if "EmptyResult" in self.definitions else "Result")

    def check(self, name: str, value: Any, what: str) -> list[str]:
        found = sorted(self.validator(name).iter_errors(value), key=lambda error: list(error.absolute_path))
        return [f"{what} against {name}: {list(error.absolute_path)}: {error.message[:300]}" for error in found[:3]]


@functools.lru_cache(maxsize=None)
def schema(version: str) -> Schema:
    if not (FOLDER / f"schema-{version}.json").exists():
        version = "2025-06-18"  # the oldest revision whose schema is at hand
    return Schema(version)


def read_log(path: Path) -> list[tuple[str, bytes]]:
    if not path.exists():
        return []
    entries = (json.loads(line) for line in path.read_text().splitlines())
    return [(entry["from"], base64.b64decode(entry["line"])) for entry in entries]


def problems(messages: list[tuple[str, bytes]], *, check_client: bool = True) -> list[str]:
    """What is wrong with a conversation: bad lines, answers nobody asked for, messages that the schema refuses."""
    found: list[str] = []
    version: str | None = None
    initialize_id: Any = None
    methods: dict[Any, str] = {}
    answered: set[Any] = set()
    cancelled: set[Any] = set()
    for side, line in messages:
        try:
            message = json.loads(line.decode("utf-8"))
        except ValueError as error:
            if side == "server":
                found.append(f"the server wrote a line that is not JSON: {line[:120]!r} ({error})")
            continue
        if not isinstance(message, dict):
            if side == "server" and version != "2025-03-26":
                found.append(f"the server wrote something that is not one object: {line[:120]!r}")
            continue
        method, identifier = message.get("method"), message.get("id")
        params = message.get("params") if isinstance(message.get("params"), dict) else {}
        if side == "client":
            if version is None and isinstance(method, str) and identifier is not None:
                meta = params.get("_meta")
                modern = isinstance(meta, dict) and VERSION_KEY in meta and method != "initialize"
                version = NEWEST if modern else "2025-11-25"
            if method == "initialize":
                version, initialize_id = "2025-11-25", identifier
            if isinstance(method, str) and isinstance(identifier, (str, int)):
                methods[identifier] = method
                answered.discard(identifier)
            if method == "notifications/cancelled":
                cancelled.add(params.get("requestId"))
            if present() and check_client and version and isinstance(method, str):
                rules = schema(version)
                if method in rules.by_method:
                    found += rules.check(rules.by_method[method], message, f"client's {method}")
            continue

        if "method" in message:
            if version == NEWEST and "id" in message:
                found.append(f"the server sent a request to a client of {NEWEST}: {line[:160]!r}")
            if present():
                rules = schema(version or NEWEST)
                name = rules.by_method.get(method)
                if name is None:
                    found.append(f"the server sent an unknown method {method!r}")
                else:
                    found += rules.check(name, message, f"server's {method}")
            continue
        if identifier == initialize_id and identifier is not None and isinstance(message.get("result"), dict):
            version = message["result"].get("protocolVersion", version)
        if identifier is not None:
            if identifier not in methods:
                found.append(f"an answer to a request that was not made: {line[:160]!r}")
            elif identifier in answered:
                found.append(f"a second answer to {identifier!r}: {line[:160]!r}")
            # The tests cancel queries that would run for minutes, so no answer can have been on its way.
            if identifier in cancelled:
                found.append(f"an answer to a cancelled request: {line[:160]!r}")
            answered.add(identifier)
        if present():
            rules = schema(version or NEWEST)
            if "error" in message:
                name = "JSONRPCErrorResponse" if "JSONRPCErrorResponse" in rules.definitions else "JSONRPCError"
                # Before an id is known the answer has none; the older schemas cannot say that.
                if identifier is not None or name == "JSONRPCErrorResponse":
                    found += rules.check(name, message, "an error")
            else:
                asked = methods.get(identifier, "")
                result = message.get("result")
                name = rules.result_name(asked)
                if version == NEWEST and isinstance(result, dict) and result.get("resultType") == "input_required":
                    name = "InputRequiredResult"
                found += rules.check(name, result, f"the result of {asked}")
                if version == NEWEST and isinstance(result, dict) and "resultType" not in result:
                    found.append(f"the result of {asked} has no resultType")
    return found
