import Foundation

/// `Server/faults.py` on a port of its own, with one bundle as `/bundle`.
final class FaultServer {
    let scratch: Scratch
    let port: String
    private let program: Program
    private let scheme: String

    init(_ bundle: TestBundle, certificates: Certificates? = nil) throws {
        scratch = try Scratch()
        try scratch.write("bundle", bundle.bytes)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Server/faults.py").path
        var arguments = ["python3", script, scratch.path, scratch.file("log")]
        if let certificates {
            arguments += [certificates.file("server.pem"), certificates.file("server.key")]
        }
        scheme = certificates == nil ? "http" : "https"
        program = try Program(arguments)
        port = program.line()
    }

    func url(_ faults: String = "", host: String = "127.0.0.1") -> String {
        "\(scheme)://\(host):\(port)/bundle" + (faults.isEmpty ? "" : "?\(faults)")
    }

    /// What was asked so far, oldest first.
    var requests: [Asked] { scratch.lines("log").map(Asked.init) }

    struct Asked {
        let path: String
        let range: String
        let ifRange: String
        let authorization: String
        let host: String
        let userAgent: String
        /// Of the client: the same for all requests on one connection.
        let port: String

        init(_ line: String) {
            let fields = line.split(separator: "\t").map(String.init)
            path = fields[0]
            range = fields[1]
            ifRange = fields[2]
            authorization = fields[3]
            host = fields[4]
            userAgent = fields[5]
            port = fields[6]
        }
    }
}
