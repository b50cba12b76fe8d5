import CLibPQ

/// The version of libpq that is linked, such as 150018, as `PQlibVersion` gives it.
public let libpqVersion = Int(PQlibVersion())
