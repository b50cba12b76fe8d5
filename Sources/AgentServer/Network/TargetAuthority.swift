import HTTPTypes
import MCPHTTP
import NIOCore
import NIOHTTP1

/// Sees to it that what is taken for the `Host` of a request is the host that the request is for.
///
/// A target of HTTP/1 in absolute form (`GET http://host/path`) names the host itself, and `Host` does not count then (RFC
/// 9112, section 3.2.2). The codec keeps the path of such a target alone; this stands before it, so that ``HostRule`` is asked
/// about the host that is meant.
///
/// The codec keeps no version either. So it also takes off what a request of HTTP/1.0 expects, and has one of HTTP/1.1 with all
/// names in lower case say what it means when it says nothing, `Connection: keep-alive`: HTTP/2 has no such field, and by it
/// the request is known for one of HTTP/1 behind the codec.
final class TargetAuthority: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let isOld = head.version == .http1_0
        let isSilent =
            head.version == .http1_1 && !head.headers.contains { HTTPFields.hasUpperCase($0.name) }
            && !head.headers.contains(name: "Connection")
        guard isOld || isSilent || head.uri.utf8.first != UInt8(ascii: "/") && head.uri != "*" else {
            return context.fireChannelRead(data)
        }
        // HTTP/1.0 has no interim answers (RFC 9110, section 10.1.1).
        if isOld { head.headers.remove(name: "Expect") }
        if isSilent { head.headers.add(name: "Connection", value: "keep-alive") }
        takeTarget(of: &head)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Makes the host of a target in absolute form the `Host`, and the target its path.
    private func takeTarget(of head: inout HTTPRequestHead) {
        guard let first = head.uri.utf8.first, first != UInt8(ascii: "/"), head.uri != "*" else { return }
        let target = Self.split(head.uri)
        // Without any Host, or with two, a request is wrong whatever its target says.
        if head.headers["Host"].count == 1 {
            head.headers.replaceOrAdd(name: "Host", value: target?.authority ?? "")
        }
        head.uri = target?.path ?? "/"
    }

    /// `localhost:8080` and `/healthz?a=b` of `http://localhost:8080/healthz?a=b`; `nil` for what is no address of the web, as
    /// the target of `CONNECT` is none.
    private static func split(_ target: String) -> (authority: String, path: String)? {
        for scheme in ["http://", "https://"] where target.prefix(scheme.count).lowercased() == scheme {
            let rest = target.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            let path = rest[authority.endIndex...]
            return (String(authority), path.hasPrefix("/") ? String(path) : "/" + path)
        }
        return nil
    }

    /// Makes one of the two places in which HTTP/2 can name the host (RFC 9113, section 8.3.1). A `Host` that says something
    /// else than `:authority`, or a second one, stays among the fields, for which ``HostRule`` refuses the request.
    static func unite(_ head: inout HTTPRequest) {
        let hosts = head.headerFields[values: .hostField]
        guard hosts.count == 1, hosts[0].lowercased() == (head.authority ?? hosts[0]).lowercased() else { return }
        head.authority = hosts[0]
        head.headerFields[.hostField] = nil
    }
}
