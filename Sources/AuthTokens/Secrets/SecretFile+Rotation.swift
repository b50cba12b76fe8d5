extension SecretFile {
    /// Adds a new key, which seals from now on, to a file; the others stay, to open what they sealed.
    ///
    /// - Parameter path: The file.
    /// - Returns: The keys, the new one last.
    /// - Throws: ``SecretFileError``; the file is as it was then.
    public static func rotate(path: String) throws(SecretFileError) -> SecretFile {
        let target = FileName.resolved(path)
        return try locked(target) { () throws(SecretFileError) in
            let old = try load(path: target)
            guard old.keys.count < maximumKeys else {
                throw SecretFileError(.malformed(line: 1, "it holds too many keys to add one"), path)
            }
            let new = SecretFile(keys: old.keys + [.random(created: Timestamp.now.text)], isEphemeral: false)
            try new.replace(target)
            return new
        }
    }

    /// When each key was made, oldest first, for people.
    public var keyDates: [String] { keys.map(\.created) }

    func replace(_ path: String) throws(SecretFileError) {
        do {
            try PrivateFile.replace(path, contents)
        } catch {
            throw SecretFileError(.unreadable(error), path)
        }
    }

    static func locked<Result>(
        _ path: String, _ body: () throws(SecretFileError) -> Result
    ) throws(SecretFileError) -> Result {
        let lock: FileLock
        do {
            lock = try FileLock(beside: path)
        } catch {
            throw SecretFileError(.unreadable(error), path)
        }
        let outcome: Swift.Result<Result, SecretFileError>
        do throws(SecretFileError) {
            outcome = .success(try body())
        } catch {
            outcome = .failure(error)
        }
        lock.release()
        return try outcome.get()
    }
}
