import Foundation

/// Programs that the same build made.
public enum BuiltPrograms {
    /// A program is missing.
    public struct Missing: Error, CustomStringConvertible {
        /// Which, and what to do.
        public let description: String
    }

    /// Where a program is: named by a variable, beside the test program, in a folder above it, or in the build folder.
    ///
    /// - Parameter name: `agentd` or `agentctl`; the variable is its name in capitals.
    /// - Throws: ``Missing`` when it was not built.
    public static func path(_ name: String) throws -> String {
        if let named = ProcessInfo.processInfo.environment[name.uppercased()] { return named }
        var folder = URL(fileURLWithPath: CommandLine.arguments.first ?? "/").resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent(name).path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
        }
        let built = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug/\(name)").path
        guard FileManager.default.isExecutableFile(atPath: built) else {
            throw Missing(description: "\(name) is not built; run swift build, or set \(name.uppercased())")
        }
        return built
    }
}
