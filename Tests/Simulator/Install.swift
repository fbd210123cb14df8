public import Slots

extension World {
    /// One whole install, as `osctl upgrade` does it.
    public func install(
        _ release: SimulatedRelease,
        stageOnly: Bool = false,
        knowsRanges: Bool = true,
        fault: SimulatedSource.Fault? = nil,
        options: UpgradeOptions = UpgradeOptions()
    ) throws(UpdateError) {
        let source = SimulatedSource(release, knowsRanges: knowsRanges, fault: fault)
        let verified = try engine().verify(source, options: options)
        let written = try verified.write(from: source)
        if !stageOnly { try written.activate() }
    }

    /// Activates what an earlier `stageOnly` install left.
    public func activate() throws(UpdateError) {
        try engine().resumeStaged().activate()
    }
}
