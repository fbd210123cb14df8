import API
import Slots

/// The nodes that one command asks, and what it takes to ask them.
struct Fleet: Sendable {
    struct Member: Sendable {
        let endpoint: Endpoint
        let acquaintance: Acquaintance
        /// Why a stranger stayed one.
        var distrust: CommandError?
    }

    /// So many nodes are asked at once.
    static let width = 32

    let members: [Member]
    let credentials: ClientCredentials?
    let known: KnownNodes

    init(members: [Member], credentials: ClientCredentials?, known: KnownNodes) {
        self.members = members
        self.credentials = credentials
        self.known = known
    }

    /// Reads contexts and credentials; asks about nodes that are not known yet, one by one.
    init(_ options: NodeOptions, changes: Bool, home: Home) async throws(CommandError) {
        let store = try ContextStore(home)
        let file = try store.read()
        known = try KnownNodes(home)
        let endpoints: [Endpoint]
        let pin: Digest?
        let context: Context?
        do throws(SetupError) {
            context = try file.context(options.context)
            endpoints = try options.endpoints(context, changes: changes)
            pin = try options.pin(endpoints.count)
        } catch {
            throw .setup(error)
        }
        credentials = try Credentials.read(options, context, home)
        let authorities = try options.ca.map { (ca) throws(CommandError) in
            try PEMFile.read(ca, home: home, what: "--ca")
        }
        let contextAuthorities = try context?.ca.map { (ca) throws(CommandError) in
            try PEMFile.read(ca, home: home, what: "the context's CA")
        }
        let cluster = try Credentials.cluster(options, context, home)
        var members: [Member] = []
        for endpoint in endpoints {
            let remembered = known[endpoint]
            var found = Acquaintance.of(
                endpoint,
                pin: pin,
                authorities: authorities,
                context: context,
                contextAuthorities: contextAuthorities,
                remembered: remembered.fingerprint,
                cluster: cluster ?? remembered.cluster.map { Array($0.utf8) }
            )
            var distrust: CommandError?
            if found == .stranger, let cluster, await FirstContact.isSigned(endpoint, by: cluster) {
                found = .signed(cluster)
            } else if found == .stranger {
                do throws(CommandError) {
                    found = .pinned(try await FirstContact.ask(endpoint, known))
                } catch {
                    distrust = error
                }
            }
            members.append(Member(endpoint: endpoint, acquaintance: found, distrust: distrust))
        }
        self.members = members
    }

    /// Asks every node, at most `width` at once; the answers come in the order of the nodes.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (NodeSession) async throws(CommandError) -> Answer
    ) async -> [Asked<Answer>] {
        let (members, isAlone) = (members, members.count == 1)
        return await withTaskGroup(of: (Int, Asked<Answer>).self) { group in
            var answers: [Asked<Answer>?] = members.map { _ in nil }
            var next = 0
            func start() {
                guard next < members.count else { return }
                let (index, member) = (next, members[next])
                next += 1
                group.addTask {
                    let result = await one(member, isAlone, question)
                    return (index, Asked(endpoint: member.endpoint, result: result))
                }
            }
            for _ in 0..<Self.width { start() }
            while let (index, answer) = await group.next() {
                answers[index] = answer
                start()
            }
            return answers.compactMap(\.self)
        }
    }

    private func one<Answer: Sendable>(
        _ member: Member,
        _ isAlone: Bool,
        _ question: @Sendable (NodeSession) async throws(CommandError) -> Answer
    ) async -> Result<Answer, CommandError> {
        if let distrust = member.distrust { return .failure(distrust) }
        do throws(CommandError) {
            let session = try NodeSession(
                member,
                credentials: credentials,
                known: known,
                isAlone: isAlone
            )
            defer { session.close() }
            return .success(try await question(session))
        } catch {
            return .failure(error)
        }
    }
}

/// What one node answered.
struct Asked<Answer: Sendable>: Sendable {
    let endpoint: Endpoint
    let result: Result<Answer, CommandError>
}
