/// What a configuration of the HTTP server must not say.
package enum HTTPRules {
    /// What holds wherever requests come from.
    package static func check(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        let issues = clientAddress(configuration.http.clientIP)
        guard issues.isEmpty else { throw ConfigurationError(issues: issues) }
    }

    /// What holds where the server listens itself: nothing that is secret goes over a network in the clear, and nobody calls
    /// over a network without showing who it is.
    package static func checkListeners(_ configuration: AgentConfiguration) throws(ConfigurationError) {
        let http = configuration.http
        var issues: [ConfigurationIssue] = []
        guard let listen = ListenAddress(http.listen) else {
            throw ConfigurationError(issues: [
                ConfigurationIssue(
                    key: "http.listen",
                    message: "expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080; found "
                        + PlainText.excerpt(http.listen))
            ])
        }
        let isEncrypted = http.tls.certFile != nil || http.tls.keyFile != nil
        if isEncrypted, http.tls.terminatedByProxy {
            issues.append(
                ConfigurationIssue(
                    key: "http.tls.terminated_by_proxy", message: "a certificate is configured as well",
                    suggestion: "leave one of them out: either the proxy speaks TLS with callers, or agentd does"))
        }
        if !listen.isLoopback {
            if !isEncrypted, !http.tls.terminatedByProxy {
                issues.append(
                    ConfigurationIssue(
                        kind: .insecure, key: "http.listen",
                        message: "\(listen) is not this machine alone, and without TLS everybody on the way could read "
                            + "tokens and data",
                        suggestion: "give a certificate with --tls-cert and --tls-key, listen on 127.0.0.1, or say "
                            + "http.tls.terminated_by_proxy: true where a proxy in front speaks TLS"))
            }
            if !http.auth.enabled {
                issues.append(
                    ConfigurationIssue(
                        kind: .insecure, key: "http.auth.enabled",
                        message: "without authentication everybody who reaches \(listen) could read the databases",
                        suggestion: "listen on 127.0.0.1, or leave authentication on and make a token with "
                            + "agentctl token create"))
            }
        }
        guard issues.isEmpty else { throw ConfigurationError(issues: issues) }
    }

    /// What holds of the files of the certificate, as far as it is known without starting TLS.
    package static func checkCertificate(_ tls: HTTPConfiguration.TLSConfiguration) throws(ConfigurationError) {
        guard tls.certFile != nil || tls.keyFile != nil || tls.chainFile != nil else { return }
        guard let certificate = tls.certFile, let key = tls.keyFile else {
            let (missing, of) = tls.certFile == nil ? ("cert_file", "a key") : ("key_file", "a certificate")
            throw ConfigurationError(issues: [
                ConfigurationIssue(key: "http.tls.\(missing)", message: "\(of) is nothing without the other file")
            ])
        }
        let report = CertificateCheck(certificateFile: certificate, keyFile: key, chainFile: tls.chainFile).report()
        let issues = report.problems.compactMap { problem -> ConfigurationIssue? in
            // What clients may refuse is for the doctor; agentd serves it.
            switch problem.code {
            case .unreadable:
                ConfigurationIssue(key: "http.tls.cert_file", message: problem.text, suggestion: problem.remedy)
            case .weakKey where report.certificates.isEmpty:
                ConfigurationIssue(key: "http.tls.cert_file", message: problem.text, suggestion: problem.remedy)
            case .keyUnreadable, .keyMismatch:
                ConfigurationIssue(key: "http.tls.key_file", message: problem.text, suggestion: problem.remedy)
            case .keyExposed:
                ConfigurationIssue(
                    kind: .insecure, key: "http.tls.key_file", message: problem.text, suggestion: problem.remedy)
            default: nil
            }
        }
        guard issues.isEmpty else { throw ConfigurationError(issues: issues) }
    }

    /// Whether a text is the name of a header (RFC 9110, section 5.6.2).
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func clientAddress(
        _ clientIP: HTTPConfiguration.ClientIPConfiguration
    ) -> [ConfigurationIssue] {
        var issues: [ConfigurationIssue] = []
        for text in clientIP.trustedProxies where IPNetwork(text) == nil {
            issues.append(
                ConfigurationIssue(
                    key: "http.client_ip.trusted_proxies",
                    message: "expected an address or a range such as 10.0.0.0/8; found \(PlainText.excerpt(text))",
                    suggestion: "names are not trusted, since who answers for a name can change"))
        }
        if let header = clientIP.header {
            if !isToken(header) || header.lowercased() == "forwarded" {
                issues.append(
                    ConfigurationIssue(
                        key: "http.client_ip.header",
                        message:
                            "expected the name of a header that lists addresses; found \(PlainText.excerpt(header))",
                        suggestion: "such as X-Forwarded-For or X-Real-IP"))
            } else if clientIP.trustedProxies.isEmpty {
                issues.append(
                    ConfigurationIssue(
                        key: "http.client_ip.header", message: "nobody's header would be believed",
                        suggestion: "list the proxies in http.client_ip.trusted_proxies"))
            }
        }
        return issues
    }
}
