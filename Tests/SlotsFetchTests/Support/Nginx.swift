import Foundation
import Glibc

/// A private nginx that serves one bundle, on ports of its own.
///
/// `/bundle` knows ranges, `/plain/bundle` does not, `/slow/bundle` sends 4 MB a second, and
/// `/secret/bundle` wants the token `letmein`. The second port speaks TLS, the third also wants a
/// client certificate.
final class Nginx {
    let scratch: Scratch
    let http: Int
    let https: Int
    let mutual: Int
    private let program: Program

    init(_ bundle: TestBundle? = nil, certificates: Certificates? = nil) throws {
        scratch = try Scratch()
        if let bundle { try scratch.write("bundle", bundle.bytes) }
        http = try Self.freePort()
        https = try Self.freePort()
        mutual = try Self.freePort()
        var servers = Self.server(listen: "127.0.0.1:\(http)", folder: scratch.path)
        if let certificates {
            let keys = """
                ssl_certificate \(certificates.file("server.pem"));
                ssl_certificate_key \(certificates.file("server.key"));
                """
            servers += Self.server(
                listen: "\(https) ssl",
                folder: scratch.path,
                extra: keys
            )
            servers += Self.server(
                listen: "127.0.0.1:\(mutual) ssl",
                folder: scratch.path,
                extra: keys
                    + "ssl_verify_client on; ssl_client_certificate \(certificates.file("ca.pem"));"
            )
        }
        try scratch.write("nginx.conf", Array(Self.configuration(scratch.path, servers).utf8))
        program = try Program(["nginx", "-p", scratch.path, "-c", scratch.file("nginx.conf")])
        try waitUntilItAnswers()
    }

    func url(_ path: String = "bundle") -> String { "http://127.0.0.1:\(http)/\(path)" }

    /// One request: its status, and the bytes sent with headers.
    struct Served {
        let status: Int
        let bytes: Int

        init(_ line: String) {
            let numbers = line.split(separator: " ").map { Int($0) ?? 0 }
            status = numbers[0]
            bytes = numbers[1]
        }
    }

    /// Each request served so far, oldest first.
    ///
    /// nginx writes the line after the last byte, so `count` lines are waited for.
    func served(_ count: Int) -> [Served] {
        for _ in 0..<200 where scratch.lines("access.log").count < count { usleep(10_000) }
        return scratch.lines("access.log").map(Served.init)
    }

    private static func server(listen: String, folder: String, extra: String = "") -> String {
        """
        server {
            listen \(listen);
            root \(folder);
            \(extra)
            location /plain/ { alias \(folder)/; max_ranges 0; }
            location /slow/ { alias \(folder)/; limit_rate 4m; }
            location /secret/ {
                alias \(folder)/;
                if ($http_authorization != "Bearer letmein") { return 401; }
            }
        }

        """
    }

    private static func configuration(_ folder: String, _ servers: String) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder)/nginx.pid;
        error_log \(folder)/error.log;
        events {}
        http {
            log_format sent '$status $bytes_sent';
            access_log \(folder)/access.log sent;
            sendfile on;
            client_body_temp_path \(folder)/temporary;
            proxy_temp_path \(folder)/temporary;
            fastcgi_temp_path \(folder)/temporary;
            uwsgi_temp_path \(folder)/temporary;
            scgi_temp_path \(folder)/temporary;
        \(servers)
        }
        """
    }

    /// A port that nobody has and that the kernel gives to nobody: it lies outside the range from
    /// which connections get theirs.
    private static func freePort() throws -> Int {
        let text = try Program.run([
            "python3", "-c",
            """
            import random, socket
            low = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
            while True:
                port = random.randrange(10000, max(low, 11000))
                try:
                    socket.socket().bind(("127.0.0.1", port))
                    print(port)
                    break
                except OSError:
                    pass
            """,
        ])
        return Int((text ?? "").filter(\.isNumber)) ?? 0
    }

    private func waitUntilItAnswers() throws {
        for _ in 0..<300 {
            let path = "/dev/tcp/127.0.0.1/\(http)"
            if try Program.run(["bash", "-c", "exec 3<>\(path)"]) != nil { return }
            usleep(10_000)
        }
    }
}
