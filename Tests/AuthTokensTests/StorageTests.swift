import AuthTokens
import Foundation
import Testing

/// A folder of a test's own, removed after it.
@discardableResult
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("storage-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

@Suite("Files that are replaced whole")
struct AtomicFileTests {
    @Test("A new file has the contents and the mode that were asked for", arguments: [0o600, 0o640, 0o644] as [UInt32])
    func newFile(mode: UInt32) throws {
        try withFolder { folder in
            let path = folder + "/tokens.yaml"
            try AtomicFile.replace(path, contents: Array("a: 1\n".utf8), mode: mode)
            let file = try BoundedFile.read(path, maximumBytes: 100)
            #expect(file.contents == Array("a: 1\n".utf8))
            #expect(file.permissions.mode == mode)
        }
    }

    @Test("A replaced file takes the new mode, and nothing is left beside it")
    func replaced() throws {
        try withFolder { folder in
            let path = folder + "/f"
            try AtomicFile.replace(path, contents: [1, 2, 3], mode: 0o644)
            try AtomicFile.replace(path, contents: [4], mode: 0o600)
            #expect(try BoundedFile.read(path, maximumBytes: 10).contents == [4])
            #expect(try FilePermissions.of(path).mode == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["f"])
        }
    }

    @Test("Without leave to overwrite, an existing file is kept, and nothing is left beside it")
    func kept() throws {
        try withFolder { folder in
            let path = folder + "/f"
            try AtomicFile.replace(path, contents: [1], overwriting: false)
            let error = #expect(throws: FileFailure.self) {
                try AtomicFile.replace(path, contents: [2], overwriting: false)
            }
            #expect(error?.isAlreadyThere == true)
            #expect(try BoundedFile.read(path, maximumBytes: 10).contents == [1])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["f"])
        }
    }

    @Test("A link is replaced by a file; what it pointed to stays")
    func link() throws {
        try withFolder { folder in
            try AtomicFile.replace(folder + "/target", contents: [1])
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/link", withDestinationPath: folder + "/target")
            try AtomicFile.replace(folder + "/link", contents: [2])
            #expect(try BoundedFile.read(folder + "/target", maximumBytes: 10).contents == [1])
            #expect(try BoundedFile.read(folder + "/link", maximumBytes: 10).contents == [2])
        }
    }

    @Test("A folder that does not exist is an error that names the file")
    func missingFolder() throws {
        let error = #expect(throws: FileFailure.self) {
            try AtomicFile.replace("/nonexistent-folder/f", contents: [])
        }
        #expect(error?.isMissing == true)
        #expect(error?.description.contains("/nonexistent-folder/f") == true)
    }
}

@Suite("Who may read a file")
struct FilePermissionsTests {
    @Test(
        "A secret is private at 0600, and for a file of root's at 0640",
        arguments: [
            (0o600, 1000, false), (0o400, 1000, false), (0o640, 1000, true), (0o604, 1000, true), (0o620, 1000, true),
            (0o600, 0, false), (0o640, 0, false), (0o660, 0, true), (0o644, 0, true), (0o601, 0, true),
        ] as [(UInt32, UInt32, Bool)])
    func exposure(mode: UInt32, owner: UInt32, isExposed: Bool) {
        #expect(FilePermissions(mode: mode, owner: owner).isExposed == isExposed)
    }

    @Test("The mode is written in four octal digits", arguments: [(0o600, "0600"), (0, "0000"), (0o1777, "1777")])
    func octal(mode: Int, text: String) {
        #expect(FilePermissions(mode: UInt32(mode), owner: 0).octal == text)
    }

    @Test("A file that others may read is found out")
    func check() throws {
        try withFolder { folder in
            let path = folder + "/key"
            try AtomicFile.replace(path, contents: [], mode: 0o644)
            #expect(try FilePermissions.check(path))
            try AtomicFile.replace(path, contents: [], mode: 0o600)
            #expect(try !FilePermissions.check(path))
        }
        #expect(throws: FileFailure.self) { try FilePermissions.check("/nonexistent") }
    }
}

@Suite("Files read up to a bound")
struct BoundedFileTests {
    @Test("A file of the bound's length is read, a longer one refused")
    func bound() throws {
        try withFolder { folder in
            let path = folder + "/f"
            try AtomicFile.replace(path, contents: [UInt8](repeating: 7, count: 20_000))
            #expect(try BoundedFile.read(path, maximumBytes: 20_000).contents.count == 20_000)
            #expect(throws: FileFailure.self) { try BoundedFile.read(path, maximumBytes: 19_999) }
        }
    }

    @Test(
        "A folder, a missing file and a name with a NUL are errors", arguments: ["/", "/nonexistent", "/etc/passwd\0x"])
    func unreadable(path: String) {
        #expect(throws: FileFailure.self) { try BoundedFile.read(path, maximumBytes: 10) }
    }
}
