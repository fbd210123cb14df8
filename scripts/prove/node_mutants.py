"""Deliberate bugs in what a node does with trials, pods, its cluster, its data and its system
partition, as in mutants.py."""

A = "Sources/Agent/"
P = "Sources/Provision/"
D = "Sources/SlotsDisk/"

MUTANTS = [
    ("confirm a trial without any check", A + "HealthGate.swift",
     "if findings.contains(where: \\.required), isHealthy(now) {", "if isHealthy(now) {"),
    ("count a check that failed meanwhile as steady", A + "HealthGate.swift",
     "healthySince = failing.isEmpty ? healthySince ?? now : nil",
     "healthySince = failing.isEmpty ? healthySince ?? now : healthySince"),
    ("excuse the cluster where it is needed", A + "HealthGate.swift",
     "failing.filter { patience == nil || !$0.excused }", "failing.filter { !$0.excused }"),
    ("pass a check that never found anything", A + "HealthRound.swift",
     "passed: false,", "passed: true,"),
    ("forget a round as soon as the next is held up", A + "HealthRound.swift",
     "before.first(where: { $0.name == check.name })",
     "before.first(where: { $0.name == check.name && isOver })"),
    ("trust a check that hangs because it passed once", A + "HealthRound.swift",
     "!last.passed || age < credit", "!last.passed || age >= .zero"),
    ("take the cluster's word on the boot before", A + "AgentService+Cluster.swift",
     "guard node.bootID == bootID else {",
     "guard node.bootID == bootID || node.ready != nil else {"),
    ("take an administrator's cordon away", A + "Cluster/Cordon.swift",
     "guard node.annotations[mark] != nil else { return nil }", ""),
    ("cordon without saying whose cordon it is", A + "Cluster/Cordon.swift",
     "annotations: [Self.mark: operation]", "annotations: [:]"),
    ("do not wait for an evicted pod to end", A + "Cluster/Drain.swift",
     "if answer == .gone {", "if answer == .gone || answer == .accepted {"),
    ("let the slot boot although the drain failed", A + "EngineWork+Drain.swift",
     "guard !outcome.isDrained else {", "guard outcome.end.verdict == .cancelled else {"),
    ("show a certificate that the cluster does not vouch for", A + "ShownIdentity.swift",
     "guard let trouble else {", "guard let trouble, path.isEmpty else {"),
    ("tell a new cluster what the old one was told", A + "Cluster/ToldMark.swift",
     "guard lines.count == 3, lines[0] == membership.hex else", "guard lines.count == 3 else"),
    ("ask the container runtime for signs of life", "Sources/API/Client/Channel.swift",
     "if peer == .node {", "if peer == .node || peer == .neighbour {"),
    ("take every torn superblock from its backup", P + "DataCheck.swift",
     "TornSuperblock.mended(first, backup: backup)", "TornSuperblock.mended(first, backup: first)"),
    ("take any damaged superblock for a torn one", P + "TornSuperblock.swift",
     "shape(of: found) == shape(of: backup)", "shape(of: found) == shape(of: found)"),
    ("take a cluster that a file leads to and the table calls free",
     D + "FATVolume+Allocation.swift",
     "value == 0 && !owned.contains(cluster)", "value == 0 && !owned.contains(0)"),
    ("write a name into a folder that leads into the boot loader",
     D + "SystemPartition+Recreate.swift",
     "        guard !owners.hasLoader(at: place, on: volume) else {\n"
     "            throw .damaged(reason: \"a boot loader lies in the folder KEEL\")\n"
     "        }\n", ""),
    ("forget who owns a folder whose chain breaks", D + "FATOwners.swift",
     "            folders.formUnion(clusters)\n", ""),
]
