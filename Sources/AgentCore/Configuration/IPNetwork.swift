#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An address of IPv4 or IPv6. An IPv4 address within IPv6 (`::ffff:192.0.2.1`, as a listener for both sees it) is the IPv4
/// address.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    /// Reads an address as `inet_pton` does: no names, no shortened IPv4 addresses. A zone (`fe80::1%eth0`) is left out.
    package init?(_ text: some StringProtocol) {
        let bare = text.prefix { $0 != "%" }
        guard bare.utf8.count <= 45, !bare.utf8.contains(0) else { return nil }
        // As large as the larger of in_addr and in6_addr.
        var all = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(bare), &all) == 1 {
            bytes = Array(all[..<4])
        } else if inet_pton(AF_INET6, String(bare), &all) == 1 {
            let isMapped = all[..<10].allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
            bytes = isMapped ? Array(all[12...]) : all
        } else {
            return nil
        }
    }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// Every address of the machine: 0.0.0.0 or ::.
    package var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }

    /// In the usual short form.
    package var description: String {
        var buffer = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        let written = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) }
        guard written != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
package struct IPNetwork: Sendable, Hashable {
    private let address: IPAddress
    private let prefix: Int

    /// Reads an address or a CIDR range. Bits behind the prefix do not matter. Names are refused: who answers for a name can
    /// change.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        self.address = address
        let width = address.bytes.count * 8
        guard parts.count == 2 else {
            prefix = width
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits)
        else { return nil }
        // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
        let isMapped = width == 32 && parts[0].contains(":")
        let bits = isMapped ? number - 96 : number
        guard (0...width).contains(bits) else { return nil }
        prefix = bits
    }

    /// Whether an address lies in the range.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefix / 8
        guard other.bytes[..<whole].elementsEqual(address.bytes[..<whole]) else { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return other.bytes[whole] & mask == address.bytes[whole] & mask
    }
}
