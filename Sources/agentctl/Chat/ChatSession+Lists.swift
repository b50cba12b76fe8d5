import AgentCore
import AgentTerminal
import MCPProtocol

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What a chat lists and chooses from.
extension ChatSession {
    mutating func showDatabases() async throws {
        let (backend, console) = (backend, console)
        databases = try await console.during {
            await console.live("asking the databases")
            return try await backend.databases()
        }
        await console.show(
            databases.map { database in
                var line = SafeText(database.name == current?.name ? "* " : "  ") + SafeText(database.name)
                if database.allowsWrites { line.append(SafeText(" [WRITE-ENABLED]", .yellow)) }
                if let problem = database.problem { return line + SafeText("  \(problem)", .red) }
                return line + SafeText("  \(database.version ?? "")", .dim)
            })
    }

    mutating func use(_ name: String) async throws {
        let all = "There are: " + databases.map(\.name).joined(separator: ", ")
        guard !name.isEmpty else { return await say("/use takes the name of a database. \(all)", .yellow) }
        guard databases.contains(where: { $0.name == name }) else {
            let near = NearestSpelling.of(name, among: databases.map(\.name)).map { " Did you mean \"\($0)\"?" }
            return await say(
                "There is no database \"\(name)\".\(near ?? "") \(all)", .yellow)
        }
        database = name
        await warn()
    }

    mutating func prompts(_ argument: String) async throws {
        let (backend, console) = (backend, console)
        let words = argument.split(separator: " ").map(String.init)
        guard let name = words.first else {
            let prompts = try await console.during { try await backend.prompts() }
            let width = max(20, await console.width - 1)
            return await console.page(
                prompts.flatMap { prompt -> [SafeText] in
                    let arguments = prompt.arguments.map { $0.required ? "\($0.name)=…" : "[\($0.name)=…]" }
                    let head = SafeText("\(prompt.name) ", .cyan) + SafeText(arguments.joined(separator: " "), .dim)
                    return head.wrapped(to: width, rest: "    ")
                        + SafeText(prompt.description ?? "").wrapped(to: width, first: "  ", rest: "  ")
                })
        }
        var values: [String: String] = [:]
        var last: String?
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2 {
                values[parts[0]] = parts[1]
                last = parts[0]
            } else if let last {
                // A value goes on to the next KEY=.
                values[last, default: ""] += " " + word
            } else {
                return await say("A prompt takes KEY=VALUE: /prompts shows them.", .yellow)
            }
        }
        if values["database"] == nil { values["database"] = current?.name }
        let filled = values
        let text = try await console.during { try await backend.prompt(name, filled) }
        guard hasModel else { return await console.page(SafeText.lines(text)) }
        try await ask(text)
    }

    mutating func models(_ name: String) async throws {
        guard name.isEmpty else {
            model = name
            return await say("The next question goes to \(name).", .dim)
        }
        let (backend, console) = (backend, console)
        let names = try await console.during { try await backend.models() }
        let chosen = model
        await console.page(names.map { SafeText($0 == chosen ? "* " : "  ") + SafeText($0) })
    }

    mutating func conversations(_ argument: String) async throws {
        if let number = Int(argument), listed.indices.contains(number - 1) {
            return try await resume(listed[number - 1].id)
        }
        let (backend, console) = (backend, console)
        listed = try await console.during {
            await console.live("looking")
            return try await backend.conversations(matching: argument.isEmpty ? nil : argument)
        }
        guard !listed.isEmpty else { return await say("There are none.", .dim) }
        let width = max(2, await console.width - 1)
        await console.page(
            listed.enumerated().map { index, item in
                let mark = item.id == conversation ? "*" : " "
                let head = SafeText("\(mark)\(index + 1)  ")
                let tail = SafeText("  \(item.updated), \(item.messages) messages", .dim)
                // A long title leaves room for when it was.
                let title = SafeText(item.title).shortened(to: max(10, width - head.width - tail.width))
                return (head + title + tail).shortened(to: width)
            })
    }

    /// Goes on with a conversation, on its database, and shows where it was.
    ///
    /// - Parameter keepsDatabase: Whether the person has said which database is meant.
    mutating func resume(_ id: String, keepsDatabase: Bool = false) async throws {
        let (backend, console) = (backend, console)
        let found = try await console.during {
            await console.live("looking")
            return try await backend.conversation(id)
        }
        conversation = id
        let width = max(2, await console.width - 1)
        await console.show(EarlierTurns(found).lines(width: width))
        if found.isRunning { await say("A question in it is being answered at this moment, from elsewhere.", .yellow) }
        var on = ""
        if !keepsDatabase, let name = found.database, name != current?.name,
            databases.contains(where: { $0.name == name })
        {
            database = name
            on = ", on \(name)"
        }
        await say("Going on with \"\(found.title)\"\(on).", .dim)
        if !on.isEmpty { await warn() }
    }

    mutating func delete(_ argument: String) async throws {
        guard let number = Int(argument), listed.indices.contains(number - 1) else {
            return await say("/delete takes the number of a conversation in /history.", .yellow)
        }
        let item = listed[number - 1]
        let (backend, console) = (backend, console)
        let question = WriteQuestion(
            text: "\"\(SafeText(item.title).text)\", \(item.messages) messages, last changed \(item.updated).",
            ask: "Delete it for good? [y/N]: ")
        let isDeleted = try await console.during {
            guard try await console.confirm(question) else { return false }
            try await backend.delete(item.id)
            return true
        }
        guard isDeleted else { return await say("It stays.", .dim) }
        // The numbers of the others would be wrong now.
        listed = []
        if conversation == item.id { conversation = nil }
        await say("Deleted.", .green)
    }

    /// Text for a file that somebody will print: lines and tabs stay, what a terminal would act on is named. What this program
    /// exports is so already; what a server sends need not be.
    private static func safeFile(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map { PlainText.escaped(String($0)) }
                .joined(separator: "\t")
        }.joined(separator: "\n")
    }

    func export(_ path: String) async throws {
        guard let conversation else { return await say("Nothing was asked yet.", .yellow) }
        guard !path.isEmpty else { return await say("/export takes the name of a new file: .md or .json", .yellow) }
        let (backend, console) = (backend, console)
        let text = Self.safeFile(
            try await console.during { try await backend.export(conversation, isJSON: path.hasSuffix(".json")) })
        // Never in place of a file that is there.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            return await say("\(path) cannot be written: \(String(cString: strerror(errno)))", .red)
        }
        let isWhole = StandardStreams.write(text, toDescriptor: descriptor)
        guard close(descriptor) == 0, isWhole else {
            return await say("\(path) cannot be written: \(String(cString: strerror(errno)))", .red)
        }
        await say("Written to \(path).", .green)
    }
}
