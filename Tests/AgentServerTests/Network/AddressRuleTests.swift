import AgentCore
import HTTPTypes
import Testing

@testable import AgentServer

@Suite("Whom a request is from")
struct AddressRuleTests {
    @Test(
        "A range holds its addresses and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.9.9.9", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false), ("172.16.0.0/12", "172.31.255.255", true),
            ("172.16.0.0/12", "172.32.0.0", false), ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.0/104", "10.2.3.4", true),
            ("::1/128", "::1", true), ("192.168.1.128/25", "192.168.1.127", false),
        ])
    func range(network: String, address: String, isIn: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(
        "What is no address or range is not understood",
        arguments: [
            "", "localhost", "10.0.0.0/33", "10.0.0/8", "010.0.0.1", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/8/8",
            "::/129",
            "10.0.0.1/+8", "1", "::ffff:10.0.0.0/8", "proxy.example.com", "10.0.0.1 ", "*",
        ])
    func noRange(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    private static let trusted = ["10.0.0.0/8", "fd00::/8"]

    @Test(
        "The right-most address that is no trusted proxy's is the caller's",
        arguments: [
            // The connection is not a proxy's: the header is the caller's own invention.
            ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"), ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"), ("10.0.0.1", ["6.6.6.6, 1.2.3.4, 10.0.0.2"], "1.2.3.4"),
            ("10.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"), ("10.0.0.1", ["1.2.3.4:5555"], "1.2.3.4"),
            ("10.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"), ("10.0.0.1", ["2001:DB8::1"], "2001:db8::1"),
            ("::ffff:10.0.0.1", ["1.2.3.4"], "1.2.3.4"), ("10.0.0.1", ["::ffff:1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", ["1.2.3.4, unknown"], "10.0.0.1"), ("10.0.0.1", ["1.2.3.4, "], "10.0.0.1"),
            ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("fd00::7", ["1.2.3.4"], "1.2.3.4"), ("10.0.0.1", ["1.2.3.4\u{1B}[2J"], "10.0.0.1"),
        ])
    func caller(peer: String, header: [String], expected: String) {
        var configuration = HTTPConfiguration()
        configuration.clientIP.header = "X-Forwarded-For"
        configuration.clientIP.trustedProxies = Self.trusted
        var fields = HTTPFields()
        for value in header { fields.append(HTTPField(name: .name("X-Forwarded-For"), value: value)) }
        let caller = ProxyPolicy(configuration).caller(fields, peer: peer, isEncrypted: false)
        #expect(caller.address == expected)
    }

    @Test("Without a configured header a trusted proxy's address is all that is known")
    func noHeader() {
        var configuration = HTTPConfiguration()
        configuration.clientIP.trustedProxies = Self.trusted
        let caller = ProxyPolicy(configuration).caller(
            [.name("X-Forwarded-For"): "1.2.3.4"], peer: "10.0.0.1", isEncrypted: false)
        #expect(caller.address == "10.0.0.1")
    }

    @Test(
        "The scheme is believed from trusted proxies only",
        arguments: [
            ("10.0.0.1", "https", false, false, true), ("10.0.0.1", "http", false, true, false),
            ("10.0.0.1", "http, https", false, false, true), ("10.0.0.1", nil, false, true, true),
            ("10.0.0.1", nil, false, false, false), ("203.0.113.9", "https", false, false, false),
            ("203.0.113.9", "https", false, true, false), ("203.0.113.9", "http", true, false, true),
        ] as [(String, String?, Bool, Bool, Bool)])
    func scheme(peer: String, header: String?, isEncrypted: Bool, terminated: Bool, expected: Bool) {
        var configuration = HTTPConfiguration()
        configuration.clientIP.trustedProxies = Self.trusted
        configuration.tls.terminatedByProxy = terminated
        var fields = HTTPFields()
        fields[.xForwardedProto] = header
        let caller = ProxyPolicy(configuration).caller(fields, peer: peer, isEncrypted: isEncrypted)
        #expect(caller.isSecure == expected)
    }

    @Test(
        "A name of somebody else's is taken when it can stand anywhere",
        arguments: [
            ("4bf92f3577b34da6a3ce929d0e0e4736", true), ("a-b_c.d:1+2/3=", true), ("", false), ("a b", false),
            ("a\u{1B}", false), ("ä", false), (String(repeating: "a", count: 129), false), ("a\"b", false),
            ("a,b", false),
        ])
    func requestName(name: String, isSane: Bool) {
        #expect(RequestName.isSane(name) == isSane)
    }

    @Test("Names are 32 hexadecimal digits and differ")
    func newNames() {
        let names = (0..<1000).map { _ in RequestName.make() }
        #expect(Set(names).count == 1000)
        #expect(names.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test(
        "Where to listen",
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("[::1]:8443", "::1", 8443, true),
            ("localhost:0", "localhost", 0, true), ("0.0.0.0:443", "0.0.0.0", 443, false),
            ("[::]:443", "::", 443, false),
            ("agent.example.com:443", "agent.example.com", 443, false), ("127.8.8.8:1", "127.8.8.8", 1, true),
        ])
    func listen(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host && address.port == port && address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test("What is nowhere to listen", arguments: ["", ":80", "::1:80", "host", "host:", "host:70000", "host:-1"])
    func nowhere(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("Dates are as RFC 9110 has them")
    func date() {
        #expect(DateField.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
