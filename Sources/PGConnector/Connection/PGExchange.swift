import Synchronization
final class PGExchange: Sendable {
    func nextEvents() async throws -> [PGPipelineEvent] { [] }
    func finish() async throws {}
    func drop(_ ticket: ExchangeTicket) {}
    func hold(by ticket: ExchangeTicket) {}
    func isFirstReader(_ ticket: ExchangeTicket) -> Bool { true }
    func whenOver(_ body: @escaping @Sendable () -> Void) {}
}
