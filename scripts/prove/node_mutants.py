"""Deliberate bugs in what a node does with trials, pods, its cluster and its data, as in mutants.py."""

A = "Sources/Agent/"
P = "Sources/Provision/"

MUTANTS = [
    ("confirm a trial without any check", A + "HealthGate.swift",
     "if findings.contains(where: \\.required), isHealthy(now) {", "if isHealthy(now) {"),
    ("count a check that failed meanwhile as steady", A + "HealthGate.swift",
     "healthySince = failing.isEmpty ? healthySince ?? now : nil",
     "healthySince = failing.isEmpty ? healthySince ?? now : healthySince"),
    ("excuse the cluster where it is needed", A + "HealthGate.swift",
     "failing.filter { patience == nil || !$0.excused }", "failing.filter { !$0.excused }"),
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
]
