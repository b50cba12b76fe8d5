internal import PGConnector

extension QueryFailure {
    /// The server's own words, which may repeat values of rows; nil when the server said nothing.
    package var serverWords: (message: String, detail: String?, hint: String?)? {
        switch kind {
        case .server(let error), .timeout(let error):
            (SafeText.clean(error.message), error.detail.map(SafeText.clean), error.hint.map(SafeText.clean))
        default: nil
        }
    }
}
