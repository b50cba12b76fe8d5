import CLibPQ
/// The version of libpq that is linked, as `PQlibVersion` gives it.
public let libpqVersion = Int(PQlibVersion())
