import MCPProtocol

/// Tools that ask nothing.
extension EverythingService {
    /// - Returns: `nil` when the tool is another one's.
    func plainTool(
        _ name: String, _ reader: inout ArgumentReader, _ context: RequestContext
    ) async throws -> ToolResult? {
        switch name {
        case "test_simple_text": return .text("This is a simple text response for testing.")
        case "test_image_content": return ToolResult(content: [.image(Media.png, mimeType: "image/png")])
        case "test_audio_content": return ToolResult(content: [.audio(Media.wav, mimeType: "audio/wav")])
        case "test_embedded_resource":
            return ToolResult(content: [
                .resource(
                    .text(
                        "This is an embedded resource content.", uri: "test://embedded-resource",
                        mimeType: "text/plain"))
            ])
        case "test_multiple_content_types":
            return ToolResult(content: [
                .text("Multiple content types test:"), .image(Media.png, mimeType: "image/png"),
                .resource(
                    .text(
                        #"{"test":"data","value":123}"#, uri: "test://mixed-content-resource",
                        mimeType: "application/json")),
            ])
        case "test_error_handling": return .failure("This tool intentionally returns an error for testing")
        case "test_tool_with_progress":
            for step in [0.0, 50, 100] {
                await context.reportProgress(step, total: 100, message: "Completed step \(Int(step)) of 100")
                try await Task.sleep(for: .milliseconds(20))
            }
            return .text("Progress: done")
        case "test_tool_with_logging":
            await context.log(.info, "Tool execution started")
            try await Task.sleep(for: .milliseconds(20))
            await context.log(.info, "Tool processing data")
            try await Task.sleep(for: .milliseconds(20))
            await context.log(.info, "Tool execution completed")
            return .text("Logged three messages.")
        case "test_logging_tool":
            await context.log(.info, logger: "conformance", "Logged by test_logging_tool")
            return .text("Logged.")
        case "test_trigger_tool_change":
            changes.toolsChanged()
            return .text("The tools changed.")
        case "test_trigger_prompt_change":
            changes.promptsChanged()
            return .text("The prompts changed.")
        case "test_reconnection":
            await context.releaseConnection()
            try await Task.sleep(for: .milliseconds(100))
            return .text("Reconnection test completed")
        case "test_x_mcp_header": return .text("region: \(try reader.string("region"))")
        case "json_schema_2020_12_tool": return .text("Called json_schema_2020_12_tool")
        default: return nil
        }
    }
}
