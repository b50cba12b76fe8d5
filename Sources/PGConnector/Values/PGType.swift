/// OIDs of built-in types, from PostgreSQL's `src/include/catalog/pg_type.dat`; they never change.
public enum PGType {
    /// `bool`
    public static let bool: UInt32 = 16
    /// `bytea`
    public static let bytea: UInt32 = 17
    /// `"char"`
    public static let char: UInt32 = 18
    /// `name`
    public static let name: UInt32 = 19
    /// `int8`
    public static let int8: UInt32 = 20
    /// `int2`
    public static let int2: UInt32 = 21
    /// `int4`
    public static let int4: UInt32 = 23
    /// `text`
    public static let text: UInt32 = 25
    /// `oid`
    public static let oid: UInt32 = 26
    /// `json`
    public static let json: UInt32 = 114
    /// `xml`
    public static let xml: UInt32 = 142
    /// `float4`
    public static let float4: UInt32 = 700
    /// `float8`
    public static let float8: UInt32 = 701
    /// `unknown`
    public static let unknown: UInt32 = 705
    /// `bpchar`, which is `character(n)`
    public static let bpchar: UInt32 = 1042
    /// `varchar`
    public static let varchar: UInt32 = 1043
    /// `date`
    public static let date: UInt32 = 1082
    /// `timestamp`
    public static let timestamp: UInt32 = 1114
    /// `timestamptz`
    public static let timestamptz: UInt32 = 1184
    /// `numeric`
    public static let numeric: UInt32 = 1700
    /// `uuid`
    public static let uuid: UInt32 = 2950
    /// `jsonb`
    public static let jsonb: UInt32 = 3802

    /// Array type → element type, for the types above.
    static let elements: [UInt32: UInt32] = [
        1000: bool, 1001: bytea, 1002: char, 1003: name, 1016: int8, 1005: int2, 1007: int4, 1009: text, 1028: oid,
        199: json, 143: xml, 1021: float4, 1022: float8, 1014: bpchar, 1015: varchar, 1182: date, 1115: timestamp,
        1185: timestamptz, 1231: numeric, 2951: uuid, 3807: jsonb,
    ]
}
