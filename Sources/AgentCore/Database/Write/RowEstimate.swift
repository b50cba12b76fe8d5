internal import MCPProtocol
internal import SQLClassifier

/// How many rows a change of rows would touch, as the planner sees it.
enum RowEstimate {
    /// What is sent before the statement.
    static let prefix = "EXPLAIN (FORMAT json) "

    /// The statement to explain; nil when there is no estimate to be had: only a single INSERT, UPDATE, DELETE or MERGE is
    /// planned, and the guard has to let its EXPLAIN through, since planning runs functions.
    static func statement(for plan: WritePlan) -> String? {
        guard plan.steps.count == 1, let step = plan.steps.first, !step.statement.isExplain,
            step.statement.effect == .write,
            ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(step.statement.commandTag)
        else { return nil }
        return prefix + step.sql
    }

    /// Reads the estimate from EXPLAIN's JSON: the rows that flow into the node which changes the table.
    static func rows(inPlan text: String) -> Int? {
        guard let json = try? JSONValue.parse(text), let plan = json[0]?["Plan"] else { return nil }
        guard plan["Node Type"]?.string == "ModifyTable" else { return nil }
        let inner = (plan["Plans"]?.array ?? []).filter {
            ["Outer", "Member"].contains($0["Parent Relationship"]?.string)
        }
        guard !inner.isEmpty else { return nil }
        return inner.reduce(0) { $0 + max(0, $1["Plan Rows"]?.int ?? 0) }
    }
}
