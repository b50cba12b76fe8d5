"""What both generations of the official Python client have in common; neither is imported here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .surface import ProtocolFailure


def plain(value: Any) -> Any:
    """A message of the client's models as the wire has it."""
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)


class Session:
    """A connected client, with answers as the wire has them and protocol errors as `ProtocolFailure`."""

    # The client's own exception for an error response, and its references for completion.
    error: type[Exception]
    prompt_reference: Callable[..., Any]
    template_reference: Callable[..., Any]

    def __init__(self, client: Any) -> None:
        self.client = client

    def address(self, uri: str) -> Any:
        """An address as the client takes it."""
        return uri

    async def _ask(self, awaitable: Any) -> dict[str, Any]:
        try:
            return plain(await awaitable)
        except self.error as failure:
            error = failure.error  # type: ignore[attr-defined]
            raise ProtocolFailure(error.code, error.message, error.data) from failure

    async def tools(self) -> list[dict[str, Any]]:
        return (await self._ask(self.client.list_tools()))["tools"]

    async def call(self, name: str, arguments: dict[str, Any], progress: Callable[..., Any] | None = None) -> dict[str, Any]:
        return await self._ask(self.client.call_tool(name, arguments, progress_callback=progress))

    async def resources(self) -> list[dict[str, Any]]:
        return (await self._ask(self.client.list_resources()))["resources"]

    async def templates(self) -> list[dict[str, Any]]:
        return (await self._ask(self.client.list_resource_templates()))["resourceTemplates"]

    async def read(self, uri: str) -> dict[str, Any]:
        return await self._ask(self.client.read_resource(self.address(uri)))

    async def prompts(self) -> list[dict[str, Any]]:
        return (await self._ask(self.client.list_prompts()))["prompts"]

    async def prompt(self, name: str, arguments: dict[str, str]) -> dict[str, Any]:
        return await self._ask(self.client.get_prompt(name, arguments))

    async def complete_resource(self, uri: str, name: str, value: str, context: dict[str, str]) -> list[str]:
        reference = type(self).template_reference(type="ref/resource", uri=uri)
        answer = await self._ask(self.client.complete(reference, {"name": name, "value": value}, context or None))
        return answer["completion"]["values"]

    async def complete_prompt(self, prompt: str, name: str, value: str) -> list[str]:
        reference = type(self).prompt_reference(type="ref/prompt", name=prompt)
        return (await self._ask(self.client.complete(reference, {"name": name, "value": value})))["completion"]["values"]
