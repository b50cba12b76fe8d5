final class PGSession: Sendable {
    struct Facts: Sendable { var serverVersion = 0; var processID: Int32 = 0; var host = "", port = "", user = "", database = ""; var isEncrypted = false }
    let facts = Facts()
    func send(_ steps: [PGPipelineStep]) async throws -> PGExchange { throw PGError(.shutdown) }
    func execute(_ sql: String, _ parameters: [PGParameter], format: PGFormat) async throws -> PGCommandResult { throw PGError(.shutdown) }
    func cancelAndSettle() async {}
    func retire() {}
    func takeNotices() -> [PGServerError] { [] }
    func notifications() -> AsyncStream<PGNotification> { AsyncStream { $0.finish() } }
    var transactionStatus: PGTransactionStatus { .unknown }
    func parameterStatus(_ name: String) -> String? { nil }
}
