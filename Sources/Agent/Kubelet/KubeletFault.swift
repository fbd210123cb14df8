import Syscalls

/// Why the kubelet is not started.
enum KubeletFault: Error, Sendable, Hashable {
    case notJoined
    case membership(BootstrapError)
    case configuration(StateError)
    /// A program does not say its version.
    case program(String, String)
    case misfit(KubeletPlan.Misfit)
    case place(String, Errno)
    /// The program could not take this process's place.
    case start(String, Errno)

    var sentence: String {
        switch self {
        case .notJoined: "the node has joined no cluster; osctl bootstrap makes it join"
        case .membership(let error): error.sentence
        case .configuration(let error): error.words
        case .program(let path, let why): "\(path) does not say its version: \(why)"
        case .misfit(let misfit): misfit.sentence
        case .place(let path, let error): "\(path) cannot be written: \(error)"
        case .start(let path, let error): "\(path) does not start: \(error)"
        }
    }
}

/// Where the kubelet lives.
struct KubeletPlaces: Sendable {
    var kubelet = "/usr/bin/kubelet"
    var containerd = "/usr/bin/containerd"
    var configuration = KubeletPlan.configurationFile
    var home = KubeletPlan.home
    /// Archives of the images that the release carries.
    var images = "/usr/share/keel/images"
    /// The container runtime's socket.
    var runtime = "/run/containerd/containerd.sock"
    var manifests = "/etc/kubernetes/manifests"
}
