import AgentCore
import AsyncHTTPClient
import MCPProtocol
import NIOCore
import NIOHTTP1

/// Fetches a JSON object of an issuer, within bounds of size and time: an issuer that hangs or floods costs one request at a
/// time, and none of the callers' data goes there.
struct JSONDownload: Sendable {
    /// Why nothing came.
    enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case notAllowed
        case unreachable
        case tooSlow
        case status(UInt)
        case tooLarge
        case notJSON

        var description: String {
            switch self {
            case .notAllowed: "the address is not https"
            case .unreachable: "it cannot be reached"
            case .tooSlow: "no answer in time"
            case .status(let code): "it answered with status \(code)"
            case .tooLarge: "the answer is too large"
            case .notJSON: "the answer is no JSON object"
            }
        }
    }

    /// The most bytes of an answer.
    var maximumBytes = 256 << 10
    /// How long the whole answer may take.
    var patience: Duration = .seconds(10)

    /// Fetches an object.
    ///
    /// - Parameter url: The address.
    func object(at url: String) async throws(Failure) -> JSONObject {
        guard IssuerAddress.isAllowed(url) else { throw .notAllowed }
        let result = await withTaskGroup(of: Result<JSONObject, Failure>.self) { group in
            group.addTask { await fetch(url) }
            group.addTask {
                try? await Task.sleep(for: patience)
                return .failure(.tooSlow)
            }
            let first = await group.next() ?? .failure(.unreachable)
            group.cancelAll()
            return first
        }
        return try result.get()
    }

    private func fetch(_ url: String) async -> Result<JSONObject, Failure> {
        var configuration = HTTPClient.Configuration()
        // A redirect could lead off TLS, or to an address within the network.
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(5))
        configuration.httpVersion = .http1Only
        do {
            // A client for each, since this is once in ten minutes: nothing of it stays open meanwhile.
            return try await HTTPClient.withHTTPClient(configuration: configuration) {
                client -> Result<JSONObject, Failure> in
                var request = HTTPClientRequest(url: url)
                request.headers.add(name: "Accept", value: "application/json")
                let response = try await client.execute(request, timeout: .seconds(10))
                guard response.status == .ok else { return .failure(.status(response.status.code)) }
                let body = try await response.body.collect(upTo: maximumBytes)
                let limits = JSONLimits(
                    maximumBytes: maximumBytes, maximumDepth: 16, maximumStringBytes: maximumBytes)
                guard let object = (try? JSONValue.parse(body.readableBytesView, limits: limits))?.object else {
                    return .failure(.notJSON)
                }
                return .success(object)
            }
        } catch is NIOTooManyBytesError {
            return .failure(.tooLarge)
        } catch let error as HTTPClientError
            where error == .readTimeout || error == .connectTimeout || error == .deadlineExceeded
        {
            return .failure(.tooSlow)
        } catch {
            return .failure(.unreachable)
        }
    }
}
