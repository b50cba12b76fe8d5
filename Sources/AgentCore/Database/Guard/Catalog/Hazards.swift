/// What may happen when an object of the database is used.
struct Hazards: OptionSet, Sendable, Hashable {
    let rawValue: UInt16

    /// Running it does something that the guard refuses.
    static let running = Hazards(rawValue: 1)
    /// So does planning a statement with it: the planner runs immutable functions on constants.
    static let planning = Hazards(rawValue: 2)
    /// The operator allowed something that it runs: the session is not trusted to be clean afterwards.
    static let allowed = Hazards(rawValue: 4)
    /// It shows all settings.
    static let allSettings = Hazards(rawValue: 8)
    /// It shows the settings kept for roles.
    static let settingsOfRoles = Hazards(rawValue: 16)
    /// It shows the settings kept for roles and databases.
    static let keptSettings = Hazards(rawValue: 32)
    /// It shows samples of the values of columns.
    static let statistics = Hazards(rawValue: 64)
    /// It holds values of a type from which a refused function makes another, when that is written out.
    static let castSource = Hazards(rawValue: 128)

    /// It holds values of a type of which none may be made: a function that wants two of one type makes the other.
    static let holdsChecked = Hazards(rawValue: 256)

    /// What it runs could do harm even in a transaction that only reads; a function that is merely labelled volatile, with
    /// a body in which nothing is refused, could not.
    static let harmful = Hazards(rawValue: 512)
    /// It shows arrays whose type is known only when it runs (`anyarray`), or compares by any index: it may use casts and
    /// operator classes of any type.
    static let anyArrays = Hazards(rawValue: 1024)
    /// Estimating a condition with it does something that the guard refuses: the planner runs stable functions for that.
    static let estimating = Hazards(rawValue: 2048)

    /// Those that a refusal follows from.
    static let refused: Hazards = [.running, .planning, .estimating]
    /// Those that go to whoever only plans with an object.
    static let whenPlanned: Hazards = [.planning, .estimating]
}
