/// Stands for the approval of a write, of which the configuration knows only how long it may wait.
enum Approval {
    static let lifetime: Duration = .seconds(300)
}
