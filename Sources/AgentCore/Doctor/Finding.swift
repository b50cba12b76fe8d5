public import MCPProtocol

/// What one point of the security checklist came to.
public struct Finding: Sendable, Hashable {
    /// What a point can come to.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// As it should be.
        case pass
        /// It should be mended, or known and meant.
        case warn
        /// It must be mended.
        case fail
        /// No program can check it: for a person.
        case person
    }

    /// Which point, for programs: the same in every run and version, for example `http.authentication`.
    public let id: String
    /// The point in a few words, with the name of the database where it is about one.
    public let title: String
    /// What it came to.
    public let status: Status
    /// What was found. Text from files and databases is escaped and cut; no secret is in it.
    public let detail: String
    /// How to mend it; `nil` where nothing has to be mended.
    public let remedy: String?
    /// The page that explains the point, from the root of the project, with the heading after `#`.
    public let page: String

    /// The longest text of a finding, in scalars.
    private static let longest = 600

    init(
        _ point: CheckPoint, _ status: Status, _ detail: String, remedy: String? = nil, subject: String? = nil
    ) {
        id = point.rawValue
        title = Self.plain(subject.map { "\(point.title) (\($0))" } ?? point.title)
        self.status = status
        self.detail = Self.plain(detail)
        self.remedy = status == .pass ? nil : remedy.map(Self.plain)
        page = point.page
    }

    private static func plain(_ text: String) -> String {
        let cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest)))
        return PlainText.escaped(cut) + (cut.unicodeScalars.count < text.unicodeScalars.count ? "…" : "")
    }

    /// One line for a person, without a newline.
    public var line: String {
        let word = String(repeating: " ", count: 6 - status.rawValue.utf8.count)
        var line = "\(status.rawValue)\(word) \(title): \(detail)"
        if let remedy { line += "; mend: \(remedy)" }
        if status != .pass { line += " [\(page)]" }
        return line
    }

    /// The finding for programs.
    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "title": .string(title), "status": .string(status.rawValue), "detail": .string(detail),
        ]
        object["remedy"] = remedy.map { .string($0) } ?? .null
        object["page"] = .string(page)
        return .object(object)
    }
}

extension [Finding] {
    /// Whether nothing must be mended.
    public var isFine: Bool { !contains { $0.status == .fail } }

    /// How many there are of a status.
    public func count(of status: Finding.Status) -> Int { count { $0.status == status } }

    /// Everything for programs: `ok`, `counts` by status, `findings`.
    public var json: JSONValue {
        var counts = JSONObject()
        for status in Finding.Status.allCases { counts[status.rawValue] = .integer(Int64(count(of: status))) }
        return .object(["ok": .bool(isFine), "counts": .object(counts), "findings": .array(map(\.json))])
    }
}
