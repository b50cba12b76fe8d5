final class SubscriptionHub: Sendable {
    enum Change: Sendable, Hashable { case toolsChanged, promptsChanged, resourcesChanged, resourceUpdated(String) }
    func publish(_ change: Change) {}
}
