import ArgumentParser
import SlotsFetch
import Syscalls

/// How the release is reached.
struct NetworkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show this certificate chain, in PEM", valueName: "file"))
    var clientCert: String?

    @Option(help: ArgumentHelp("Use this key for --client-cert", valueName: "file"))
    var clientKey: String?

    @Option(help: ArgumentHelp("Send the bearer token in this file", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("Go through this proxy", valueName: "url"))
    var proxy: String?

    @Option(help: ArgumentHelp("Receive at most this many bytes a second", valueName: "bytes"))
    var rate: Int?

    @Option(help: ArgumentHelp("Give up connecting after this (15)", valueName: "seconds"))
    var connectTimeout: Int?

    @Option(help: ArgumentHelp("Give up a silent line after this (30)", valueName: "seconds"))
    var stallTimeout: Int?

    @Option(help: ArgumentHelp("Retry this often without progress (8)", valueName: "count"))
    var retries: Int?

    func validate() throws {
        if (clientCert == nil) != (clientKey == nil) {
            throw ValidationError("--client-cert and --client-key go together")
        }
        if let rate, rate <= 0 { throw ValidationError("--rate takes a positive number") }
        guard connectTimeout ?? 1 > 0, stallTimeout ?? 1 > 0, (0...1000).contains(retries ?? 0)
        else {
            throw ValidationError("timeouts are positive, --retries is 0 to 1000")
        }
    }

    /// - Parameter ca: file with the authorities to believe, in PEM; `nil`: the system's.
    func options(ca: String?) throws(CommandError) -> FetchOptions {
        var options = FetchOptions.standard
        // The bundle is signed: a plain line can delay it, not change it. A token it could read.
        options.allowsPlainHTTP = tokenFile == nil
        if let ca { options.authorities = try read(ca) }
        if let clientCert, let clientKey {
            options.client = ClientCertificate(
                chain: try read(clientCert),
                key: try read(clientKey)
            )
        }
        if let tokenFile {
            guard let token = BearerToken(try read(tokenFile)) else {
                throw .option(
                    name: "--token-file",
                    found: tokenFile,
                    expected: "a file with one bearer token"
                )
            }
            options.token = token
        }
        options.proxy = proxy
        options.bytesPerSecond = rate
        options.connectTimeout = .seconds(connectTimeout ?? 15)
        options.stall.time = .seconds(stallTimeout ?? 30)
        options.retries.limit = retries ?? 8
        return options
    }

    /// The first option that only a workbench knows: a node fetches by its own settings.
    var localOnly: String? {
        if clientCert != nil { return "--client-cert" }
        if proxy != nil { return "--proxy" }
        if connectTimeout != nil { return "--connect-timeout" }
        if stallTimeout != nil { return "--stall-timeout" }
        return retries == nil ? nil : "--retries"
    }

    private func read(_ path: String) throws(CommandError) -> [UInt8] {
        do { return try File.read(path, limit: 1 << 20) } catch {
            throw .file("read", path, error)
        }
    }
}
