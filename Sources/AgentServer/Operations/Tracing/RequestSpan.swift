import HTTPTypes
import Hummingbird
import Tracing

/// The tracer of the embedding program.
enum ActiveTracer {
    /// The tracer; nil when the program did not set one up, so that nothing is made that nobody reads.
    static var tracer: (any Tracer)? {
        // Asked three times a request: to look for a tracer among the instruments takes longer than to see that there are none.
        guard !(InstrumentationSystem.instrument is NoOpInstrument) else { return nil }
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : tracer
    }
}

/// The span of an HTTP request, by OpenTelemetry's conventions for HTTP servers.
enum RequestSpan {
    /// Begins the span of a request, as a part of the trace that its head names (`traceparent`, or what else the program's
    /// tracer understands). Neither the query nor a field of the head is recorded, since both may hold secrets.
    static func start(_ request: Request) -> (any Span)? {
        guard let tracer = ActiveTracer.tracer else { return nil }
        var context = InstrumentationContext.current ?? .topLevel
        InstrumentationSystem.instrument.extract(request.headers, into: &context, using: FieldExtractor())
        let span = tracer.startSpan(request.method.rawValue, context: context, ofKind: .server)
        span.attributes["http.request.method"] = request.method.rawValue
        span.attributes["url.path"] = String(request.uri.path.prefix(200))
        return span
    }

    private struct FieldExtractor: Extractor {
        func extract(key name: String, from fields: HTTPFields) -> String? {
            HTTPField.Name(name).flatMap { fields[$0] }
        }
    }
}
