extension ClientCapabilities {
    var json: JSONObject { [:] }
    init(needed questions: [Question]) { self.init() }
}
