#if canImport(Glibc)
import Glibc

/// How the process gives memory back to the system.
enum Memory {
    /// Has every block of 256 KiB and more mapped by itself, so that it goes back to the system when it is freed.
    ///
    /// glibc raises that threshold, up to 32 MiB, each time such a block is freed, and keeps the blocks below it in one arena
    /// for each thread (mallopt(3), `M_MMAP_THRESHOLD`); a server that answered a few results of 16 MiB would hold several
    /// times that for good. Setting the threshold ends its growth.
    static func returnLargeBlocks() {
        // Swift's Glibc module leaves malloc.h out.
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let mallopt = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
        let mmapThreshold: CInt = -3
        _ = mallopt(mmapThreshold, 256 << 10)
    }
}
#else
enum Memory {
    /// Other C libraries give large blocks back by themselves.
    static func returnLargeBlocks() {}
}
#endif
