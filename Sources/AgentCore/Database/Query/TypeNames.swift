internal import PGConnector
internal import Synchronization

/// The names of types as `format_type` prints them.
///
/// Types of `pg_catalog` have fixed OIDs and need no look; others are looked up once and kept.
final class TypeNames: Sendable {
    /// The most names that are kept; a database has rarely more than a few hundred types of its own.
    private static let capacity = 10_000

    private let known = Mutex<[UInt32: String]>([:])

    /// The name of a type, or nil when it has to be looked up.
    ///
    /// - Parameters:
    ///   - oid: the type.
    ///   - modifier: the type modifier, -1 for none.
    func name(_ oid: UInt32, modifier: Int32) -> String? {
        if let name = BuiltinTypes.name(oid, modifier: modifier) { return name }
        return known.withLock { $0[oid] }
    }

    /// Keeps names that were looked up.
    func learn(_ names: [UInt32: String]) {
        known.withLock { known in
            if known.count + names.count > Self.capacity { known.removeAll() }
            known.merge(names) { $1 }
        }
    }

    /// Looks names up: the OIDs as a `text` array literal.
    static let query = """
        SELECT t.oid, pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.pg_type AS t \
        WHERE t.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
        """
}

/// Types whose OIDs are fixed in PostgreSQL's `pg_type.dat`.
enum BuiltinTypes {
    private static let scalars: [UInt32: String] = [
        16: "boolean", 17: "bytea", 18: "\"char\"", 19: "name", 20: "bigint", 21: "smallint", 22: "int2vector",
        23: "integer", 24: "regproc", 25: "text", 26: "oid", 27: "tid", 28: "xid", 29: "cid", 30: "oidvector",
        114: "json", 142: "xml", 194: "pg_node_tree", 600: "point", 601: "lseg", 602: "path", 603: "box",
        604: "polygon", 628: "line", 650: "cidr", 700: "real", 701: "double precision", 705: "unknown",
        718: "circle", 774: "macaddr8", 790: "money", 829: "macaddr", 869: "inet", 1033: "aclitem",
        1042: "character", 1043: "character varying", 1082: "date", 1083: "time without time zone",
        1114: "timestamp without time zone", 1184: "timestamp with time zone", 1186: "interval",
        1266: "time with time zone", 1560: "bit", 1562: "bit varying", 1700: "numeric", 1790: "refcursor",
        2202: "regprocedure", 2203: "regoper", 2204: "regoperator", 2205: "regclass", 2206: "regtype",
        2249: "record", 2278: "void", 2950: "uuid", 2970: "txid_snapshot", 3220: "pg_lsn", 3614: "tsvector",
        3615: "tsquery", 3642: "gtsvector", 3734: "regconfig", 3769: "regdictionary", 3802: "jsonb",
        3904: "int4range", 3906: "numrange", 3908: "tsrange", 3910: "tstzrange", 3912: "daterange",
        3926: "int8range", 4072: "jsonpath", 4089: "regnamespace", 4096: "regrole", 4191: "regcollation",
        4451: "int4multirange", 4532: "nummultirange", 4533: "tsmultirange", 4534: "tstzmultirange",
        4535: "datemultirange", 4536: "int8multirange", 5038: "pg_snapshot", 5069: "xid8",
    ]

    private static let arrays: [UInt32: UInt32] = [
        1000: 16, 1001: 17, 1002: 18, 1003: 19, 1016: 20, 1005: 21, 1007: 23, 1009: 25, 1028: 26, 199: 114, 143: 142,
        1017: 600, 651: 650, 1021: 700, 1022: 701, 791: 790, 1040: 829, 1041: 869, 1034: 1033, 1014: 1042, 1015: 1043,
        1182: 1082, 1183: 1083, 1115: 1114, 1185: 1184, 1187: 1186, 1270: 1266, 1561: 1560, 1563: 1562, 1231: 1700,
        2210: 2205, 2211: 2206, 2287: 2249, 2951: 2950, 3221: 3220, 3643: 3614, 3645: 3615, 3807: 3802, 3905: 3904,
        3907: 3906, 3909: 3908, 3911: 3910, 3913: 3912, 3927: 3926,
    ]

    /// The name with its modifier, as `format_type` and the types' `typmodout` functions print it.
    static func name(_ oid: UInt32, modifier: Int32) -> String? {
        if let element = arrays[oid] { return name(element, modifier: modifier).map { $0 + "[]" } }
        guard let base = scalars[oid] else { return nil }
        guard modifier >= 0 else { return base }
        switch oid {
        case 1042, 1043:
            return modifier >= 4 ? "\(base)(\(modifier - 4))" : base
        case 1560, 1562:
            return "\(base)(\(modifier))"
        case 1700:
            guard modifier >= 4 else { return base }
            let packed = modifier - 4
            // numeric.c: precision in the upper half, scale as a signed number of 11 bits.
            let scale = ((packed & 0x7FF) ^ 1024) - 1024
            return "numeric(\((packed >> 16) & 0xFFFF),\(scale))"
        case 1083, 1266, 1114, 1184:
            guard let blank = base.firstIndex(of: " ") else { return base }
            return base[..<blank] + "(\(modifier))" + base[blank...]
        default:
            // interval's modifier tells fields and precision; the plain name is right, if not complete.
            return base
        }
    }
}
