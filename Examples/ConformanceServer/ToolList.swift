import MCPProtocol

/// The tools, as clients see them.
enum ToolList {
    static let all: [Tool] =
        plain.map { tool($0.0, $0.1) } + [
            tool("test_sampling", "Asks the client's model", properties: ["prompt": string("What is asked")]),
            tool("test_elicitation", "Asks the person", properties: ["message": string("What is asked")]),
            tool(
                "test_x_mcp_header", "Has an argument that is a header as well",
                properties: ["region": ["type": "string", "description": "Any text", "x-mcp-header": "Region"]]),
            Tool(
                name: "json_schema_2020_12_tool", title: "JSON Schema 2020-12",
                description: "Has a schema with $schema, $defs, $ref and additionalProperties",
                inputSchema: [
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "type": "object",
                    "$defs": [
                        "address": [
                            "type": "object",
                            "properties": ["street": ["type": "string"], "city": ["type": "string"]],
                        ]
                    ],
                    "properties": ["name": ["type": "string"], "address": ["$ref": "#/$defs/address"]],
                    "additionalProperties": false,
                ], annotations: hints("JSON Schema 2020-12")),
        ]

    private static let plain: [(String, String)] = [
        ("test_simple_text", "Answers with a text"),
        ("test_image_content", "Answers with a picture"),
        ("test_audio_content", "Answers with sound"),
        ("test_embedded_resource", "Answers with the contents of a resource"),
        ("test_multiple_content_types", "Answers with a text, a picture and a resource"),
        ("test_error_handling", "Fails"),
        ("test_tool_with_progress", "Reports 0, 50 and 100 of 100"),
        ("test_tool_with_logging", "Logs three messages"),
        ("test_logging_tool", "Logs a message"),
        ("test_missing_capability", "Needs a client that can sample"),
        ("test_streaming_elicitation", "Reports progress, then asks the person if it can"),
        ("test_trigger_tool_change", "Announces that the tools changed"),
        ("test_trigger_prompt_change", "Announces that the prompts changed"),
        ("test_elicitation_sep1034_defaults", "Asks with a default in each kind of field"),
        ("test_elicitation_sep1330_enums", "Asks with each kind of choice"),
        ("test_reconnection", "Lets go of the connection, and answers when the client comes back"),
        ("test_input_required_result_elicitation", "Needs a name"),
        ("test_input_required_result_sampling", "Needs the client's model"),
        ("test_input_required_result_list_roots", "Needs the client's roots"),
        ("test_input_required_result_request_state", "Needs its state back"),
        ("test_input_required_result_multiple_inputs", "Needs three things at once"),
        ("test_input_required_result_multi_round", "Asks twice"),
        ("test_input_required_result_tampered_state", "Notices a state that was changed"),
        ("test_input_required_result_capabilities", "Asks what the client can answer, and nothing else"),
    ]

    private static func string(_ description: String) -> JSONValue {
        ["type": "string", "description": .string(description)]
    }

    private static func tool(_ name: String, _ description: String, properties: JSONObject = [:]) -> Tool {
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !properties.isEmpty { schema["required"] = .array(properties.keys.map { .string($0) }) }
        return Tool(
            name: name, title: name, description: description, inputSchema: .object(schema), annotations: hints(name))
    }

    private static func hints(_ title: String) -> ToolAnnotations {
        ToolAnnotations(
            title: title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false)
    }
}

/// The smallest picture and the shortest sound.
enum Media {
    /// One red pixel.
    static let png =
        Base64.decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==") ?? []

    /// A header of WAVE for 8 kHz, 8 bit, one channel, and four samples of silence.
    static let wav: [UInt8] =
        Array("RIFF".utf8) + [40, 0, 0, 0] + Array("WAVEfmt ".utf8)
        + [16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0] + Array("data".utf8)
        + [4, 0, 0, 0, 128, 128, 128, 128]
}
