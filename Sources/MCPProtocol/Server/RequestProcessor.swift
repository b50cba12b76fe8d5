/// Answers one request of either era. Knows nothing of transports.
struct RequestProcessor: Sendable {
    let server: MCPServer
    let request: RPCRequest
    let exchange: RequestExchange
    let caller: (any Sendable)?

    private var metadata: RequestMetadata { exchange.metadata }
    private var service: any MCPService { server.service }
    private var params: JSONObject { request.params ?? [:] }
    private var era: EraAdapter { EraAdapter(version: metadata.version, implementation: service.implementation) }

    /// The answer; every error has become one.
    func respond() async -> RPCResponse {
        do {
            let method = try ServerMethod(
                request.method, version: metadata.version, capabilities: service.capabilities)
            return RPCResponse(id: request.id, .success(.object(try await result(of: method))))
        } catch let error as RPCError {
            return RPCResponse(id: request.id, .failure(era.error(error)))
        } catch let error as WireError {
            return RPCResponse(id: request.id, .failure(.invalidParams(error.description)))
        } catch {
            if !(error is CancellationError) { server.options.onError?(error, request.method) }
            return RPCResponse(id: request.id, .failure(.internalError()))
        }
    }

    private func result(of method: ServerMethod) async throws -> JSONObject {
        guard method.mayAsk else { return try await plainResult(of: method) }
        guard metadata.version.era == .stateless else { return try await askingResult(of: method) }
        let rounds = try Rounds(method: request.method, params: params, server: server, caller: caller)
        do {
            return try await askingResult(of: method, context(rounds))
        } catch let required as InputRequired {
            try exchange.checkCapabilities(required.questions)
            let members = try rounds.members(
                asking: required, method: request.method, params: params, server: server, caller: caller)
            return era.result(members, type: "input_required")
        }
    }

    /// Asks an older client what the handler wants to know, and calls the handler again (item 31).
    private func askingResult(of method: ServerMethod) async throws -> JSONObject {
        var rounds = Rounds()
        while true {
            do {
                return try await askingResult(of: method, context(rounds))
            } catch let required as InputRequired {
                guard let session = exchange.session, rounds.round < server.options.maximumRounds else {
                    throw RPCError.internalError("The request asked too often")
                }
                try exchange.checkCapabilities(required.questions)
                let answers = try await exchange.ask(required.questions, session: session)
                for (asked, answer) in zip(required.questions, answers) { rounds.answers[asked.key] = answer }
                rounds.state = required.state
                rounds.round += 1
            }
        }
    }

    func context(_ rounds: Rounds = Rounds()) -> RequestContext {
        RequestContext(
            requestID: request.id, protocolVersion: metadata.version, clientInfo: metadata.clientInfo,
            clientCapabilities: metadata.clientCapabilities, caller: caller, meta: metadata.meta,
            answers: rounds.answers, state: rounds.state, peer: exchange)
    }

    private func askingResult(of method: ServerMethod, _ context: RequestContext) async throws -> JSONObject {
        let reader = WireReader(params, path: "params")
        switch method {
        case .callTool:
            let name = try reader.string("name")
            let arguments = try reader.optionalObject("arguments") ?? [:]
            return era.result(try await callTool(name, arguments, context).members(for: metadata.version))
        case .getPrompt:
            let name = try reader.string("name")
            let arguments = try reader.stringMap("arguments")
            try await checkArguments(of: name, arguments, context)
            let result = try await service.prompt(name, arguments: arguments, context: context)
            return era.result(result.members(for: metadata.version))
        default:
            let reading = try await service.readResource(try reader.string("uri"), context: context)
            let contents = JSONValue.array(reading.contents.map { $0.json(for: metadata.version) })
            return era.cacheable(["contents": contents], ttl: reading.ttl, scope: reading.scope)
        }
    }

    private func callTool(
        _ name: String, _ arguments: JSONObject, _ context: RequestContext
    ) async throws -> ToolResult {
        do {
            switch try await service.callTool(name, arguments: arguments, context: context) {
            case .result(let result): return result
            case .inputRequired(let required): throw required
            }
        } catch let error as any ToolReportableError {
            return .failure(error.toolMessage)
        }
    }

    /// Refuses a prompt that does not exist, or that lacks an argument (item 27).
    private func checkArguments(
        of name: String, _ arguments: [String: String], _ context: RequestContext
    ) async throws {
        guard let prompt = try await service.prompts(context).items.first(where: { $0.name == name }) else {
            throw RPCError.unknownPrompt(name)
        }
        for argument in prompt.arguments where argument.required && arguments[argument.name] == nil {
            throw RPCError.invalidParams("The prompt '\(name)' needs the argument '\(argument.name)'")
        }
    }

    private func plainResult(of method: ServerMethod) async throws -> JSONObject {
        let reader = WireReader(params, path: "params")
        let version = metadata.version
        switch method {
        case .listTools:
            return try page("tools", try await service.tools(context()), \.name) { $0.json(for: version) }
        case .listResources:
            return try page("resources", try await service.resources(context()), \.uri) { $0.json(for: version) }
        case .listTemplates:
            return try page("resourceTemplates", try await service.resourceTemplates(context()), \.uriTemplate) {
                $0.json(for: version)
            }
        case .listPrompts:
            return try page("prompts", try await service.prompts(context()), \.name) { $0.json(for: version) }
        case .complete:
            let completion = try await service.complete(try CompletionRequest(reader), context: context())
            return era.result(completion.members)
        case .discover: return discovery()
        case .listen: return try await listen(reader)
        case .ping: return [:]
        case .setLogLevel:
            let name = try reader.string("level")
            guard let level = LogLevel(rawValue: name) else {
                throw RPCError.invalidParams("The log level '\(name.prefix(50))' is not known")
            }
            exchange.session?.setLogLevel(level)
            return [:]
        case .subscribe: return try watch(try reader.string("uri"), true)
        case .unsubscribe: return try watch(try reader.string("uri"), false)
        case .initialize, .callTool, .getPrompt, .readResource: throw RPCError.methodNotFound(request.method)
        }
    }

    private func page<Element>(
        _ name: String, _ listing: Listing<Element>, _ key: KeyPath<Element, String>,
        _ json: (Element) -> JSONObject
    ) throws -> JSONObject {
        let cursor = try WireReader(params, path: "params").optionalString("cursor")
        let (page, next) = try Cursor.page(
            of: listing.items, kind: name, from: cursor, size: server.options.pageSize, key: { $0[keyPath: key] })
        var members: JSONObject = [name: .array(page.map { .object(json($0)) })]
        members.set("nextCursor", next)
        return era.cacheable(members, ttl: listing.ttl, scope: listing.scope)
    }

    /// The answer to `server/discover` (item 8).
    private func discovery() -> JSONObject {
        var members: JSONObject = [
            "supportedVersions": .array(ProtocolVersion.all.map { .string($0.rawValue) }),
            "capabilities": service.capabilities.json(for: metadata.version),
        ]
        members.set("instructions", service.instructions)
        return era.cacheable(members, ttl: server.options.discoverTTL, scope: .public_)
    }

    private func watch(_ uri: String, _ on: Bool) throws -> JSONObject {
        guard let mailbox = exchange.session?.mailbox else { return [:] }
        guard !on || mailbox.watchedCount < server.options.maximumWatchedResources else {
            throw RPCError.invalidParams("More than \(server.options.maximumWatchedResources) resources are watched")
        }
        mailbox.update { filter in
            if on { filter.watched.insert(uri) } else { filter.watched.remove(uri) }
        }
        return [:]
    }

    /// Tells the client of changes until it cancels or the server ends (item 22).
    private func listen(_ reader: WireReader) async throws -> JSONObject {
        let wanted = try reader.child("notifications")
        let watched = try wanted.strings("resourceSubscriptions")
        guard watched.count <= server.options.maximumWatchedResources else {
            throw RPCError.invalidParams("More than \(server.options.maximumWatchedResources) resources to watch")
        }
        let capabilities = service.capabilities
        // Only what the server announces at all is honoured, and said to be.
        let filter = SubscriptionFilter(
            tools: try wanted.optionalBool("toolsListChanged") == true && capabilities.tools?.listChanged == true,
            prompts: try wanted.optionalBool("promptsListChanged") == true && capabilities.prompts?.listChanged == true,
            resources: try wanted.optionalBool("resourcesListChanged") == true
                && capabilities.resources?.listChanged == true,
            watched: capabilities.resources?.subscribe == true ? Set(watched) : [])
        let mailbox = SubscriptionMailbox(filter: filter)
        server.hub.add(mailbox)
        defer { server.hub.remove(mailbox) }
        let meta: JSONObject = [MetaKey.subscriptionID: request.id.json]
        await exchange.notify(
            "notifications/subscriptions/acknowledged",
            ["_meta": .object(meta), "notifications": filter.json(watched: watched)])
        await withTaskCancellationHandler {
            while let changes = await mailbox.next() {
                for change in changes { await exchange.notify(change.method, change.params(meta: meta)) }
            }
        } onCancel: {
            mailbox.close()
        }
        return era.result(["_meta": .object(meta)])
    }
}

extension SubscriptionFilter {
    /// What is honoured, in the order in which it was asked for.
    fileprivate func json(watched order: [String]) -> JSONValue {
        var object: JSONObject = [:]
        if tools { object["toolsListChanged"] = true }
        if prompts { object["promptsListChanged"] = true }
        if resources { object["resourcesListChanged"] = true }
        if !watched.isEmpty {
            object["resourceSubscriptions"] = .array(order.filter(watched.contains).map { .string($0) })
        }
        return .object(object)
    }
}

extension Change {
    /// The parameters of the notification.
    func params(meta: JSONObject?) -> JSONObject {
        var params: JSONObject = [:]
        params.set("_meta", meta.map { .object($0) })
        if case .resourceUpdated(let uri) = self { params["uri"] = .string(uri) }
        return params
    }
}
