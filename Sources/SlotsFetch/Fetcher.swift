import CCurl
import Slots

/// The worker: takes jobs from the channel and carries them out, again and again where the line
/// breaks. Made and used on the worker's thread.
final class Fetcher {
    private let location: Location
    private let retries: RetryPolicy
    private let inlet: Inlet
    private let easy: CurlEasy
    private let multi: CurlMulti
    private let pacer: Pacer?
    private var random: any RandomNumberGenerator
    /// What the bytes delivered so far came from.
    private var known: FileIdentity?

    init(
        _ location: Location,
        _ options: FetchOptions,
        random: any RandomNumberGenerator,
        inlet: Inlet
    ) throws(SourceError) {
        self.location = location
        retries = options.retries
        self.random = random
        self.inlet = inlet
        if let rate = options.bytesPerSecond {
            guard rate > 0 else { throw .unusable(reason: "rate out of range") }
            pacer = Pacer(bytesPerSecond: rate)
        } else {
            pacer = nil
        }
        try location.refuseFolder()
        easy = try CurlEasy()
        multi = try CurlMulti()
        try easy.configure(location, options)
        inlet.attach(multi.waker)
    }

    deinit {
        // Before the handle goes that the waker knows: properties are released after this.
        inlet.attach(nil)
    }

    /// Serves `channel` until the consumer is gone.
    static func serve(
        _ channel: Channel,
        _ location: Location,
        _ options: FetchOptions,
        random: any RandomNumberGenerator
    ) {
        let inlet = Inlet(channel)
        // C function: `curl_global_init(3)`, which counts and is safe to call from any thread.
        let isReady = keel_curl_global_init() == CURLE_OK
        defer { if isReady { curl_global_cleanup() } }
        do throws(SourceError) {
            let fetcher = try Fetcher(location, options, random: random, inlet: inlet)
            while let job = inlet.nextJob() { inlet.settle(fetcher.end(of: job)) }
        } catch {
            while inlet.nextJob() != nil { inlet.settle(.failed(error)) }
        }
    }

    private func end(of job: Job) -> JobEnd {
        do throws(SourceError) {
            for part in job.parts {
                guard try deliver(part) else { break }
            }
            return .complete
        } catch {
            return .failed(error)
        }
    }

    /// Delivers one part; `false` when nobody wants it any more.
    private func deliver(_ part: Request) throws(SourceError) -> Bool {
        var rest = part
        var failures = 0
        var reason = "the server answers with the whole file"
        while true {
            let exchange = Exchange(
                rest,
                known: known,
                isServer: location.isServer,
                inlet: inlet,
                pacer: pacer
            )
            let attempt = try attempt(exchange)
            if exchange.delivered > 0 { failures = 0 }
            if exchange.delivered > 0, known == nil { known = exchange.answer?.identity }
            rest = Request(start: exchange.position, end: exchange.stop)
            let trouble: Trouble
            switch attempt {
            case .dropped: return false
            case .arrived where isComplete(rest): return true
            // A shorter part than asked for: the rest is asked for at once.
            case .arrived where exchange.delivered > 0: continue
            case .arrived: trouble = Trouble(.broken(reason: "empty answer"))
            case .failed(let failure): trouble = failure
            case .stuck: throw .unreachable(reason: reason, attempts: failures + 1)
            }
            if case .broken(let words) = trouble.kind { reason = words }
            failures += 1
            guard failures <= retries.limit else { throw trouble.error(attempts: failures) }
            inlet.count(Traffic(retries: 1))
            let delay = retries.delay(
                before: failures,
                serverAsked: trouble.serverAsked,
                random: &random
            )
            guard inlet.rest(for: delay) else { return false }
        }
    }

    private func isComplete(_ rest: Request) -> Bool {
        guard let end = [rest.end, known?.total].compactMap({ $0 }).min() else { return true }
        return rest.start >= end
    }
}

extension Fetcher {
    private enum Attempt {
        /// The body came to its end.
        case arrived
        /// Worth another attempt.
        case failed(Trouble)
        /// The server knows no ranges and gives no proof that the file is still the same.
        case stuck
        case dropped
    }

    /// What made an attempt fail that may be made again.
    private struct Trouble {
        enum Kind {
            case broken(reason: String)
            case busy(status: Int)
        }
        let kind: Kind
        var serverAsked: Duration?

        init(_ kind: Kind, serverAsked: Duration? = nil) {
            self.kind = kind
            self.serverAsked = serverAsked
        }

        func error(attempts: Int) -> SourceError {
            switch kind {
            case .broken(let reason): .unreachable(reason: reason, attempts: attempts)
            case .busy(let status): .answered(status: status)
            }
        }
    }

    /// Makes one request. Throws what no further attempt would cure.
    private func attempt(_ exchange: Exchange) throws(SourceError) -> Attempt {
        try easy.prepare(exchange)
        let code = multi.run(easy) { step(exchange) }
        count()
        guard let code else { return .dropped }
        if code == CURLE_OK { exchange.finish() }
        switch exchange.outcome {
        case .enough: return .arrived
        case .dropped: return .dropped
        case .refused(let error): throw error
        case .later(let status):
            let asked = easy.offset(CURLINFO_RETRY_AFTER)
            return .failed(
                Trouble(.busy(status: status), serverAsked: asked > 0 ? .seconds(asked) : nil)
            )
        case .cannotResume:
            return .stuck
        case .open: break
        }
        guard code == CURLE_OK else { return .failed(try trouble(code)) }
        if let end = exchange.bodyEnd, exchange.position < min(end, exchange.stop ?? end) {
            return .failed(
                Trouble(.broken(reason: "ended at \(exchange.position) of \(end) bytes"))
            )
        }
        return .arrived
    }

    /// Shows the consumer what came, and lets a paused transfer go on when it is time. Answers
    /// how long there is nothing to do but to wait for the network, `nil` to stop.
    private func step(_ exchange: Exchange) -> Duration? {
        inlet.publish()
        if inlet.isCancelled { return nil }
        if location.isServer { easy.acknowledge() }
        // A bound alone: nothing relies on it.
        let minute = Duration.seconds(60)
        guard exchange.isPaused else { return minute }
        if let moment = exchange.pausedUntil {
            let left = moment - .now
            guard left <= .zero else { return left }
        } else if !inlet.hasRoom {
            return minute
        }
        exchange.isPaused = false
        easy.resume()
        return exchange.pausedUntil.map { max($0 - .now, .zero) } ?? minute
    }

    private func trouble(_ code: CURLcode) throws(SourceError) -> Trouble {
        let proxyStatus =
            easy.number(CURLINFO_RESPONSE_CODE) == 0 ? easy.number(CURLINFO_HTTP_CONNECTCODE) : 0
        let failure = TransferFailure(
            code: code,
            reason: easy.reason(code),
            status: proxyStatus
        )
        switch failure {
        case .broken(let reason): return Trouble(.broken(reason: reason))
        case .final(let error): throw error
        }
    }

    /// Adds the request that just ended to the traffic.
    private func count() {
        var traffic = Traffic(bytes: easy.offset(CURLINFO_SIZE_DOWNLOAD_T))
        if location.isServer {
            traffic.bytes += easy.number(CURLINFO_HEADER_SIZE)
            if easy.number(CURLINFO_REQUEST_SIZE) > 0 {
                traffic.requests = 1 + easy.number(CURLINFO_REDIRECT_COUNT)
            }
        } else {
            traffic.requests = 1
        }
        inlet.count(traffic)
    }
}
