import CLinux

/// Block devices that the kernel makes of others.
public enum DeviceMapper {
    /// Makes a read-only device of one target and starts it; its minor number: `/dev/dm-N`.
    ///
    /// Throws `.invalid` when the kernel does not take the parameters, `.busy` when there is a
    /// device of that name. What was begun is taken back. C function: `ioctl(2)` with
    /// `DM_DEV_CREATE`, `DM_TABLE_LOAD` and `DM_DEV_SUSPEND`.
    ///
    /// - Parameter sectors: of 512 bytes each.
    public static func create(
        name: String,
        uuid: String,
        target: String,
        sectors: Int,
        parameters: String
    ) throws(Errno) -> Int {
        let control = try Descriptor(opening: "/dev/mapper/control", for: .both)
        let made = try ask(control, MapperRequest(name: name, uuid: uuid), .create)
        do throws(Errno) {
            var table = MapperRequest(name: name)
            guard table.setTarget(target, sectors: sectors, parameters: parameters) else {
                throw .invalid
            }
            _ = try ask(control, table, .load)
            _ = try ask(control, MapperRequest(name: name), .resume)
        } catch {
            // The first error is the one to tell.
            do { _ = try ask(control, MapperRequest(name: name), .remove) } catch {}
            throw error
        }
        return MapperRequest.minor(of: made)
    }

    private enum Operation {
        case create
        case load
        case resume
        case remove
    }

    /// The kernel's answer, which stands where the request stood.
    private static func ask(
        _ control: borrowing Descriptor,
        _ request: MapperRequest,
        _ operation: Operation
    ) throws(Errno) -> [UInt8] {
        let number = control.number
        var bytes = request.bytes
        var span = bytes.mutableSpan
        // Sound: the kernel reads and writes at most the length that the request itself names.
        _ = unsafe try span.withUnsafeMutableBytes { (buffer) throws(Errno) in
            let start = buffer.baseAddress
            return try checked {
                switch operation {
                // Sound: as above.
                case .create: unsafe clinux_dm_create(number, start)
                case .load: unsafe clinux_dm_load(number, start)
                case .resume: unsafe clinux_dm_resume(number, start)
                case .remove: unsafe clinux_dm_remove(number, start)
                }
            }
        }
        return bytes
    }
}
