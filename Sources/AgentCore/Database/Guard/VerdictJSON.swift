package import MCPProtocol
package import SQLClassifier

/// A verdict of the classifier as JSON: what `agentctl classify --json` prints and the API answers.
package enum VerdictJSON {
    /// The verdict with every statement and every name that it mentions.
    package static func object(_ verdict: Verdict) -> JSONObject {
        [
            "readOnly": .bool(verdict.isReadOnly),
            "effect": .string(verdict.effect.rawValue),
            "reason": json(verdict.reason),
            "statements": .array(verdict.statements.map(json)),
        ]
    }

    private static func json(_ statement: Statement) -> JSONValue {
        [
            "commandTag": .string(statement.commandTag),
            "effect": .string(statement.effect.rawValue),
            "readOnly": .bool(statement.isReadOnly),
            "explain": .bool(statement.isExplain),
            "executes": .bool(statement.executes),
            "start": .integer(Int64(statement.range.lowerBound)),
            "end": .integer(Int64(statement.range.upperBound)),
            "functions": .array(statement.functions.map(json)),
            "relations": .array(statement.relations.map(json)),
            "types": .array(statement.types.map(json)),
            "settings": .array(statement.settings.map(json)),
            "reason": json(statement.reason),
        ]
    }

    private static func json(_ mention: Mention) -> JSONValue {
        [
            "name": .string(mention.name.description), "kind": .string(mention.kind.rawValue),
            "line": .integer(Int64(mention.location.line)), "column": .integer(Int64(mention.location.column)),
        ]
    }

    private static func json(_ reason: Reason?) -> JSONValue {
        guard let reason else { return .null }
        return [
            "code": .string(reason.code.rawValue), "message": .string(reason.message),
            "line": .integer(Int64(reason.location.line)), "column": .integer(Int64(reason.location.column)),
            "offset": .integer(Int64(reason.location.offset)),
        ]
    }
}
