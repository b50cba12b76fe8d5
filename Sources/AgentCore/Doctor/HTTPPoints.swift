/// The points about the HTTP server.
struct HTTPPoints {
    private let subject: CheckupSubject
    private var http: HTTPConfiguration { subject.configuration.http }
    private var address: AddressReach { AddressReach(http.listen) }

    init(_ subject: CheckupSubject) {
        self.subject = subject
    }

    func findings() -> [Finding] {
        guard subject.servesHTTP else { return [] }
        return [
            authentication, transport, listen, hosts, origins, proxies, limits, sessions, requests, oauth,
        ].compactMap(\.self)
    }

    private var authentication: Finding {
        guard !http.auth.enabled else { return Finding(.authentication, .pass, "with a token, a session or OAuth") }
        return Finding(
            .authentication, .fail, "http.auth.enabled is false: whoever reaches \(http.listen) asks the databases",
            remedy: "remove it (or --no-auth), and agentctl token create")
    }

    private var transport: Finding {
        let tls = http.tls
        if tls.certFile != nil, tls.keyFile != nil { return Finding(.httpTransport, .pass, "TLS 1.2 or newer") }
        if tls.certFile != nil || tls.keyFile != nil {
            return Finding(
                .httpTransport, .fail, "only one of http.tls.cert_file and key_file is set", remedy: "set both")
        }
        if address.isLoopback { return Finding(.httpTransport, .pass, "plain HTTP on loopback only") }
        guard tls.terminatedByProxy else {
            return Finding(
                .httpTransport, .fail, "plain HTTP on \(http.listen): tokens and results can be read on the way",
                remedy: "http.tls.cert_file and key_file, or a proxy with TLS and http.tls.terminated_by_proxy: true")
        }
        return Finding(
            .httpTransport, .warn, "a proxy is said to speak TLS; from it to here the traffic is plain",
            remedy: "listen on loopback beside the proxy, or let the firewall admit the proxy alone")
    }

    private var listen: Finding {
        guard address.isWide else { return Finding(.httpListen, .pass, http.listen) }
        return Finding(
            .httpListen, .warn, "\(http.listen) is every network of this machine",
            remedy: "name one address, and let a firewall admit only who must")
    }

    private var hosts: Finding? {
        guard !address.isLoopback || !http.allowedHosts.isEmpty else { return nil }
        if http.allowedHosts.contains("*") {
            return Finding(
                .allowedHosts, .fail, "any host name is accepted: web pages reach agentd through DNS of their own",
                remedy: "name the hosts in http.allowed_hosts")
        }
        guard http.allowedHosts.isEmpty else {
            return Finding(.allowedHosts, .pass, http.allowedHosts.joined(separator: ", "))
        }
        return Finding(
            .allowedHosts, .warn, "http.allowed_hosts is empty: clients that use a name are refused",
            remedy: "http: { allowed_hosts: [agent.example.com] }")
    }

    private var origins: Finding? {
        guard !http.allowedOrigins.isEmpty else { return nil }
        if http.allowedOrigins.contains("*") || http.allowedOrigins.contains("null") {
            return Finding(
                .allowedOrigins, .fail, "every web page may call (\(http.allowedOrigins.joined(separator: ", ")))",
                remedy: "name the origins in http.allowed_origins")
        }
        let plain = http.allowedOrigins.filter {
            $0.lowercased().hasPrefix("http://") && !AddressReach.isLoopback(url: $0)
        }
        guard !plain.isEmpty else {
            return Finding(.allowedOrigins, .pass, http.allowedOrigins.joined(separator: ", "))
        }
        return Finding(
            .allowedOrigins, .warn, "pages of \(plain.joined(separator: ", ")) can be altered on the way",
            remedy: "serve them over https and list that")
    }

    private var proxies: Finding? {
        let client = http.clientIP
        let everybody = client.trustedProxies.filter {
            $0.hasSuffix("/0") || $0 == "*" || $0 == "0.0.0.0" || $0 == "::"
        }
        if !everybody.isEmpty {
            return Finding(
                .trustedProxies, .fail,
                "\(everybody.joined(separator: ", ")) lets everybody choose an address of their own, and with it escape lockouts",
                remedy: "name the addresses of the proxies in http.client_ip.trusted_proxies")
        }
        guard let header = client.header else {
            guard http.tls.terminatedByProxy else { return nil }
            return Finding(
                .trustedProxies, .warn,
                "behind a proxy every caller has the proxy's address: one locks out all, and logs name nobody",
                remedy: "http.client_ip: { header: X-Forwarded-For, trusted_proxies: [the proxy's address] }")
        }
        guard client.trustedProxies.isEmpty else {
            return Finding(.trustedProxies, .pass, "\(header) from \(client.trustedProxies.joined(separator: ", "))")
        }
        return Finding(
            .trustedProxies, .warn, "\(header) is set but nobody is trusted to send it",
            remedy: "name the addresses of the proxies in http.client_ip.trusted_proxies")
    }

    private var limits: Finding {
        let auth = http.auth
        var problems: [String] = []
        // A guess a second is 900 in the default window.
        let perHour = Double(auth.rateLimitAttempts) * 3600 / max(Double(auth.rateLimitWindow.components.seconds), 1)
        if perHour > 1000 { problems.append("an address may guess \(Int(min(perHour, 1e12))) times an hour") }
        if auth.lockoutFailures > 20 { problems.append("an account is locked after \(auth.lockoutFailures) failures") }
        if auth.lockoutDuration < .seconds(60) {
            problems.append("a lockout lasts \(TimeSpan.format(auth.lockoutDuration))")
        }
        guard !problems.isEmpty else {
            return Finding(
                .signInLimits, .pass,
                "\(auth.rateLimitAttempts) attempts an address, locked after \(auth.lockoutFailures) failures")
        }
        return Finding(
            .signInLimits, .warn, problems.joined(separator: "; "),
            remedy: "rate_limit: { attempts: 10, window: 15m }, lockout: { failures: 5, duration: 15m }")
    }

    private var sessions: Finding {
        let lifetime = http.auth.sessionLifetime
        let days = lifetime.components.seconds / 86400
        guard lifetime > .seconds(7 * 86400) else { return Finding(.sessionLifetime, .pass, TimeSpan.format(lifetime)) }
        return Finding(
            .sessionLifetime, .warn, "a stolen cookie is good for \(days) days", remedy: "session_lifetime: 24h")
    }

    private var requests: Finding {
        var problems: [String] = []
        if http.maxBodyBytes > 64 << 20 { problems.append("max_body_bytes is \(http.maxBodyBytes)") }
        if http.maxSessions > 100_000 { problems.append("max_sessions is \(http.maxSessions)") }
        guard !problems.isEmpty else {
            return Finding(.requestLimits, .pass, "bodies of at most \(http.maxBodyBytes) bytes")
        }
        return Finding(
            .requestLimits, .warn, problems.joined(separator: ", ") + ": a few callers can fill the memory",
            remedy: "max_body_bytes: 4194304, max_sessions: 1000")
    }

    private var oauth: Finding? {
        let oauth = http.auth.oauth
        guard let issuer = oauth.issuer else { return nil }
        var problems: [String] = []
        if oauth.audience == nil { problems.append("no audience: tokens for other services are accepted") }
        for url in [issuer, oauth.jwksURL].compactMap(\.self)
        where url.lowercased().hasPrefix("http://") && !AddressReach.isLoopback(url: url) {
            problems.append("\(url) is plain http: its keys can be exchanged on the way")
        }
        guard !problems.isEmpty else { return Finding(.oauth, .pass, "issuer \(issuer)") }
        return Finding(.oauth, .fail, problems.joined(separator: "; "), remedy: "set oauth.audience, and use https://")
    }
}
