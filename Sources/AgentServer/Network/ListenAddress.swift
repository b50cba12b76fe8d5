import AgentCore
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension ListenAddress {
    /// The addresses that a name stands for at the moment, IPv4 and IPv6; an address stands for itself. Blocks.
    ///
    /// - Throws: ``ListenFailure`` when nobody knows the name.
    func resolve() throws(ListenFailure) -> [SocketAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_PASSIVE
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &first)
        guard code == 0 else {
            throw ListenFailure("cannot listen on \(self): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ai_next
            var text = [CChar](repeating: 0, count: 128)
            let length = socklen_t(entry.pointee.ai_addrlen)
            guard getnameinfo(entry.pointee.ai_addr, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let number = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let address = try? SocketAddress(ipAddress: number, port: port), !found.contains(address) {
                found.append(address)
            }
        }
        guard !found.isEmpty else { throw ListenFailure("cannot listen on \(self): the name has no address") }
        return found
    }
}

/// A listener could not be opened.
struct ListenFailure: Error, CustomStringConvertible {
    /// Where and why.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
