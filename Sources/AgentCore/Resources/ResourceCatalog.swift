import MCPProtocol

/// The resources of the agent: what can be read by address instead of by a question.
struct ResourceCatalog: Sendable {
    /// The media type of all of them.
    static let mimeType = "application/json"

    /// What reading a resource gave.
    struct Content: Sendable {
        /// The JSON text.
        var text: String
        /// How long a client may keep it.
        var ttl: Duration
    }

    /// The resources with an address of their own: two for all databases, two for each. Tables are reached through the template,
    /// since listing them would ask every database.
    ///
    /// - Parameter visible: The databases that the caller may use.
    func list(for visible: VisibleDatabases) -> [Resource] {
        var resources: [Resource] = []
        if !visible.databases.isEmpty {
            resources.append(
                resource(.systemInfo(database: nil), "system_info", "About the first database's server"))
        }
        resources.append(resource(.databases, "databases", "The databases and whether they answer"))
        for database in visible.databases {
            let name = database.name
            resources.append(
                resource(.systemInfo(database: name), "\(name)/system_info", "About the server of database \(name)"))
            resources.append(
                resource(.schema(database: name), "\(name)/schema", "Schemas and tables of database \(name)"))
        }
        return resources
    }

    /// The families of resources.
    var templates: [ResourceTemplate] {
        [
            template(ResourceURI.systemInfoTemplate, "system_info", "About the server of a database"),
            template(ResourceURI.schemaTemplate, "schema", "Schemas and tables of a database"),
            template(ResourceURI.tableTemplate, "table", "Columns, keys and indexes of a table"),
        ]
    }

    /// Reads a resource.
    ///
    /// - Parameters:
    ///   - text: The address, as the client sent it.
    ///   - visible: The databases that the caller may use.
    ///   - origin: Who is behind it.
    /// - Throws: ``RPCError`` -32602 with the address for what does not exist, and for a database that the caller may not
    ///   use; ``QueryFailure`` when the database does not answer.
    func read(_ text: String, for visible: VisibleDatabases, origin: CallOrigin) async throws -> Content {
        guard let uri = ResourceURI(text) else { throw RPCError.resourceNotFound(text) }
        func database(_ name: String?) throws(RPCError) -> Database {
            do {
                return try visible.database(named: name)
            } catch {
                throw .resourceNotFound(text)
            }
        }
        switch uri {
        case .databases:
            let states = await DatabaseState.all(visible)
            try Task.checkCancellation()
            return content(["databases": .array(states.map(\.json))], ttl: .seconds(10))
        case .systemInfo(let name):
            let database = try database(name)
            let info = try await database.observing(origin, subject: text) { try await database.systemInfo() }
            return content(info.json, ttl: .seconds(60))
        case .schema(let name):
            // Short: a stale schema is worse than a second look.
            let database = try database(name)
            let overview = try await database.observing(origin, subject: text) {
                try await SchemaJSON.overview(of: database)
            }
            return content(overview, ttl: .seconds(10))
        case .table(let name, let schema, let table):
            let database = try database(name)
            do {
                let description = try await database.observing(origin, subject: text) {
                    try await database.catalog.describe(schema: schema, table: table)
                }
                return content(SchemaJSON.description(description), ttl: .seconds(10))
            } catch let failure as QueryFailure {
                if case .invalidArgument = failure.kind { throw RPCError.resourceNotFound(text) }
                throw failure
            }
        }
    }

    private func content(_ value: JSONValue, ttl: Duration) -> Content {
        Content(text: String(decoding: value.serialized(), as: UTF8.self), ttl: ttl)
    }

    private func resource(_ uri: ResourceURI, _ name: String, _ description: String) -> Resource {
        Resource(uri: uri.text, name: name, description: description, mimeType: Self.mimeType)
    }

    private func template(_ template: String, _ name: String, _ description: String) -> ResourceTemplate {
        ResourceTemplate(uriTemplate: template, name: name, description: description, mimeType: Self.mimeType)
    }
}
