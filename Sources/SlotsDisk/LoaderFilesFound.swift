import Slots

/// The two files as they were found in one walk.
struct LoaderFilesFound {
    /// A file whose chain is as long as its size says.
    struct File {
        let entry: FATEntry
        let clusters: [Int]
    }

    private let volume: FATVolume
    private let listing: FATListing?

    init(on device: any BlockDevice) throws(LoaderError) {
        do throws(FATError) {
            volume = try FATVolume(on: device)
            var listing = try FATListing(of: volume.root, on: volume)
            for name in LoaderFiles.folders {
                guard let entry = listing[name], entry.isFolder else {
                    self.listing = nil
                    return
                }
                listing = try FATListing(of: .clusters(first: entry.firstCluster), on: volume)
            }
            self.listing = listing
        } catch {
            throw LoaderError(error)
        }
    }

    func loader() throws(LoaderError) -> File { try file(LoaderFiles.loader) }
    func spare() throws(LoaderError) -> File { try file(LoaderFiles.spare) }

    private func file(_ name: String) throws(LoaderError) -> File {
        guard let entry = listing?[ShortName(name)], !entry.isFolder, entry.size > 0 else {
            throw .missing(file: name)
        }
        guard entry.size <= LoaderFiles.limit else {
            throw .tooLarge(size: entry.size, limit: LoaderFiles.limit)
        }
        let limit = (LoaderFiles.limit + volume.clusterSize - 1) / volume.clusterSize
        let clusters: [Int]
        do throws(FATError) {
            clusters = try volume.chain(from: entry.firstCluster, limit: limit)
        } catch {
            throw LoaderError(error)
        }
        let capacity = clusters.count * volume.clusterSize
        guard capacity >= entry.size else {
            throw .chainTooShort(file: name, capacity: capacity, size: entry.size)
        }
        return File(entry: entry, clusters: clusters)
    }

    /// Whether a write to a file, and to its folder, touches nothing else: see `FATOwners`.
    func isApart(_ file: File) -> Bool { FATOwners(on: volume).areApart(fromLoader: file.clusters) }

    /// All bytes of a file.
    func content(of file: File) throws(LoaderError) -> [UInt8] {
        let runs = runs(of: file)
        do throws(FATError) {
            // As it was made: then nothing has to be copied.
            if runs.count == 1 { return try volume.device.bytes(runs[0]) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(file.entry.size)
            for run in runs { bytes += try volume.device.bytes(run) }
            return bytes
        } catch {
            throw LoaderError(error)
        }
    }

    /// See `LoaderFiles.contract()`; at most `piece` bytes are read at once.
    func contract(of file: File, piece: Int) throws(LoaderError) -> Int? {
        var search = ContractSearch()
        var window: [UInt8] = []
        do throws(FATError) {
            for run in runs(of: file) {
                for start in stride(from: run.lowerBound, to: run.upperBound, by: piece) {
                    let range = start..<min(start + piece, run.upperBound)
                    window.removeFirst(max(window.count - ContractSearch.overlap, 0))
                    window += try volume.device.bytes(range)
                    search.look(in: window)
                }
            }
        } catch {
            throw LoaderError(error)
        }
        return search.contract
    }

    /// Replaces all bytes of a file; durable when it returns.
    func write(_ bytes: [UInt8], to file: File) throws(LoaderError) {
        var start = 0
        do throws(DeviceError) {
            for run in runs(of: file) {
                let part = bytes.span.extracting(start..<(start + run.count))
                try volume.device.write(part, at: run.lowerBound)
                start += run.count
            }
            try volume.device.flush()
        } catch {
            throw .device(error)
        }
    }

    /// Gives each of two names the other's clusters and size, in one write of one sector.
    func swap(_ one: FATEntry, _ other: FATEntry) throws(LoaderError) {
        let size = volume.device.sectorSize
        let start = one.offset / size * size
        do throws(FATError) {
            var sector = try volume.device.bytes(start..<(start + size))
            other.place(in: &sector, at: one.offset - start)
            one.place(in: &sector, at: other.offset - start)
            try volume.device.put(sector, at: start)
        } catch {
            throw LoaderError(error)
        }
    }

    /// Where a file's bytes are, neighbouring clusters together.
    private func runs(of file: File) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var left = file.entry.size
        for cluster in file.clusters where left > 0 {
            let range = volume.range(of: cluster)
            let end = range.lowerBound + min(range.count, left)
            left -= end - range.lowerBound
            if let last = runs.last, last.upperBound == range.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<end
            } else {
                runs.append(range.lowerBound..<end)
            }
        }
        return runs
    }
}
