"""Deliberate bugs. The suite must notice each of them.

Each is (what it breaks, file, old text, new text); the old text stands once in the file.
"""

S = "Sources/Slots/"

MUTANTS = [
    ("skip the flush before the read-back", S + "Installation.swift",
     "            }\n"
     "        }\n"
     "        try onDevice { (device) throws(DeviceError) in try device.flush() }\n",
     "            }\n        }\n"),
    ("read back what was not flushed", S + "ReadBack.swift",
     "            try installation.onDevice { (device) throws(DeviceError) in "
     "try device.flush() }\n",
     ""),
    ("read back while something is still to be written", S + "RootPass.swift",
     "        if !spoiled.isEmpty { readBack = nil }\n",
     ""),
    ("skip the flush of the first block", S + "Installation.swift",
     "            try device.write(head.span.extracting(first: sector), at: 0)\n"
     "            try device.flush()\n",
     "            try device.write(head.span.extracting(first: sector), at: 0)\n"),
    ("skip the flush of the hash tree", S + "Installation.swift",
     "        try onDevice { (device) throws(DeviceError) in try device.flush() }\n"
     "        try SlotProof",
     "        try SlotProof"),
    ("zero the old superblock without a flush", S + "Installation.swift",
     "            try device.write(blank.span.extracting(first: sector), at: 0)\n"
     "            try device.flush()\n",
     "            try device.write(blank.span.extracting(first: sector), at: 0)\n"),
    ("leave the old superblock until the end", S + "Installation.swift",
     "            try device.write(blank.span.extracting(first: sector), at: 0)\n"
     "            try device.flush()\n",
     ""),
    ("zero the whole first block at once", S + "Installation.swift",
     "            try device.write(blank.span.extracting(first: sector), at: 0)\n"
     "            try device.flush()\n",
     "            try device.write(blank.span, at: 0)\n            try device.flush()\n"),
    ("write the superblock with the rest of its block", S + "Installation.swift",
     "            try device.write(head.span.extracting(droppingFirst: sector), at: sector)\n"
     "            try device.flush()\n",
     "            try device.write(head.span.extracting(droppingFirst: sector), at: sector)\n"),
    ("grant before the read-back", S + "Installation.swift",
     "        try readBack.finish(head)\n",
     "        do { try engine.machine.bootLoader.arm(target, attempts: 3) } catch {}\n"
     "        try readBack.finish(head)\n"),
    ("do not look at the root hash of the read-back", S + "Proof.swift",
     "guard found == root else", "guard found == found else"),
    ("write without revoking", S + "Installation.swift",
     "do { try engine.machine.bootLoader.revoke(target, as: .none) } catch {\n"
     "            throw .bootLoader(error)\n"
     "        }",
     "do { try engine.machine.bootLoader.repair() } catch { throw .bootLoader(error) }"),
    ("write the first block with the rest", S + "RootPass.swift",
     "let rest = buffer.span.extracting((place.lowerBound + kept)..<place.upperBound)\n"
     "        do {\n"
     "            try installation.device.write(rest, at: chunk.offset + kept)",
     "let rest = buffer.span.extracting(place)\n"
     "        do {\n"
     "            try installation.device.write(rest, at: chunk.offset)"),
    ("believe the network", S + "RootPass.swift",
     "where digest != batch[index].chunk.digest {",
     "where digest != batch[index].chunk.digest && !batch[index].comes {"),
    ("believe the running slot", S + "RootPass.swift",
     "where digest != batch[index].chunk.digest {",
     "where digest != batch[index].chunk.digest && batch[index].comes {"),
    ("forget what the running slot held damaged", S + "RootPass.swift",
     "            spoiled.append(item.number)\n", "            _ = item.number\n"),
    ("believe what is in place in the first block", S + "Verification.swift",
     "guard chunk.offset >= SlotLayout.head.upperBound else { return false }", ""),
    ("believe what is in place without hashing", S + "Verification.swift",
     "{ hashing.sha256($0) == chunk.digest }",
     "{ hashing.sha256($0) == chunk.digest || $0[0] != 0 }"),
    ("write the wrong slot", S + "Verification.swift",
     "let target = running.other\n        let release = try judge(statement",
     "let target = running\n        let release = try judge(statement"),
    ("install during a trial", S + "Verification.swift",
     "guard node.standing == .trusted else {\n"
     "            throw .notSettled(running: running, standing: node.standing)\n"
     "        }\n"
     "        let index",
     "let index"),
    ("activate a staged slot without proving it", S + "Verification.swift",
     "        try machine.prove(target, node, observer: observer)\n        return",
     "        return"),
    ("accept k-1 signatures", S + "Judgement.swift",
     "guard valid >= threshold else", "guard valid >= threshold - 1 else"),
    ("accept a release that refuses itself", S + "Judgement.swift",
     "guard valid >= release.manifest.threshold else", "guard valid >= 0 else"),
    ("forget the quarantine", S + "Judgement.swift",
     "node.quarantined.contains(release.digest), !options", "false, !options"),
    ("revoke one record copy only", S + "RecordBootLoader.swift",
     "let failed = write(record, to: [0, 1]) + writeLastWord(record, preferring: slot.other)",
     "let failed = write(record, to: [0])"),
    ("revoke all copies but the last word", S + "RecordBootLoader.swift",
     "let failed = write(record, to: [0, 1]) + writeLastWord(record, preferring: slot.other)",
     "let failed = write(record, to: [0, 1])"),
    ("go on when a copy was not revoked", S + "RecordBootLoader.swift",
     "guard failed.isEmpty else { throw failure(failed, of: record) }\n"
     "    }\n"
     "\n"
     "    public func arm",
     "_ = failed\n    }\n\n    public func arm"),
    ("let a stale record copy win", S + "RecordCopies.swift",
     "second.sequence > first.sequence ?", "second.sequence < first.sequence ?"),
    ("keep the sequence of a changed record", S + "RecordBootLoader.swift",
     "record.sequence = found.highestSequence + 1", "record.sequence = found.highestSequence"),
    ("revoke the last trusted slot", S + "RecordBootLoader.swift",
     "guard record[slot.other] == .good else { throw .nothingTrustedLeft }", ""),
    ("do not read record copies back", S + "RecordBootLoader.swift",
     "return Self.judge(found) != .whole(record)", "_ = found\n            return false"),
    ("count a trial in the last word", S + "RecordCopies.swift",
     "if case .tries = record[slot] { record[slot] = .failed }", "_ = slot"),
    ("confirm a last resort unasked", S + "EngineVerbs.swift",
     "guard operatorInsists else {", "guard true else {"),
    ("remember a verdict that nobody gave", S + "EngineVerbs.swift",
     "remember(.rollback, node.contents[slot].release, in: slot, reason: .operator)",
     "remember(.fail, node.contents[slot].release, in: slot, reason: .unhealthy)"),
    ("pass over a verdict on a slot that rotted", S + "Engine.swift",
     "guard let last = history().last(where: { $0.slot == slot }), last.event != .install else {",
     "guard let last = history().last, slot != slot else {"),
    ("give a verdict on what an install left", S + "Engine.swift",
     "guard let last = history().last(where: { $0.slot == slot }), last.event != .install else {",
     "guard let last = history().last(where: { $0.slot == slot }) else {"),
    ("repair nothing", S + "RecordBootLoader.swift",
     "guard let (record, _) = found.inForce else { throw .noRecord }",
     "guard let (record, _) = found.inForce, record.sequence < 0 else { return }"),
]
