/// A person who signs in with a password.
public struct UserRecord: Sendable, Hashable, Identifiable {
    /// The name to sign in with: 1 to 64 letters, digits and `. _ - @`, told apart by case.
    public let name: String
    /// What is to be known about the person. Text from people: escape it before it goes to a terminal.
    public var note: String
    /// The password.
    public internal(set) var password: PasswordHash
    /// When the account was made.
    public let created: Timestamp
    /// When the password was last set.
    public internal(set) var passwordChanged: Timestamp
    /// When the account was disabled; `nil` while it is not.
    public var disabled: Timestamp?
    /// What the person may do.
    public var scopes: Set<Scope>
    /// The databases that the person may use; `nil` for all.
    public var databases: [String]?

    /// The name.
    public var id: String { name }

    /// Whom the person's calls are made for.
    public var principal: Principal {
        Principal(id: "user:\(name)", name: name, scopes: scopes, databases: databases)
    }

    /// Whether a text can be a user's name.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (97...122).contains($0 | 32) || "-_.@".utf8.contains($0)
            }
            && text.utf8.first.map { !"-.@".utf8.contains($0) } == true
    }
}

extension UserRecord: FileRecord {
    static var listName: String { "users" }
    static var keys: [String] {
        ["name", "note", "password", "created", "password_changed", "disabled", "scopes", "databases"]
    }
    static var header: String {
        "The users of postgres-agent, with scrypt hashes of their passwords. agentctl user changes this file and\n"
            + "keeps none of your comments in it: use the note of a user. Mode 600."
    }
    static var maximumCount: Int { 100_000 }
    var identities: [String] { [name] }

    init(_ record: YAMLRecord) throws(AccountError) {
        let name = try record.required("name")
        guard Self.isName(name) else {
            throw record.failure("a name is 1 to 64 letters, digits and . _ - @", at: record.fields["name"])
        }
        guard let password = PasswordHash(text: try record.required("password")) else {
            throw record.failure(
                "password must be a hash as agentctl user writes it ($scrypt$…)", at: record.fields["password"])
        }
        let created = try record.moment("created") ?? Timestamp(seconds: 0)
        self.init(
            name: name, note: try record.text("note") ?? "", password: password, created: created,
            passwordChanged: try record.moment("password_changed") ?? created, disabled: try record.moment("disabled"),
            scopes: try record.scopes(), databases: try record.list("databases"))
        try TokenRecord.check(note: note, owner: "", databases: databases)
    }

    func write(to text: inout YAMLText) {
        text.field("name", name)
        if !note.isEmpty { text.field("note", note) }
        text.field("password", password.text)
        text.field("created", created)
        text.field("password_changed", passwordChanged)
        text.field("disabled", disabled)
        text.field("scopes", Scope.allCases.filter(scopes.contains).map(\.rawValue))
        text.field("databases", databases)
    }
}
