import Trust

/// Why no node could be asked: what was typed, or what a file of the administrator's says.
enum SetupError: Error, Sendable, Hashable {
    /// `http://` and this behind it.
    case plainHTTP(String)
    /// An API server without TLS.
    case plainHTTPServer(String)
    case endpoint(String)
    case nodeTwice(String)
    /// Nobody said which node.
    case noNode
    /// `--endpoint` and `--nodes` together.
    case endpointAndNodes
    /// The command works on nodes only.
    case needsNode(command: String)
    /// The command works on a disk only.
    case needsDisk(command: String)
    /// The option belongs to the other half.
    case notHere(option: String, command: String, isRemote: Bool)
    /// The command changes nodes, and the context names several.
    case nodesNotNamed([String])
    /// The option is for one node.
    case oneNodeOnly(option: String, count: Int)
    case fingerprint(String)
    /// One of the certificate and its key is missing.
    case certificateAndKey
    case noContext(name: String, known: [String])
    case contextExists(String)
    case document(path: String, DocumentFault)
    /// Not PEM where PEM is wanted.
    case notPEM(what: String)
    /// A kubeconfig whose user holds no client certificate.
    case noClientCertificate(path: String, user: String, has: String)
    /// Nobody could be asked about a node that is not known yet.
    case unknownNode(String, fingerprint: String)
    /// The person said no.
    case notTrusted(String)
    /// The node shows another certificate than the one that is known.
    case otherCertificate(String, known: String, found: String)
    case noHome(String)
    case value(option: String, found: String, expected: String)

    /// Wrong words on the command line, as against a refusal of what they name.
    var isUsage: Bool {
        switch self {
        case .plainHTTP, .plainHTTPServer, .endpoint, .nodeTwice, .noNode, .endpointAndNodes,
            .needsNode, .needsDisk,
            .notHere, .nodesNotNamed, .oneNodeOnly, .fingerprint, .certificateAndKey, .value:
            true
        case .noContext, .contextExists, .document, .notPEM, .noClientCertificate, .unknownNode,
            .notTrusted, .otherCertificate, .noHome:
            false
        }
    }

    var sentence: String {
        switch self {
        case .plainHTTP(let rest):
            "http:// is refused because nodes speak TLS only; say https://\(rest)."
        case .plainHTTPServer(let found):
            "--api-server \(found) is refused because a token must not travel in the clear; say "
                + "https://\(found.dropFirst("http://".count))."
        case .endpoint(let found):
            "expected HOST:PORT or https://HOST:PORT, found \"\(found)\"."
        case .nodeTwice(let node): "\(node) is named twice."
        case .noNode:
            "no node is named: say --endpoint HOST:PORT, make a context with 'osctl context add', "
                + "or work on a disk with --disk DISK --trust DIR."
        case .endpointAndNodes: "--endpoint names one node and --nodes several; say one of them."
        case .needsNode(let command):
            "\(command) asks a node: say --endpoint HOST:PORT instead of --disk."
        case .needsDisk(let command):
            "\(command) works on a disk: say --disk DISK --trust DIR before the command."
        case .notHere(let option, let command, let isRemote):
            isRemote
                ? "\(option) of \(command) works on a disk only; leave it out, or say --disk."
                : "\(option) of \(command) works on a node only; leave it out, or leave out --disk."
        case .nodesNotNamed(let nodes):
            "this changes nodes and the context has \(nodes.count): name them with -n "
                + nodes.joined(separator: ",") + "."
        case .oneNodeOnly(let option, let count):
            "\(option) is for one node, \(count) are named; ask them one by one."
        case .fingerprint(let found):
            "--fingerprint takes 64 hexadecimal digits, found \"\(found)\"."
        case .certificateAndKey: "--cert and --key go together; say both."
        case .value(let option, let found, let expected):
            "\(option) takes \(expected), found \"\(found)\"."
        default: fileSentence
        }
    }

    /// What is wrong with files and with nodes.
    private var fileSentence: String {
        switch self {
        case .noContext(let name, let known):
            "there is no context \"\(name)\"; "
                + (known.isEmpty
                    ? "make one with 'osctl context add'."
                    : "there are \(known.joined(separator: ", ")).")
        case .contextExists(let name):
            "there is a context \"\(name)\" already; say --replace to change it."
        case .document(let path, let fault): "\(path) is refused: \(fault.words)."
        case .notPEM(let what): "\(what) is refused: expected PEM, found something else."
        case .noClientCertificate(let path, let user, let has):
            "\(path) is refused: its user \"\(user)\" has \(has), and nodes accept client "
                + "certificates only; say --cert and --key."
        case .unknownNode(let node, let fingerprint):
            "\(node) is not known yet: compare the fingerprint on its console with "
                + "\(fingerprint) and say --fingerprint with it."
        case .notTrusted(let node): "\(node) is not trusted, so nothing was sent to it."
        case .otherCertificate(let node, let known, let found):
            "\(node) has a key with fingerprint \(found), known is \(known): it is another "
                + "machine or was made anew; compare its console and say --fingerprint \(found)."
        case .noHome(let variable): "there is no folder for it: set \(variable) or HOME."
        default: "\(self)"
        }
    }
}
