import AgentModels
import Testing

@testable import AgentCore

@Suite("The order of a conversation")
struct TranscriptTests {
    @Test("A conversation that is in order stays as it is")
    func inOrder() {
        let messages = [
            Spoken.person("a"), Spoken.calls("1", "2"), Spoken.results("1", "2"), Spoken.model("b"), Spoken.person("c"),
        ]
        #expect(Transcript.paired(messages) == messages)
        #expect(Transcript.mending(messages) == nil)
    }

    @Test(
        "Wherever a conversation was cut, what is sent is in pairs", arguments: 0..<9)
    func cut(at length: Int) {
        let whole = [
            Spoken.person("a"), Spoken.calls("1"), Spoken.results("1"), Spoken.calls("2", "3"),
            Spoken.results("2", "3"),
            Spoken.model("b"), Spoken.person("c"), Spoken.calls("4"), Spoken.results("4"),
        ]
        let cut = Array(whole[...length].dropFirst(0)) + [Spoken.person("again")]
        #expect(Spoken.isPaired(Transcript.paired(cut)))
        // And also when the middle is missing.
        var holed = whole + [Spoken.person("again")]
        holed.remove(at: length)
        #expect(Spoken.isPaired(Transcript.paired(holed)))
    }

    @Test("Calls without results get some that say that nobody knows, and are never run")
    func mending() throws {
        let mending = try #require(Transcript.mending([Spoken.person("a"), Spoken.calls("1", "2")]))
        #expect(mending.results.map(\.callID) == ["1", "2"])
        #expect(mending.results.allSatisfy { $0.isError && $0.text.contains("whether it ran is not known") })
    }

    @Test("Results are put into the order of the calls, and those of nothing are left out")
    func reordered() {
        let ordered = Transcript.paired([
            Spoken.person("a"), Spoken.calls("1", "2"), Spoken.results("9", "2", "1"), Spoken.results("1"),
        ])
        #expect(ordered.last?.results.map(\.callID) == ["1", "2"])
        #expect(Spoken.isPaired(ordered))
    }

    @Test("A conversation never begins with the model, and empty messages are left out")
    func beginning() {
        let ordered = Transcript.paired([
            Spoken.model("?"), Spoken.person("a"), ModelMessage(role: .assistant, parts: []), Spoken.person("b"),
        ])
        #expect(ordered == [ModelMessage(role: .user, parts: [.text("a"), .text("b")])])
    }
}

@Suite("The order of the calls of an answer")
struct CallPlanTests {
    @Test(
        "Neighbours that only read run together, what may write runs alone and in its place",
        arguments: [
            ([], []), ([true], [0..<1]), ([true, true, true], [0..<3]), ([false, false], [0..<1, 1..<2]),
            ([true, true, false, true], [0..<2, 2..<3, 3..<4]),
        ] as [([Bool], [Range<Int>])])
    func groups(reads: [Bool], groups: [Range<Int>]) {
        #expect(CallPlan.groups(reads: reads) == groups)
    }
}
