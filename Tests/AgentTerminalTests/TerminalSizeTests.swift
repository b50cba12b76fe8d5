import AgentTerminal
import Testing

@Suite struct TerminalSizeTests {
    @Test func `a terminal of unknown size is taken for 80 by 24`() {
        #expect(TerminalSize.usual == TerminalSize(columns: 80, rows: 24))
    }
}
