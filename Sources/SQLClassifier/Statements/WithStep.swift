/// WITH, item by item: `name (columns) AS [NOT] [MATERIALIZED] (…) SEARCH … CYCLE …`.
extension StatementReader {
    /// A word within the WITH clause of the frame in hand.
    mutating func withWord() {
        let keyword = cursor.current.keyword
        switch frame.step {
        case .withBegin where keyword == .recursive && !isNameOfItem: frame.step = .withName
        case .withBegin, .withName: expectName(then: .withAfterName)
        case .withAfterName, .withAfterColumns: expect(keyword == .as, then: .withAs)
        case .withAs where keyword == .not: frame.step = .withNot
        case .withAs, .withNot: expect(keyword == .materialized, then: .withMaterialized)
        case .withAfterItem: afterItem(keyword)
        case .searchDepth: expect(keyword == .depth || keyword == .breadth, then: .searchFirst)
        case .searchFirst: expect(keyword == .first, then: .searchBy)
        case .searchBy: expect(keyword == .by, then: .searchColumn)
        case .searchColumn: expectName(then: .searchComma)
        case .searchComma: expect(keyword == .set, then: .searchName)
        case .searchName: expectName(then: .withAfterItem)
        case .cycleColumn: expectName(then: .cycleComma)
        case .cycleComma: expect(keyword == .set, then: .cycleName)
        case .cycleName: expectName(then: .cycleTail)
        case .cycleTail: expect(keyword == .using, then: .cyclePath)
        case .cyclePath: expectName(then: .withAfterItem)
        default: unexpected()
        }
    }

    /// `WITH recursive AS (…)` names an item.
    private var isNameOfItem: Bool {
        cursor.following.keyword == .as || cursor.following.kind == .leftParenthesis
    }

    private mutating func expect(_ isThere: Bool, then step: Frame.Step) {
        if isThere { frame.step = step } else { unexpected() }
    }

    private mutating func expectName(then step: Frame.Step) {
        switch cursor.category(cursor.current.keyword) {
        case .unreserved, .columnName: frame.step = step
        case .typeFunctionName, .reserved: unexpected()
        }
    }

    /// Behind an item: another clause of it, or the statement that WITH belongs to.
    private mutating func afterItem(_ keyword: Keyword) {
        switch keyword {
        case .search: frame.step = .searchDepth
        case .cycle: frame.step = .cycleColumn
        case .select, .values, .table: beginQuery(keyword)
        default:
            if Self.changesRows(keyword) {
                if stack.isEmpty {
                    note(.writes, "\(describe(cursor.current)) changes rows.")
                } else {
                    note(.writingCTE, "\(describe(cursor.current)) within WITH changes rows.")
                }
                beginRowChange(keyword)
            } else {
                unexpected()
            }
        }
    }
}
