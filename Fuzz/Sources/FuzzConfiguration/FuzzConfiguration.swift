/// Any bytes are a configuration or a list of issues, each with a message and, where it has one, a place within the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfiguration(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: data, count: size))
    do throws(ConfigurationError) {
        let loaded = try ConfigurationLoader.check(bytes: bytes, name: "fuzz.yaml")
        _ = loaded.printed()
    } catch {
        precondition(!error.issues.isEmpty)
        for issue in error.issues {
            precondition(!issue.message.isEmpty)
            if let line = issue.line { precondition(line >= 1 && line <= size + 2) }
        }
    }
    return 0
}
