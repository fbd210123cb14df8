import Syscalls

@testable import InitLink

/// A value and the bytes it has on the socket.
struct Golden<Message: Sendable>: Sendable, CustomStringConvertible {
    let name: String
    let message: Message
    let bytes: [UInt8]
    var description: String { name }

    init(_ name: String, _ message: Message, _ text: String) {
        self.name = name
        self.message = message
        bytes = InitLinkTests.bytes(text)
    }
}

enum GoldenRequests {
    static let all: [Golden<Request>] = [
        Golden("services", .services, "0a 00                      | services {}"),
        Golden(
            "restart",
            .restart("kubelet"),
            """
            12 09                      | restart, 9 bytes
            0a 07 6b 75 62 65 6c 65 74 | name "kubelet"
            """
        ),
        Golden(
            "logs",
            .logs(
                LogQuery(
                    service: "agent",
                    start: .newest(50),
                    since: 1000,
                    level: .warning,
                    limit: 100
                )
            ),
            """
            1a 12                | logs, 18 bytes
            0a 05 61 67 65 6e 74 | service "agent"
            10 01                | start NEWEST
            18 32                | place 50
            20 e8 07             | since 1000
            28 03                | level WARNING
            30 64                | limit 100
            """
        ),
        Golden(
            "logs from a place",
            .logs(LogQuery(service: "kernel", start: .place(.max), since: -1, limit: 1)),
            """
            1a 22                            | logs, 34 bytes
            0a 06 6b 65 72 6e 65 6c          | service "kernel"
            10 02                            | start PLACE
            18 ff ff ff ff ff ff ff ff ff 01 | place 2^64 - 1
            20 ff ff ff ff ff ff ff ff ff 01 | since -1
            30 01                            | limit 1
            """
        ),
        Golden(
            "reboot",
            .reboot(reason: "why"),
            """
            22 05          | reboot, 5 bytes
            0a 03 77 68 79 | text "why"
            """
        ),
        Golden(
            "power off",
            .powerOff(reason: ""),
            "2a 00                      | power_off {}"
        ),
        Golden("apply", .apply(settings), settingsText),
        Golden("trial", .trial, "3a 00                      | trial {}"),
        Golden("clock", .clock, "42 00                      | clock {}"),
    ]

    static let settings = NetworkSettings(
        hostName: "n1",
        links: [
            LinkSettings(
                match: "eth0",
                method: .fixed(addresses: ["10.0.0.2/24"], gateways: ["10.0.0.1"]),
                mtu: 1500
            ),
            LinkSettings(match: "eth1", method: .dhcp(clientID: "id")),
        ],
        nameservers: ["9.9.9.9"],
        searchDomains: ["lan"],
        timeServers: ["ntp"]
    )

    private static let settingsText = """
        32 49                                  | apply, 73 bytes
        0a 02 6e 31                            | host_name "n1"
        12 22                                  | links, 34 bytes
        0a 04 65 74 68 30                      |   match "eth0"
        1a 17                                  |   fixed, 23 bytes
        0a 0b 31 30 2e 30 2e 30 2e 32 2f 32 34 |     addresses "10.0.0.2/24"
        12 08 31 30 2e 30 2e 30 2e 31          |     gateways "10.0.0.1"
        20 dc 0b                               |   mtu 1500
        12 0c                                  | links, 12 bytes
        0a 04 65 74 68 31                      |   match "eth1"
        12 04                                  |   dhcp, 4 bytes
        0a 02 69 64                            |     client_id "id"
        1a 07 39 2e 39 2e 39 2e 39             | nameservers "9.9.9.9"
        22 03 6c 61 6e                         | search_domains "lan"
        2a 03 6e 74 70                         | time_servers "ntp"
        """
}

enum GoldenAnswers {
    static let all: [Golden<Answer>] =
        failures + [
            Golden("services", .services([kubelet]), "12 1c | services, 28 bytes\n" + kubeletText),
            Golden("no services", .services([]), "12 00                | services {}"),
            Golden(
                "restarted",
                .restarted(ServiceState(name: "a", condition: .stopped)),
                """
                1a 05    | restarted, 5 bytes
                0a 01 61 | name "a"
                10 03    | condition STOPPED
                """
            ),
            Golden(
                "logs",
                .logs(
                    LogPage(
                        lines: [LogLine(time: 1500, level: .info, text: [0x68, 0x00, 0xff])],
                        next: 7,
                        dropped: 2,
                        hasMore: true
                    )
                ),
                """
                22 12          | logs, 18 bytes
                0a 0a          | lines, 10 bytes
                08 dc 0b       |   time 1500
                10 02          |   level INFO
                1a 03 68 00 ff |   text, any bytes
                10 07          | next 7
                18 02          | dropped 2
                20 01          | has_more
                """
            ),
            Golden("done", .done, "2a 00                | done {}"),
            Golden("no trial", .trial(nil), "32 00                | trial {}"),
            Golden(
                "trial",
                .trial(TrialState(attemptsLeft: 2, secondsLeft: 300)),
                """
                32 07    | trial, 7 bytes
                0a 05    | trial, 5 bytes
                08 02    |   attempts_left 2
                10 ac 02 |   seconds_left 300
                """
            ),
            Golden(
                "clock",
                .clock(ClockState(now: 1000, isSynchronised: true)),
                """
                3a 05    | clock, 5 bytes
                08 e8 07 | now 1000
                10 01    | synchronised
                """
            ),
        ]

    static let kubelet = ServiceState(
        name: "kubelet",
        condition: .running,
        pid: 42,
        since: 1000,
        restarts: 3,
        lastExit: "exit 1"
    )

    private static let kubeletText = """
        0a 1a                      | services, 26 bytes
        0a 07 6b 75 62 65 6c 65 74 |   name "kubelet"
        10 01                      |   condition RUNNING
        18 2a                      |   pid 42
        20 e8 07                   |   since 1000
        28 03                      |   restarts 3
        32 06 65 78 69 74 20 31    |   last_exit "exit 1"
        """

    private static let failures: [Golden<Answer>] = [
        Golden(
            "unsupported",
            .failure(.unsupported(.apply)),
            """
            0a 04 | failure, 4 bytes
            08 01 | kind UNSUPPORTED
            10 06 | verb 6, apply
            """
        ),
        Golden(
            "not found",
            .failure(.notFound(service: "x")),
            """
            0a 05    | failure, 5 bytes
            08 02    | kind NOT_FOUND
            1a 01 78 | subject "x"
            """
        ),
        Golden(
            "invalid",
            .failure(.invalid(.tooLong(.reason, limit: 4096))),
            """
            0a 09    | failure, 9 bytes
            08 03    | kind INVALID
            20 80 20 | number 4096
            28 05    | fault TOO_LONG
            30 0e    | field 14, reason
            """
        ),
        Golden(
            "system",
            .failure(.system(.notPermitted)),
            """
            0a 04 | failure, 4 bytes
            08 04 | kind SYSTEM
            20 01 | number 1, EPERM
            """
        ),
    ]
}
