/// What a person pressed.
public enum Key: Sendable, Hashable {
    /// A character that is written, one scalar.
    case text(String)
    /// Text from the clipboard, as bracketed paste brings it. Line ends are `\n`.
    case paste(String)
    /// Return.
    case enter
    /// Ctrl-J or Alt-Return: a line end that ends nothing.
    case newline
    case tab, backTab, backspace, delete, escape
    case left, right, up, down, home, end, pageUp, pageDown
    /// By a word: Ctrl or Alt with an arrow.
    case wordLeft, wordRight
    /// Ctrl with a letter, in lower case.
    case control(Character)
    /// Alt with a character.
    case alt(Character)
    /// A sequence that means nothing here.
    case unknown
}
