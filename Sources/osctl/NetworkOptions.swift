import ArgumentParser
import SlotsFetch
import Syscalls

/// How the release is reached.
struct NetworkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Believe servers signed by these, in PEM", valueName: "file"))
    var ca: String?

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

    @Option(help: ArgumentHelp("Give up connecting after this", valueName: "seconds"))
    var connectTimeout: Int = 15

    @Option(help: ArgumentHelp("Give up a silent line after this", valueName: "seconds"))
    var stallTimeout: Int = 30

    @Option(help: ArgumentHelp("Retry this often without progress", valueName: "count"))
    var retries: Int = 8

    func validate() throws {
        if (clientCert == nil) != (clientKey == nil) {
            throw ValidationError("--client-cert and --client-key go together")
        }
        if let rate, rate <= 0 { throw ValidationError("--rate takes a positive number") }
        guard connectTimeout > 0, stallTimeout > 0, (0...1000).contains(retries) else {
            throw ValidationError("timeouts are positive, --retries is 0 to 1000")
        }
    }

    func options() throws(CommandError) -> FetchOptions {
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
        options.connectTimeout = .seconds(connectTimeout)
        options.stall.time = .seconds(stallTimeout)
        options.retries.limit = retries
        return options
    }

    private func read(_ path: String) throws(CommandError) -> [UInt8] {
        do { return try File.read(path, limit: 1 << 20) } catch {
            throw .file("read", path, error)
        }
    }
}
