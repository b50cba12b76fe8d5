import Foundation
import Testing

@testable import AgentCore

@Suite("CheckPoint")
struct CheckPointTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("Each point names a page and a heading that exist", arguments: CheckPoint.allCases)
    func page(_ point: CheckPoint) throws {
        let parts = point.page.split(separator: "#")
        try #require(parts.count == 2)
        let text = try String(contentsOf: Self.root.appendingPathComponent(String(parts[0])), encoding: .utf8)
        let anchors = text.split(separator: "\n").filter { $0.hasPrefix("#") }.map(Self.anchor)
        #expect(anchors.contains(String(parts[1])), "\(point.page)")
    }

    @Test("The checklist's page names each point that is checked or left to a person", arguments: CheckPoint.allCases)
    func checklist(_ point: CheckPoint) throws {
        let file = Self.root.appendingPathComponent("Documentation/Operations/Checklists.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains("`\(point.rawValue)`"))
    }

    /// The anchor that a heading has on GitHub.
    private static func anchor(_ heading: Substring) -> String {
        let text = heading.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
        return String(
            text.compactMap { character -> Character? in
                if character == " " { return "-" }
                return character.isLetter || character.isNumber || character == "-" || character == "_"
                    ? character : nil
            })
    }
}
