import CGRPC

/// Settings of a server or a channel: numbers by name.
struct ChannelArguments: Sendable {
    private var numbers: [(key: String, value: Int32)] = []
    /// Bytes the core may hold for this server; nil: no bound.
    var memory: Int?

    subscript(key: String) -> Int32? {
        get { numbers.last { $0.key == key }?.value }
        set {
            numbers.removeAll { $0.key == key }
            if let newValue { numbers.append((key, newValue)) }
        }
    }

    /// Calls `body` with the settings as the core takes them; it copies them.
    func withCore<R>(_ body: (UnsafePointer<grpc_channel_args>) -> R) -> R {
        Core.start()
        // Sound: keys and quota live until `body` has returned; the core copies and retains.
        let keys = unsafe numbers.map { unsafe gpr_strdup($0.key) }
        var arguments = unsafe zip(keys, numbers).map { key, number in
            unsafe keel_grpc_number(key, number.value)
        }
        let quota = unsafe memory.map { _ in unsafe grpc_resource_quota_create("keel") }
        if let quota = unsafe quota, let memory {
            // Sound: as above.
            unsafe grpc_resource_quota_resize(quota, memory)
            unsafe arguments.append(keel_grpc_quota(quota))
        }
        defer {
            // Sound: ours, and no longer used.
            for index in unsafe keys.indices { unsafe gpr_free(keys[index]) }
            if let quota = unsafe quota { unsafe grpc_resource_quota_unref(quota) }
        }
        // Sound: the list lives until `body` has returned.
        return unsafe arguments.withUnsafeMutableBufferPointer { list in
            var all = unsafe grpc_channel_args(num_args: list.count, args: list.baseAddress)
            return unsafe body(&all)
        }
    }
}
