import ArgumentParser

/// `agentctl completions`: a script that makes a shell complete the words of this program.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: """
            bash: agentctl completions bash > ~/.local/share/bash-completion/completions/agentctl
            zsh:  agentctl completions zsh > ~/.zfunc/_agentctl (with ~/.zfunc in fpath)
            fish: agentctl completions fish > ~/.config/fish/completions/agentctl.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        let shell: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        StandardStreams.write(Agentctl.completionScript(for: shell) + "\n")
    }
}
