/// The points that no program can check.
enum PersonPoints {
    static func findings() -> [Finding] {
        CheckPoint.allCases.filter(\.isForPerson).map { point in
            Finding(point, .person, detail(of: point))
        }
    }

    private static func detail(of point: CheckPoint) -> String {
        switch point {
        case .firewall:
            "only clients and the proxy reach agentd's port, only agentd and administrators PostgreSQL's; reviewed quarterly"
        case .reverseProxy: "a service that the internet reaches stands behind a proxy with a rate limit of its own"
        case .stagingTest: "the same configuration ran in staging against a copy, with agentctl doctor without a fail"
        case .databasePassword: "it is random, of 20 characters or more, and used nowhere else"
        case .secretBackup: "agentctl secret backup was run after the last rotation, and its file is kept elsewhere"
        case .restoreDrill: "a restore from the backups was tried this quarter"
        case .monitoring: "logs are collected; alerts on failed authentication, expiry and downtime reach a person"
        case .accessLogs: "failed sign-ins, unusual queries and use at unusual times were looked for this week"
        case .intrusionDetection: "fail2ban or its like reads the log; the host's files are watched"
        case .incidentPlan: "those on duty know the plan, and agentctl lockdown was tried in staging"
        case .permissionReview: "roles, tokens, users and firewall rules were reviewed this quarter"
        case .updates: "releases and security notices of agentd, PostgreSQL and the system are followed"
        case .training: "those who approve writes read the SQL; those who ask know that results are data, not advice"
        default: point.title
        }
    }
}
