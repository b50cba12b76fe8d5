import AgentCore
import AuthTokens
import Logging
import NIOSSL
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The certificate that the server answers with, read again when its files change.
///
/// Connections that are open keep theirs. A pair that cannot be used, as between the two writes of a renewal, changes
/// nothing: the one before stays.
final class TLSIdentityFiles: Sendable {
    private struct State {
        var identity: TLSIdentity
        var files: [FileIdentity?]
        var problem: String?
    }

    /// How often the files are looked at.
    static let interval = Duration.seconds(2)

    private let tls: HTTPConfiguration.TLSConfiguration
    private let logger: Logger
    private let state: Mutex<State>
    /// One reads at a time: who began earlier must not have the last word.
    private let refreshing = Mutex(())

    /// Reads the files for the first time.
    ///
    /// - Returns: `nil` when the configuration names none.
    /// - Throws: ``ConfigurationError`` when they cannot be used.
    init?(_ tls: HTTPConfiguration.TLSConfiguration, logger: Logger) throws(ConfigurationError) {
        // Looked at before they are read: a change in between is seen at the next look.
        let files = Self.look(tls)
        guard let identity = try TLSIdentity.load(tls) else { return nil }
        self.tls = tls
        self.logger = logger
        state = Mutex(State(identity: identity, files: files))
        warnOfExpiry(identity)
    }

    private static func look(_ tls: HTTPConfiguration.TLSConfiguration) -> [FileIdentity?] {
        [tls.certFile, tls.keyFile, tls.chainFile].map { $0.flatMap { FileIdentity($0) } }
    }

    /// For a new connection.
    var context: NIOSSLContext { state.withLock { $0.identity.context } }
    /// The names that the certificate is for.
    var names: [String] { state.withLock { $0.identity.names } }
    /// When the certificate ends.
    var expires: Date { state.withLock { $0.identity.expires } }
    /// What is wrong with the files or the certificate, without names of files; `nil`: nothing.
    var problem: String? {
        state.withLock { state in
            if let problem = state.problem { return problem }
            return state.identity.expires < Date() ? "the certificate is expired" : nil
        }
    }

    /// Reads the files again if they changed.
    ///
    /// - Parameter always: Whether they are read in any case, as on a reload that somebody asked for.
    func refresh(always: Bool = false) {
        refreshing.withLock { _ in readAgain(always) }
    }

    private func readAgain(_ always: Bool) {
        let files = Self.look(tls)
        guard always || state.withLock({ $0.files != files }) else { return }
        do throws(ConfigurationError) {
            guard let identity = try TLSIdentity.load(tls) else { return }
            let wasBroken = state.withLock { state in
                defer { state = State(identity: identity, files: files) }
                return state.problem != nil
            }
            logger.info(
                "the certificate was read again",
                metadata: ["expires": "\(Self.text(identity.expires))", "was_broken": "\(wasBroken)"])
            warnOfExpiry(identity)
        } catch {
            state.withLock { state in
                state.files = files
                state.problem = "the certificate could not be read again; the one before is used"
            }
            logger.error(
                "the certificate could not be read again; the one before is used",
                metadata: ["problem": "\(PlainText.escaped(error.description))"])
        }
    }

    /// Looks at the files until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { refresh() }
    }

    private func warnOfExpiry(_ identity: TLSIdentity) {
        let left = identity.expires.timeIntervalSinceNow
        guard left < 21 * 86400 else { return }
        let message: Logger.Message =
            left < 0 ? "the certificate is expired: clients will refuse it" : "the certificate expires soon"
        logger.warning(message, metadata: ["expires": "\(Self.text(identity.expires))"])
    }

    private static func text(_ date: Date) -> String {
        Timestamp(seconds: Int64(date.timeIntervalSince1970.rounded(.down))).text
    }
}
