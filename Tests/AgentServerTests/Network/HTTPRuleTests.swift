import AgentCore
import Testing

@testable import AgentServer

@Suite("What an HTTP configuration must not say")
struct HTTPRuleTests {
    private static func issues(_ change: (inout HTTPConfiguration) -> Void) -> [ConfigurationIssue] {
        var configuration = AgentConfiguration()
        configuration.http.enabled = true
        change(&configuration.http)
        do throws(ConfigurationError) {
            try HTTPRules.check(configuration)
            try HTTPRules.checkListeners(configuration)
            return []
        } catch {
            return error.issues
        }
    }

    @Test(
        "Plain HTTP stays on this machine",
        arguments: [
            ("127.0.0.1:8080", true), ("[::1]:8080", true), ("localhost:8080", true), ("0.0.0.0:8080", false),
            ("[::]:8080", false), ("192.0.2.1:8080", false), ("agent.example.com:80", false),
        ])
    func plain(listen: String, isAllowed: Bool) {
        let issues = Self.issues { $0.listen = listen }
        #expect(issues.isEmpty == isAllowed)
        #expect(issues.allSatisfy { $0.kind == .insecure && $0.key == "http.listen" })
    }

    @Test("Behind a proxy that speaks TLS, plain HTTP may leave the machine")
    func terminated() {
        let issues = Self.issues {
            $0.listen = "0.0.0.0:8080"
            $0.tls.terminatedByProxy = true
        }
        #expect(issues.isEmpty)
    }

    @Test("Without authentication nothing leaves the machine, encrypted or not", arguments: [true, false])
    func noAuthentication(isEncrypted: Bool) {
        let issues = Self.issues {
            $0.listen = "0.0.0.0:8443"
            $0.auth.enabled = false
            if isEncrypted { ($0.tls.certFile, $0.tls.keyFile) = ("/c", "/k") } else { $0.tls.terminatedByProxy = true }
        }
        #expect(issues.map(\.key) == ["http.auth.enabled"])
        #expect(issues.allSatisfy { $0.kind == .insecure })
    }

    @Test("TLS is spoken by the proxy or by agentd, not by both")
    func twice() {
        let issues = Self.issues {
            ($0.tls.certFile, $0.tls.keyFile) = ("/c", "/k")
            $0.tls.terminatedByProxy = true
        }
        #expect(issues.map(\.key) == ["http.tls.terminated_by_proxy"])
    }

    @Test(
        "Proxies are trusted by address alone",
        arguments: [
            ("X-Forwarded-For", ["10.0.0.0/8"], nil), (nil, ["10.0.0.1"], nil),
            ("X-Forwarded-For", ["proxy.example.com"], "http.client_ip.trusted_proxies"),
            ("X-Forwarded-For", [], "http.client_ip.header"), ("Forwarded", ["10.0.0.1"], "http.client_ip.header"),
            ("X Y", ["10.0.0.1"], "http.client_ip.header"),
        ] as [(String?, [String], String?)])
    func proxies(header: String?, trusted: [String], key: String?) {
        let issues = Self.issues {
            $0.clientIP.header = header
            $0.clientIP.trustedProxies = trusted
        }
        #expect(issues.first?.key == key)
    }
}
