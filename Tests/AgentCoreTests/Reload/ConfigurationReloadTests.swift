import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import AgentCore

@Suite("ConfigurationReload")
struct ConfigurationReloadTests {
    /// A configuration file, an agent made from it, and the levels and messages that were logged.
    private final class Scene: Sendable {
        let folder: String
        let agent: Agent
        let reload: ConfigurationReload

        var file: String { folder + "/agentd.yaml" }

        init() throws {
            let folder = FileManager.default.temporaryDirectory.path + "/reload-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            self.folder = folder
            let file = folder + "/agentd.yaml"
            try Self.write(file, Self.text("one"))
            let load = { @Sendable in try ConfigurationLoader.load(environment: [:], file: file) }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            agent = try Agent(configuration: try load().configuration, logger: logger)
            let sink = Sink()
            self.sink = sink
            reload = ConfigurationReload(
                agent: agent, file: file, logger: logger, load: load, changed: { sink.add($0) })
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        let sink: Sink

        /// What was told.
        final class Sink: Sendable {
            private let all = Mutex<[ReloadReport]>([])
            var reports: [ReloadReport] { all.withLock { $0 } }
            func add(_ report: ReloadReport) { all.withLock { $0.append(report) } }
        }

        var names: [String] { agent.databases.databases.map(\.name) }

        static func text(_ names: String...) -> String {
            "databases:\n" + names.map { "  - { name: \($0), host: 127.0.0.1, port: 1 }\n" }.joined()
        }

        static func write(_ file: String, _ text: String) throws {
            // Written beside and renamed over, as careful programs do.
            try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        }
    }

    @Test("A file that was renamed over the old one is taken over once it stays the same")
    func renamed() async throws {
        let scene = try Scene()
        await scene.reload.look()
        #expect(scene.sink.reports.isEmpty)
        try Scene.write(scene.file, Scene.text("one", "two"))
        await scene.reload.look()
        #expect(scene.names == ["one"])
        await scene.reload.look()
        #expect(scene.names == ["one", "two"])
        #expect(scene.sink.reports.map(\.databases.added) == [["two"]])
        await scene.reload.look()
        #expect(scene.sink.reports.count == 1)
        await scene.agent.shutdown()
    }

    @Test("A link that is pointed elsewhere is followed, as Kubernetes swaps its volumes")
    func swapped() async throws {
        let scene = try Scene()
        for (folder, names) in [("..1", ["one"]), ("..2", ["three"])] {
            try FileManager.default.createDirectory(
                atPath: "\(scene.folder)/\(folder)", withIntermediateDirectories: false)
            try Scene.write("\(scene.folder)/\(folder)/agentd.yaml", Scene.text(names[0]))
        }
        try FileManager.default.createSymbolicLink(atPath: scene.folder + "/..data", withDestinationPath: "..1")
        try FileManager.default.removeItem(atPath: scene.file)
        try FileManager.default.createSymbolicLink(atPath: scene.file, withDestinationPath: "..data/agentd.yaml")
        await scene.reload.look()
        await scene.reload.look()
        #expect(scene.names == ["one"])
        try FileManager.default.createSymbolicLink(atPath: scene.folder + "/..new", withDestinationPath: "..2")
        #expect(rename(scene.folder + "/..new", scene.folder + "/..data") == 0)
        await scene.reload.look()
        await scene.reload.look()
        #expect(scene.names == ["three"])
        await scene.agent.shutdown()
    }

    @Test("A broken or missing file keeps the old state, and shows until it is mended")
    func broken() async throws {
        let scene = try Scene()
        try Scene.write(scene.file, "databases:\n  - { name: one, \"hst\\e[2J\": x }\n")
        let problems = await scene.reload.run()
        #expect(problems.count == 1)
        #expect(scene.names == ["one"])
        let state = scene.agent.reloadState
        #expect(!state.isCurrent)
        #expect(state.failures == 1 && state.count == 0)
        #expect(state.failedSince != nil)
        #expect(state.problem?.contains("hst") == true)
        #expect(state.problem?.contains("\u{1B}") == false)
        // It is told once, not at every look.
        await scene.reload.look()
        await scene.reload.look()
        #expect(scene.agent.reloadState.failures == 1)
        try FileManager.default.removeItem(atPath: scene.file)
        await scene.reload.look()
        await scene.reload.look()
        #expect(scene.agent.reloadState.failures == 2)
        #expect(scene.names == ["one"])
        try Scene.write(scene.file, Scene.text("four"))
        await scene.reload.look()
        await scene.reload.look()
        #expect(scene.names == ["four"])
        #expect(scene.agent.reloadState.isCurrent)
        #expect(scene.agent.reloadState.failedSince == nil)
        await scene.agent.shutdown()
    }

    @Test("Each key of the reference is either taken over or named as needing a restart")
    func everyKey() {
        let keys = (AgentSchema.http + AgentSchema.others).flatMap(\.keys).map(\.description.path)
        #expect(ConfigurationChanges.live.isSubset(of: keys))
        #expect(ConfigurationChanges.needingRestart(from: AgentConfiguration(), to: AgentConfiguration()).isEmpty)
    }
}
