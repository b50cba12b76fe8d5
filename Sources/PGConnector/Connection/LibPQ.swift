import CLibPQ
import Synchronization

/// The connection pointer of libpq.
///
/// `@unchecked`: libpq allows one thread at a time in a connection. The pointer lives inside the `Mutex` of
/// ``PGSession``, or on the one thread that connects, and is never used outside.
struct ConnectionPointer: @unchecked Sendable {
    let raw: OpaquePointer

    /// libpq's text about the last failure; it names host and user.
    var message: String { String(cString: PQerrorMessage(raw)) }
}

/// The right to cancel what runs on a connection.
///
/// `@unchecked`: `PQcancel` may be called from any thread while the connection is used by another; what it points to
/// is not changed after it was made. It is freed when the last user lets go.
final class CancelKey: @unchecked Sendable {
    private let raw: OpaquePointer

    init?(_ connection: ConnectionPointer) {
        guard let raw = PQgetCancel(connection.raw) else { return nil }
        self.raw = raw
    }

    deinit { PQfreeCancel(raw) }

    /// Sends the request and waits until the server has passed it on. Blocks.
    func cancel() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            _ = PQcancel(raw, buffer.baseAddress, 256)
        }
    }
}

/// Notices of one connection, which libpq hands over in the middle of other calls.
final class NoticeCollector: Sendable {
    private let notices = Mutex<[PGServerError]>([])
    private let observer: (any PGPoolObserver)?
    static let limit = 64

    init(observer: (any PGPoolObserver)?) { self.observer = observer }

    func add(_ notice: PGServerError) {
        notices.withLock { notices in
            if notices.count == Self.limit { notices.removeFirst() }
            notices.append(notice)
        }
        observer?.noticeReceived(notice)
    }

    func take() -> [PGServerError] {
        notices.withLock { notices in
            let taken = notices
            notices = []
            return taken
        }
    }

    /// Makes libpq hand its notices to this collector, which must outlive the connection.
    func install(_ connection: ConnectionPointer) {
        PQsetNoticeReceiver(
            connection.raw,
            { argument, result in
                guard let argument, let result else { return }
                Unmanaged<NoticeCollector>.fromOpaque(argument).takeUnretainedValue().add(LibPQ.serverError(result))
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

/// Reads what libpq hands over.
enum LibPQ {
    /// The fields of an error or a notice.
    static func serverError(_ result: OpaquePointer) -> PGServerError {
        func field(_ code: clibpq_diagnostic) -> String? {
            PQresultErrorField(result, Int32(bitPattern: code.rawValue)).map { String(cString: $0) }
        }
        let severity = field(CLIBPQ_SEVERITY_NONLOCALIZED) ?? field(CLIBPQ_SEVERITY) ?? "ERROR"
        var error = PGServerError(
            severity: severity, sqlState: field(CLIBPQ_SQLSTATE) ?? "",
            message: field(CLIBPQ_MESSAGE) ?? String(cString: PQresultErrorMessage(result)))
        error.detail = field(CLIBPQ_DETAIL)
        error.hint = field(CLIBPQ_HINT)
        error.position = field(CLIBPQ_POSITION).flatMap { Int($0) }
        error.internalPosition = field(CLIBPQ_INTERNAL_POSITION).flatMap { Int($0) }
        error.internalQuery = field(CLIBPQ_INTERNAL_QUERY)
        error.context = field(CLIBPQ_CONTEXT)
        error.schema = field(CLIBPQ_SCHEMA)
        error.table = field(CLIBPQ_TABLE)
        error.column = field(CLIBPQ_COLUMN)
        error.dataType = field(CLIBPQ_DATATYPE)
        error.constraint = field(CLIBPQ_CONSTRAINT)
        error.file = field(CLIBPQ_FILE)
        error.line = field(CLIBPQ_LINE).flatMap { Int($0) }
        error.routine = field(CLIBPQ_ROUTINE)
        return error
    }

    /// The columns of a result.
    static func columns(_ result: OpaquePointer) -> [PGColumn] {
        (0..<PQnfields(result)).map { index in
            PGColumn(
                name: PQfname(result, index).map { String(cString: $0) } ?? "", typeOID: PQftype(result, index),
                typeModifier: PQfmod(result, index), tableOID: PQftable(result, index),
                columnNumber: Int(PQftablecol(result, index)),
                format: PQfformat(result, index) == 1 ? .binary : .text)
        }
    }

    /// Copies all rows of a result.
    /// - Returns: The bytes of the largest row.
    static func copyRows(_ result: OpaquePointer, into builder: inout RowBatchBuilder) -> Int {
        let columns = Int32(builder.columns.count)
        var largest = 0
        for row in 0..<PQntuples(result) {
            var size = 0
            for column in 0..<columns {
                if PQgetisnull(result, row, column) != 0 {
                    builder.append(nil)
                    continue
                }
                let length = Int(PQgetlength(result, row, column))
                size += length
                builder.append(UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length))
            }
            builder.endRow()
            largest = max(largest, size)
        }
        return largest
    }

    /// What is run: a text, or a statement that was prepared under a name.
    enum Text {
        case text(String)
        case prepared(String)
    }

    /// Queues a statement. False when libpq refuses; its text says why.
    static func send(
        _ connection: ConnectionPointer, _ text: Text, _ parameters: [PGParameter], _ format: PGFormat
    ) -> Bool {
        if parameters.isEmpty {
            return switch text {
            case .text(let sql):
                PQsendQueryParams(connection.raw, sql, 0, nil, nil, nil, nil, format.rawValue) == 1
            case .prepared(let name):
                PQsendQueryPrepared(connection.raw, name, 0, nil, nil, nil, format.rawValue) == 1
            }
        }
        // All values one after another, each with a NUL behind it, which libpq needs for text.
        var block: [CChar] = []
        var starts: [Int?] = []
        var lengths: [Int32] = []
        for parameter in parameters {
            guard let bytes = parameter.bytes else {
                starts.append(nil)
                lengths.append(0)
                continue
            }
            starts.append(block.count)
            lengths.append(Int32(clamping: bytes.count))
            for byte in bytes { block.append(CChar(bitPattern: byte)) }
            block.append(0)
        }
        let types = parameters.map(\.typeOID)
        let formats = parameters.map(\.format.rawValue)
        return block.withUnsafeBufferPointer { block in
            let values = starts.map { start -> UnsafePointer<CChar>? in
                guard let start, let base = block.baseAddress else { return nil }
                return base + start
            }
            let count = Int32(parameters.count)
            return switch text {
            case .text(let sql):
                PQsendQueryParams(
                    connection.raw, sql, count, types, values, lengths, formats, format.rawValue) == 1
            case .prepared(let name):
                PQsendQueryPrepared(connection.raw, name, count, values, lengths, formats, format.rawValue) == 1
            }
        }
    }

    /// Why the steps cannot be sent, before anything is.
    static func check(_ steps: [PGPipelineStep]) throws(PGError) {
        for step in steps {
            let texts: [String]
            var parameters: [PGParameter] = []
            var count = 0
            switch step {
            case .statement(let sql, let values, _): (texts, parameters, count) = ([sql], values, values.count)
            case .prepare(let sql, let name, let types): (texts, count) = ([sql, name], types.count)
            case .execute(let name, let values, _): (texts, parameters, count) = ([name], values, values.count)
            case .sync: continue
            }
            // A C string would end there, and the server would see less than whoever checked the text.
            for text in texts
            where text.utf8.withContiguousStorageIfAvailable({ $0.contains(0) }) ?? text.utf8.contains(0) {
                throw PGError(.invalidArgument, "The statement contains a NUL byte.")
            }
            if count > 65_535 {
                throw PGError(.invalidArgument, "A statement takes at most 65535 parameters.")
            }
            for parameter in parameters where parameter.format == .text && parameter.bytes?.contains(0) == true {
                throw PGError(.invalidArgument, "A text parameter contains a NUL byte.")
            }
        }
    }
}
