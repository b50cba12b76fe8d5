/// A picture of a result in text, where one helps: bars for a name and a number, a line for a time and a number.
public enum TextChart {
    private static let mostBars = 30
    private static let mostPoints = 10_000
    private static let eighths: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The lines of the chart; none when the result is not of that kind.
    ///
    /// - Parameters:
    ///   - table: The result: its first column the names or times, the first column of numbers the values.
    ///   - width: How many columns the terminal has.
    public static func lines(_ table: TextTable, width: Int) -> [SafeText] {
        guard width >= 30, (2...4).contains(table.columns.count), table.rows.count >= 3,
            table.rows.count <= mostPoints, !table.columns[0].alignsRight,
            let column = table.columns.firstIndex(where: \.alignsRight)
        else { return [] }
        var values: [Double] = []
        for row in table.rows {
            guard row.count == table.columns.count, let text = row[column], let value = Double(text), value.isFinite
            else { return [] }
            values.append(value)
        }
        guard let least = values.min(), let most = values.max(), least < most else { return [] }
        let title = SafeText("\(table.columns[column].name) by \(table.columns[0].name)", .dim).shortened(to: width - 1)
        if table.columns[0].isTime {
            return [title, spark(values, least, most, width: width - 1), range(table, values, least, most, column)]
        }
        guard least >= 0, values.count <= mostBars else { return [] }
        return [title] + bars(table, values, most, column, width: width - 1)
    }

    private static func bars(
        _ table: TextTable, _ values: [Double], _ most: Double, _ column: Int, width: Int
    ) -> [SafeText] {
        let names = table.rows.map { SafeText($0[0] ?? TextTable.null).shortened(to: max(8, width / 3)) }
        let numbers = table.rows.map { SafeText($0[column] ?? "") }
        let nameWidth = names.map(\.width).max() ?? 0
        let numberWidth = min(24, numbers.map(\.width).max() ?? 0)
        let room = width - nameWidth - numberWidth - 2
        guard room >= 5 else { return [] }
        return zip(names, zip(numbers, values)).map { name, number in
            let columns = Int((number.1 / most * Double(room)).rounded())
            let bar = SafeText(String(repeating: "█", count: max(0, min(room, columns))), .cyan)
            return name + SafeText.blanks(nameWidth - name.width + 1) + bar
                + SafeText.blanks(columns > 0 ? 1 : 0) + number.0.shortened(to: numberWidth)
        }
    }

    private static func spark(_ values: [Double], _ least: Double, _ most: Double, width: Int) -> SafeText {
        let count = min(values.count, width)
        var line = ""
        for place in 0..<count {
            // Where there are more points than columns, a column shows their mean.
            let from = place * values.count / count
            let to = max(from + 1, (place + 1) * values.count / count)
            let mean = values[from..<to].reduce(0, +) / Double(to - from)
            let step = Int((mean - least) / (most - least) * 7)
            line.append(eighths[max(0, min(7, step))])
        }
        return SafeText(line, .cyan)
    }

    private static func range(
        _ table: TextTable, _ values: [Double], _ least: Double, _ most: Double, _ column: Int
    ) -> SafeText {
        let from = table.rows.first?[0] ?? ""
        let to = table.rows.last?[0] ?? ""
        return SafeText("\(from) to \(to): \(least) to \(most)", .dim)
    }
}
