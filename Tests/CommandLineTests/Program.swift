import Foundation
import TestSupport

/// What a program that ran to its end left behind.
struct ProgramResult {
    let code: Int32
    let output: String
    let errors: String
}

/// A program of this package, as it was built with the tests.
struct Program {
    let path: String

    static let agentd = Program("agentd")
    static let agentctl = Program("agentctl")

    /// A password that no output may hold.
    static let password = "password-of-the-command-line"

    private init(_ name: String) {
        // The tests' own executable, or on macOS the bundle that it stands in, lies beside the programs.
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let fromPackage = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug")
        repeat {
            folder.deleteLastPathComponent()
        } while folder.path != "/" && !FileManager.default.isExecutableFile(atPath: folder.path + "/" + name)
        path = (folder.path == "/" ? fromPackage.path : folder.path) + "/" + name
    }

    /// Runs the program with an environment of `PATH` and `environment` alone, in an empty folder.
    func run(_ arguments: [String], environment: [String: String] = [:], in folder: String) throws -> ProgramResult {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        // Files rather than pipes: no reader has to keep up.
        let output = URL(fileURLWithPath: folder + "/.stdout")
        let errors = URL(fileURLWithPath: folder + "/.stderr")
        for url in [output, errors] { try Data().write(to: url) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        let result = ProgramResult(
            code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
        Evidence.secret(Self.password)
        Evidence.log(result.output + result.errors, from: "command-line")
        return result
    }
}

/// Makes a folder with files of mode 0600 in it, and removes it afterwards.
func withFolder(_ files: [String: String] = [:], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cli-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files {
        let path = folder + "/" + name
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    try body(folder)
}
