final class PGPool: Sendable {
    struct Lease: Sendable { let session: PGSession }
    init(configuration: PGConfiguration, observer: (any PGPoolObserver)?) {}
    func acquire() async throws -> Lease { throw PGError(.shutdown) }
    func release(_ lease: Lease) {}
    func shutdown() async {}
    func abandon() {}
    var status: PGPoolStatus { PGPoolStatus(inUse: 0, idle: 0, opening: 0, waiting: 0, circuitOpen: false, lastConnectError: nil) }
}
