/// What a password must be: long, and not among the first that somebody tries (after NIST SP 800-63B: length and a list,
/// no rules about kinds of characters).
public enum PasswordRules {
    /// The shortest, in characters.
    public static let minimumLength = 12
    /// The longest, in bytes.
    public static let maximumBytes = 1024

    /// Why a password is not taken; `nil` when it is.
    ///
    /// - Parameters:
    ///   - password: The password.
    ///   - name: Whose it shall be.
    public static func objection(to password: String, for name: String) -> String? {
        guard password.count >= minimumLength else { return "a password has at least \(minimumLength) characters" }
        guard password.utf8.count <= maximumBytes else { return "a password has at most \(maximumBytes) bytes" }
        guard !password.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            return "a password has no control characters"
        }
        let folded = fold(password)
        let user = fold(name)
        if !user.isEmpty, folded == user || folded == String(user.reversed()) {
            return "the password is the user's name"
        }
        // The name with a few characters more, such as ada.lovelace2024.
        if user.count >= 4, folded.contains(user), folded.count - user.count < 8 {
            return "the password is little more than the user's name"
        }
        if Set(folded).count < 5 { return "the password repeats fewer than five characters" }
        if isRun(folded) { return "the password is a run of neighbouring characters" }
        let stem = String(folded.reversed().drop { $0.isNumber || "!?.*#$%&+-_@".contains($0) }.reversed())
        if isCommon(folded) || isCommon(stem) || isRepetition(folded) {
            return "the password is among those that are tried first"
        }
        return nil
    }

    /// Lower case, with the digits that stand for letters put back.
    private static func fold(_ text: String) -> String {
        String(text.lowercased().filter { !$0.isWhitespace })
    }

    private static func isCommon(_ text: String) -> Bool {
        if common.contains(text) { return true }
        let letters: [Character: Character] = [
            "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s",
        ]
        return common.contains(String(text.map { letters[$0] ?? $0 }))
    }

    /// `123456789012`, `abcdefghijkl`, `qwertyuiop[]`.
    private static func isRun(_ text: String) -> Bool {
        let rows = ["01234567890123456789", "abcdefghijklmnopqrstuvwxyzabcdef", "qwertyuiop[]asdfghjkl;'zxcvbnm,./"]
        return rows.contains { $0.contains(text) || String($0.reversed()).contains(text) }
    }

    /// The same few characters again and again: `passwordpassword`, `abcabcabcabc`.
    private static func isRepetition(_ text: String) -> Bool {
        let characters = Array(text)
        for width in 1...max(1, characters.count / 2) {
            let isRepeated = characters.indices.allSatisfy { $0 < width || characters[$0] == characters[$0 - width] }
            if isRepeated, width <= 6 || isCommon(String(characters[..<width])) { return true }
        }
        return false
    }

    /// Common ones, as lists of leaked passwords have them, and words of this trade; shorter ones are refused with digits and
    /// signs after them as well.
    private static let common: Set<String> = [
        "password", "passw0rd", "passwort", "password123", "password1234", "password12345", "mypassword", "newpassword",
        "yourpassword", "thepassword", "changeme", "changemenow", "changethis", "letmein", "letmeinnow", "welcome",
        "welcometo", "administrator", "administration", "admin", "root", "rootroot", "superuser", "postgres",
        "postgresql",
        "postgrespassword", "postgrespostgres", "postgresagent", "postgres-agent", "database", "databasepassword",
        "secret",
        "secretpassword", "topsecret", "supersecret", "verysecret", "default", "defaultpassword", "qwerty",
        "qwertyuiop",
        "qwertyuiopas", "qwertzuiop", "qwerty123456", "azertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "1qaz2wsx", "qazwsxedc", "qazwsxedcrfv", "iloveyou", "iloveyouforever", "trustno1", "sunshine", "princess",
        "football",
        "baseball", "basketball", "superman", "batman", "starwars", "dragon", "monkey", "master", "shadow", "michael",
        "jennifer", "computer", "internet", "whatever", "liverpool", "manchester", "manchesterunited", "chocolate",
        "butterfly",
        "correcthorsebatterystaple", "correct horse battery staple", "hunter2", "abcdefghijkl", "abc123", "abcd1234",
        "aaaaaaaaaaaa", "testtesttest", "testpassword", "test", "testing", "guest", "guestguest", "temporary",
        "temporarypassword", "temppassword", "december", "november", "october", "september", "summer", "winter",
        "spring",
        "autumn", "monday", "friday", "company", "companyname", "production", "development", "staging", "user",
        "username",
        "login", "access", "accessdenied", "openopenopen", "opensesame", "godmode", "iamgod", "fuckyou",
        "fuckyoufuckyou",
    ]
}
