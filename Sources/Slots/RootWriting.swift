extension Installation {
    /// Brings every chunk to its place, each checked against the signed index in the buffer that is
    /// then written, whatever its source. Returns the first block, which is not written yet, and
    /// how far the rest is read back.
    func writeRoot(
        from source: any ImageSource,
        _ delivery: Delivery
    ) throws(UpdateError) -> (head: [UInt8], ReadBack) {
        let machine = engine.machine
        let reporter = Reporter(
            .writing,
            total: release.manifest.root.size,
            clock: machine.clock,
            observer: observer
        )
        var pass = RootPass(installation: self, reporter: reporter)
        try pass.run(preparation.plan, delivery, source)
        if delivery == .whole { try finish(source) }
        try repeatSpoiled(pass.spoiled, source, &pass)
        return (pass.head, pass.readBack ?? ReadBack(of: self))
    }

    /// Chunks that the running slot turned out to hold damaged come from the network after all.
    private func repeatSpoiled(
        _ spoiled: [Int],
        _ source: any ImageSource,
        _ pass: inout RootPass
    ) throws(UpdateError) {
        guard !spoiled.isEmpty else { return }
        var sources = [FetchPlan.Source](repeating: .inPlace, count: preparation.index.count)
        for chunk in spoiled { sources[chunk] = .network }
        let plan = FetchPlan(index: preparation.index, sources: sources)
        let delivery = try release.openRoot(of: source, wanted: plan.wanted)
        try pass.run(plan, delivery, source)
    }

    private func finish(_ source: any ImageSource) throws(UpdateError) {
        do { try source.finish() } catch { throw .source(error) }
    }
}

extension Release {
    /// Begins on the root, which checks the form and the size of the bundle around it.
    func openRoot(
        of source: any ImageSource,
        wanted: [Range<Int>]
    ) throws(UpdateError) -> Delivery {
        do { return try source.openRoot(rootSize: manifest.root.size, wanted: wanted) } catch {
            throw .source(error)
        }
    }
}
