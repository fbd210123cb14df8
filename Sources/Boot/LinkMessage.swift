/// Messages of rtnetlink that change a link, an address or a route. Source: `rtnetlink(7)`.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 4 | bytes of the whole, host byte order |
/// | 4 | 2 | what is asked |
/// | 6 | 2 | flags: 1 request, 4 acknowledge, 0x100 replace, 0x400 create |
/// | 8 | 8 | a number for the answer; 0 |
/// | 16 | ... | the kind's own head |
/// | ... | ... | attributes: length and kind of 2 bytes each, then the value, padded to 4 |
enum LinkMessage {
    /// Switches a link on, and sets its MTU if there is one.
    static func up(_ index: Int, mtu: Int?) -> [UInt8] {
        // Family, padding, type of device, index, flags, which flags change.
        let head =
            [UInt8(0), 0] + little(UInt16(0)) + little(UInt32(index)) + little(UInt32(1))
            + little(UInt32(1))
        return message(newLink, 0, head, mtu.map { attribute(4, little(UInt32($0))) } ?? [])
    }

    /// Gives a link an address; `isAdding` false takes it away.
    static func address(_ subnet: Subnet, on index: Int, isAdding: Bool) -> [UInt8] {
        let family: UInt8 = subnet.address.isV6 ? 10 : 2
        // Family, prefix, flags (2: do not probe for duplicates first), scope, index.
        let flags: UInt8 = subnet.address.isV6 ? 2 : 0
        let head = [family, UInt8(subnet.prefix), flags, 0] + little(UInt32(index))
        let bytes = subnet.address.bytes
        return message(
            isAdding ? newAddress : oldAddress,
            isAdding ? replace : 0,
            head,
            attribute(1, bytes) + attribute(2, bytes)
        )
    }

    /// Leads packets for `target` over `gateway`, or out of the link itself when there is none.
    static func route(
        to target: Subnet,
        over gateway: Address?,
        on index: Int,
        isAdding: Bool
    ) -> [UInt8] {
        // Family, prefixes of target and source, service, table 254 (main), protocol 16 (DHCP) or
        // any, scope (253: the link itself), kind 1, flags (4: the gateway is on the link).
        let scope: UInt8 = gateway == nil ? 253 : 0
        let flags = little(UInt32(gateway == nil ? 0 : 4))
        let head =
            [target.address.isV6 ? 10 : 2, UInt8(target.prefix), 0, 0, 254, isAdding ? 16 : 0]
            + [scope, isAdding ? 1 : 0] + flags
        var attributes = attribute(4, little(UInt32(index)))
        if target.prefix > 0 { attributes += attribute(1, target.address.bytes) }
        if let gateway { attributes += attribute(5, gateway.bytes) }
        return message(isAdding ? newRoute : oldRoute, isAdding ? replace : 0, head, attributes)
    }

    private static let newLink: UInt16 = 16
    private static let newAddress: UInt16 = 20
    private static let oldAddress: UInt16 = 21
    private static let newRoute: UInt16 = 24
    private static let oldRoute: UInt16 = 25
    private static let replace: UInt16 = 0x500

    private static func message(
        _ kind: UInt16,
        _ flags: UInt16,
        _ head: [UInt8],
        _ attributes: [UInt8]
    ) -> [UInt8] {
        let size = 16 + head.count + attributes.count
        return little(UInt32(size)) + little(kind) + little(flags | 5) + little(UInt64(0)) + head
            + attributes
    }

    private static func attribute(_ kind: UInt16, _ value: [UInt8]) -> [UInt8] {
        little(UInt16(4 + value.count)) + little(kind) + value
            + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    /// The machine's own byte order, which is this one on all machines we run on.
    private static func little(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        (0..<(value.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
