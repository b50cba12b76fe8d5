import AuthTokens
import Testing

@Suite("Limits as state machines")
struct LimitTests {
    private let start = Timestamp(seconds: 1_000_000)

    @Test("A window begins with the first attempt and ends after its length")
    func window() {
        var limit = RateLimit(attempts: 2, window: .seconds(10))
        #expect(limit.attempt("a", at: start) == .allowed)
        #expect(limit.attempt("a", at: start + .seconds(9)) == .allowed)
        #expect(limit.attempt("a", at: start + .seconds(9)) == .refused(until: start + .seconds(10)))
        #expect(limit.attempt("b", at: start + .seconds(9)) == .allowed)
        #expect(limit.attempt("a", at: start + .seconds(10)) == .allowed)
        limit.forgive("a")
        limit.forgive("nobody")
        #expect(limit.attempt("a", at: start + .seconds(10)) == .allowed)
        #expect(limit.attempt("a", at: start + .seconds(10)) == .allowed)
        #expect(limit.attempt("a", at: start + .seconds(10)) == .refused(until: start + .seconds(20)))
    }

    @Test("No key has more attempts in its window than the limit, whatever the order", arguments: 0..<20)
    func property(seed: Int) {
        var limit = RateLimit(attempts: 3, window: .seconds(10))
        var begun: [String: (Timestamp, Int)] = [:]
        var now = start
        for step in 0..<500 {
            now = now + .seconds((step * 7 + seed) % 4)
            let key = "k\((step * 13 + seed * 5) % 5)"
            let allowed = limit.attempt(key, at: now) == .allowed
            if let (first, count) = begun[key], first + .seconds(10) > now {
                #expect(allowed == (count < 3))
                if allowed { begun[key] = (first, count + 1) }
            } else {
                #expect(allowed)
                begun[key] = (now, 1)
            }
        }
    }

    @Test("A million keys are not kept in mind")
    func bounded() {
        var limit = RateLimit(attempts: 1, window: .seconds(1000), capacity: 100)
        for number in 0..<20_000 { _ = limit.attempt(String(number), at: start + .milliseconds(number)) }
        #expect(limit.count <= 100)
        var lockout = Lockout(capacity: 100)
        for number in 0..<20_000 {
            _ = lockout.begin(String(number), policy: Lockout.Policy(), at: start + .milliseconds(number))
        }
        #expect(lockout.count <= 100)
    }

    @Test("Failures that are long past do not add up")
    func forgotten() {
        let policy = Lockout.Policy(failures: 3, duration: .seconds(60))
        var lockout = Lockout()
        for step in 0..<20 { #expect(lockout.begin("a", policy: policy, at: start + .seconds(step * 60)) == nil) }
        let last = start + .seconds(20 * 60)
        for _ in 0..<3 { #expect(lockout.begin("a", policy: policy, at: last) == nil) }
        #expect(lockout.begin("a", policy: policy, at: last) == last + .seconds(60))
        #expect(lockout.begin("a", policy: policy, at: last + .seconds(60)) == nil)
        lockout.clear("a")
        #expect(lockout.lockedUntil("a", at: last) == nil)
    }
}
