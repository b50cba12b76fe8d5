import HTTPTypes
import Hummingbird

/// `GET /` and `GET /assets/{name}`: the page. Anybody may read it, since it holds nothing but the program.
struct PageRoutes: Sendable {
    let files: PageFiles

    /// What the page may do: run and show its own files, and ask its own server. No inline script or style, no frames, no
    /// text that becomes HTML (CSP level 3; Trusted Types).
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        + "trusted-types 'none'"

    func add(to routes: some RouterMethods<AgentRequestContext>) {
        routes.get("/") { request, _ in answer(PageFiles.index, request) }
        routes.head("/") { request, _ in answer(PageFiles.index, request).createHeadResponse() }
        routes.refuseOtherMethods(of: "/", but: [.get, .head])
        let asset: RouterPath = "/assets/{name}"
        routes.get(asset) { request, context in answer(context.parameters.get("name") ?? "", request) }
        routes.head(asset) { request, context in
            answer(context.parameters.get("name") ?? "", request).createHeadResponse()
        }
        routes.refuseOtherMethods(of: asset, but: [.get, .head])
    }

    private func answer(_ name: String, _ request: Request) -> Response {
        guard let file = files.file(name) else { return absent().response }
        var fields: HTTPFields = [
            .eTag: file.tag,
            // Asked for again each time, so that all files are of one version; 304 answers it.
            .cacheControl: "no-cache",
            .name("Content-Security-Policy"): Self.policy,
            .name("Permissions-Policy"): "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ]
        if EntityTag.isNamed(file.tag, by: request.headers[values: .ifNoneMatch]) {
            return Response(status: .notModified, headers: fields)
        }
        fields[.contentType] = file.type
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: file.bytes))
    }

    /// Where the page is missing, whoever opens it is most likely to have installed it.
    private func absent() -> ProblemDetails {
        if files.isPresent { return ProblemDetails(.notFound, "There is no such file of the page.") }
        return ProblemDetails(
            .notFound,
            "The files of the page are not installed with this program; the API and /mcp work without. Looked for in: "
                + (files.places.isEmpty ? "nothing" : files.places.joined(separator: ", ")) + ".")
    }
}
