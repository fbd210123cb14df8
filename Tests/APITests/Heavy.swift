import Testing

/// Tests that fill memory, descriptors or the network: one after the other.
@Suite("Heavy", .serialized)
enum Heavy {}
