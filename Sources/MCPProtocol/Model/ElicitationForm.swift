/// A form for the person: a message and flat fields of primitive types (item 32).
public struct ElicitationForm: Sendable, Hashable {
    /// A field of the form.
    public struct Field: Sendable, Hashable {
        /// The key in the answer.
        public var name: String
        /// The name for people.
        public var title: String?
        /// What it means.
        public var description: String?
        /// Whether it has to be filled in.
        public var required: Bool
        /// What it takes.
        public var kind: Kind

        /// A field.
        public init(
            _ name: String, _ kind: Kind, title: String? = nil, description: String? = nil, required: Bool = false
        ) {
            self.name = name
            self.kind = kind
            self.title = title
            self.description = description
            self.required = required
        }
    }

    /// What a field takes.
    public enum Kind: Sendable, Hashable {
        /// Text; the format is one of `email`, `uri`, `date`, `date-time`.
        case string(
            minLength: Int? = nil, maxLength: Int? = nil, format: String? = nil, default: String? = nil)
        /// A number.
        case number(minimum: Double? = nil, maximum: Double? = nil, default: Double? = nil)
        /// An integer.
        case integer(minimum: Int? = nil, maximum: Int? = nil, default: Int? = nil)
        /// Yes or no.
        case boolean(default: Bool? = nil)
        /// One of some values.
        case choice([Option], style: ChoiceStyle = .plain, default: String? = nil)
        /// Some of some values.
        case choices([Option], minimum: Int? = nil, maximum: Int? = nil, default: [String]? = nil)
    }

    /// How a choice is written on the wire.
    public enum ChoiceStyle: Sendable, Hashable {
        /// `enum`, or `oneOf` when an option has a title.
        case plain
        /// `enum` with `enumNames`, as before 2025-11-25.
        case enumNames
    }

    /// A value of a choice.
    public struct Option: Sendable, Hashable, ExpressibleByStringLiteral {
        /// The value in the answer.
        public var value: String
        /// The name for people.
        public var title: String?

        /// A value of a choice.
        public init(_ value: String, title: String? = nil) {
            self.value = value
            self.title = title
        }

        /// From a literal.
        public init(stringLiteral value: String) { self.init(value) }
    }

    /// What is asked.
    public var message: String
    /// The fields.
    public var fields: [Field]

    /// A form.
    public init(message: String, fields: [Field]) {
        self.message = message
        self.fields = fields
    }
}
