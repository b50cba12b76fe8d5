import MCPProtocol
import Testing

@testable import AgentModels

@Suite("Addresses, keys and waits")
struct PolicyTests {
    @Test(
        "Only https is spoken, except to this machine",
        arguments: [
            "https://api.example.com", "https://api.example.com:8443/v1/", "http://localhost:8000/v1",
            "http://127.0.0.1:11434", "http://127.9.9.9", "http://[::1]:8080",
        ])
    func allowed(url: String) throws {
        #expect(try !ServiceAddress(url).url.hasSuffix("/"))
    }

    @Test(
        "Other addresses are refused",
        arguments: [
            "http://api.example.com", "http://10.0.0.1", "http://localhost.example.com", "http://127.0.0.1.example.com",
            "http://localhost@example.com", "https://user:pw@example.com", "https://example.com/?key=1",
            "https://example.com/#x", "ftp://example.com", "https://", "https:///v1", "https://a b",
            "https://é.example",
            "http://[::1", "https://a:99999", "http://127.0.0.1\\@example.com", "http://0x7f.1",
        ])
    func refused(url: String) {
        #expect(throws: ModelServiceError.self) { try ServiceAddress(url) }
    }

    @Test(
        "A version is added where it is missing",
        arguments: [
            ("https://a.example", "https://a.example/v1"), ("https://a.example/v1", "https://a.example/v1"),
            ("https://a.example/x/", "https://a.example/x/v1"),
        ])
    func version(url: String, expected: String) throws {
        #expect(try ServiceAddress(url).with(version: "v1", unless: ["v1"]).url == expected)
    }

    @Test("A vendor's service wants a key, a server of one's own an address")
    func missing() {
        for kind in [ModelService.Kind.anthropic, .openai, .gemini] {
            let error = #expect(throws: ModelServiceError.self) { try ModelService(kind: kind).provider() }
            #expect(error?.setting == .key)
        }
        let error = #expect(throws: ModelServiceError.self) { try ModelService(kind: .openaiCompatible).provider() }
        #expect(error?.setting == .baseURL)
        #expect(throws: Never.self) { try ModelService(kind: .ollama).provider() }
    }

    @Test(
        "A key is taken out of any text, whole or in part",
        arguments: [
            ("bad key sk-abcdefghijklmnop.", "bad key [key]."), ("sk-abcdefghijklmnop", "[key]"),
            ("sk-abcdefgh…", "[key]…"), ("twice sk-abcdefghijklmnop sk-abcdefghijklmnop", "twice [key] [key]"),
            ("tail ijklmnop", "tail [key]"), ("sk-abc***nop", "sk-abc***nop"), ("nothing", "nothing"), ("", ""),
        ])
    func redaction(text: String, expected: String) {
        #expect(Redaction("sk-abcdefghijklmnop").clean(text) == expected)
    }

    @Test("A short key is taken out as a whole")
    func shortKey() {
        #expect(Redaction("abc").clean("xabcx ab") == "x[key]x ab")
        #expect(Redaction(nil).clean("abc") == "abc")
        #expect(Redaction("").clean("abc") == "abc")
    }

    @Test("Text of a service stays on its line and is cut")
    func excerpt() {
        #expect(Redaction().excerpt("a\u{1B}[2J\n\u{202E}é💬") == "a\\u001b[2J\\u000a\\u202eé💬")
        #expect(Redaction().excerpt(String(repeating: "x", count: 400)).unicodeScalars.count == 301)
    }

    @Test(
        "Retry-After is a number of seconds or a date",
        arguments: [
            ("0", .zero), ("7", .seconds(7)), ("1.5", .milliseconds(1500)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)), ("Sun, 06 Nov 1994 08:48:00 GMT", .zero),
            ("Thu, 29 Feb 1996 00:00:00 GMT", .seconds(825_552_000 - 784_111_740)), ("soon", nil), ("-1", nil),
            ("", nil),
            ("Sun, 99 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil), (".", nil),
        ] as [(String, Duration?)])
    func retryAfter(text: String, expected: Duration?) {
        #expect(RetryAfter.parse(text, now: 784_111_740) == expected)
    }

    @Test("Waits double up to a bound, are shortened by chance, and what a service asks for is kept or not waited for")
    func waits() {
        let policy = RetryPolicy()
        #expect(policy.delay(after: 1, asked: nil, random: 0) == .milliseconds(500))
        #expect(policy.delay(after: 2, asked: nil, random: 0) == .seconds(1))
        #expect(policy.delay(after: 2, asked: nil, random: 1) == .milliseconds(500))
        #expect(policy.delay(after: 3, asked: .seconds(20), random: 0) == .seconds(20))
        #expect(policy.delay(after: 1, asked: .seconds(3600), random: 0) == nil)
        #expect(policy.delay(after: 4, asked: nil, random: 0) == nil)
        var long = RetryPolicy()
        long.attempts = 100
        #expect(long.delay(after: 99, asked: nil, random: 0) == .seconds(8))
    }

    // https://platform.claude.com/docs/en/api/errors, https://platform.openai.com/docs/guides/error-codes,
    // https://ai.google.dev/gemini-api/docs/troubleshooting, https://docs.ollama.com/api/errors
    @Test(
        "Each error has its kind",
        arguments: [
            (
                401, #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
                .authentication
            ),
            (403, #"{"type":"error","error":{"type":"permission_error","message":"no"}}"#, .authentication),
            (
                400,
                #"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
                .authentication
            ),
            (404, #"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#, .unknownModel),
            (404, #"{"error":"model 'x' not found"}"#, .unknownModel), (404, "<html>", .badRequest),
            (
                404,
                #"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
                .unknownModel
            ),
            (413, #"{"type":"error","error":{"type":"request_too_large","message":"too large"}}"#, .contextFull),
            (
                400,
                #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 200001 tokens > 200000 maximum"}}"#,
                .contextFull
            ),
            (
                400,
                #"{"error":{"message":"m","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
                .contextFull
            ),
            (
                400,
                #"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}"#,
                .contextFull
            ),
            (
                400, #"{"type":"error","error":{"type":"invalid_request_error","message":"messages: required"}}"#,
                .badRequest
            ),
            (422, "", .badRequest), (429, "", .rateLimited), (500, "", .overloaded), (502, "<html>", .overloaded),
            (529, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, .overloaded),
            (302, "", .badRequest),
        ] as [(Int, String, ModelFailure.Code)])
    func errors(status: Int, body: String, code: ModelFailure.Code) {
        let context = WireContext(service: "The service")
        let failure = context.failure(status: status, body: Array(body.utf8), headers: ServiceHeaders())
        #expect(failure.failure.code == code)
        #expect(failure.failure.status == status)
        #expect(failure.passes == (status == 429 || status >= 500))
    }

    // https://ai.google.dev/gemini-api/docs/rate-limits, google/rpc/error_details.proto (RetryInfo)
    @Test(
        "When Gemini wants to be asked again stands in the details",
        arguments: [
            ("34.5s", .milliseconds(34_500)), ("0s", .zero), ("34", nil), ("soons", nil), ("-1s", nil), ("s", nil),
        ] as [(String, Duration?)])
    func retryInfo(delay: String, expected: Duration?) {
        let body =
            #"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\#(delay)"}]}}"#
        let failure = WireContext(service: "Gemini")
            .failure(status: 429, body: Array(body.utf8), headers: ServiceHeaders())
        #expect(failure.failure.code == .rateLimited && failure.passes && failure.after == expected)
    }

    @Test("A spent budget, and what a service says is final, is not tried again")
    func final() {
        let context = WireContext(service: "The service")
        let spent =
            #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#
        #expect(!context.failure(status: 429, body: Array(spent.utf8), headers: ServiceHeaders()).passes)
        #expect(
            !context.failure(status: 500, body: [], headers: ServiceHeaders([(name: "X-Should-Retry", value: "false")]))
                .passes)
    }
}
