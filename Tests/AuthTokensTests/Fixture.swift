import AuthTokens
import Foundation

/// A folder of a test's own with the files of accounts in it, removed after the test.
@discardableResult
func withAccountFiles<R>(_ body: (AccountFiles) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("accounts-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/state", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(
        AccountFiles(tokens: folder + "/tokens.yaml", users: folder + "/users.yaml", state: folder + "/state"))
}

extension PasswordHash.Cost {
    /// The cheapest that there is, so that a test may hash hundreds.
    static var cheap: PasswordHash.Cost { PasswordHash.Cost(cost: 10, blockSize: 1, parallelism: 1) ?? .standard }
}

extension TokenVerdict {
    var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }
}

func write(_ text: String, to path: String, mode: UInt32 = 0o600) throws {
    try AtomicFile.replace(path, contents: Array(text.utf8), mode: mode)
}

func text(of path: String) throws -> String {
    String(decoding: try BoundedFile.read(path, maximumBytes: 1 << 26).contents, as: UTF8.self)
}
