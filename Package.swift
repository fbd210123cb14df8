// swift-tools-version: 6.2
import PackageDescription

// The dependency lists below are the architecture: what a target does not name it cannot import.
// Tests/TidyTests checks them against the table in docs/design.md.

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func shim(_ name: String, pkgConfig: String?, package: String) -> Target {
    .systemLibrary(
        name: name,
        path: "Sources/Shims/\(name)",
        pkgConfig: pkgConfig,
        providers: [.apt([package])]
    )
}

// Static, so that only the tar reader and writer come along, and not libxml2 and ICU.
let staticArchive: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "-l:libarchive.a", "-Xlinker", "--gc-sections"])
]

let staticYAML: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "-l:libyaml.a", "-Xlinker", "--gc-sections"])
]

/// What libgrpc is made of in Debian: static, because its shared libraries are more than fifty.
let grpcParts = """
    grpc address_sorting re2 upb cares gpr
    """
let abslParts = """
    bad_optional_access bad_variant_access base city civil_time cord cord_internal
    cordz_functions cordz_handle cordz_info debugging_internal demangle_internal
    exponential_biased graphcycles_internal hash hashtablez_sampler int128 log_severity
    low_level_hash malloc_internal random_distributions random_internal_platform
    random_internal_pool_urbg random_internal_randen random_internal_randen_hwaes
    random_internal_randen_hwaes_impl random_internal_randen_slow
    random_internal_seed_material random_seed_gen_exception random_seed_sequences
    raw_hash_set raw_logging_internal spinlock_wait stacktrace status statusor
    str_format_internal strerror strings strings_internal symbolize synchronization
    throw_delegate time time_zone
    """

let staticGRPC: [LinkerSetting] = [
    .unsafeFlags(
        ["-Xlinker", "--start-group"]
            + grpcParts.split { " \n".contains($0) }.flatMap { ["-Xlinker", "-l:lib\($0).a"] }
            + abslParts.split { " \n".contains($0) }.flatMap {
                ["-Xlinker", "-l:libabsl_\($0).a"]
            }
            + ["-Xlinker", "--end-group", "-Xlinker", "--gc-sections"]
    ),
    .linkedLibrary("ssl"),
    .linkedLibrary("crypto"),
    .linkedLibrary("z"),
    .linkedLibrary("stdc++"),
    .linkedLibrary("m"),
]

func library(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    others: [String] = [],
    linking: [LinkerSetting] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        exclude: ["README.md"] + others,
        swiftSettings: strict,
        linkerSettings: linking
    )
}

func program(
    _ name: String,
    _ dependencies: [Target.Dependency],
    others: [String] = [],
    isPlain: Bool = false
) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies
            + (isPlain
                ? [] : [.product(name: "ArgumentParser", package: "swift-argument-parser")]),
        exclude: ["README.md"] + others,
        swiftSettings: strict
    )
}

let agentPages = ["Bootstrap/README.md", "Cluster/README.md", "Kubelet/README.md"]
let protos = ["node.proto", "health.proto", "containerd.proto", "cri.proto"]
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let engine: [Target.Dependency] = [
    "Slots", "Syscalls", "SlotsDisk", "SlotsLayout", "SlotsFetch", "Trust", "Archive",
]

let firstParts: [Target.Dependency] = [
    "Slots", "Syscalls", "SlotsDisk", "Trust", "InitLink", "CBoot",
]

let agentParts: [Target.Dependency] = ["API", "InitLink", protobuf, logging]

let package = Package(
    name: "keelos",
    products: [
        .executable(name: "osctl", targets: ["osctl"]),
        .executable(name: "keel-agent", targets: ["Agent"]),
        .executable(name: "keel-image", targets: ["ImageTool"]),
        .executable(name: "keel-provision", targets: ["Provision"]),
        .executable(name: "keel-init", targets: ["Boot"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    ],
    targets: [
        shim("CLinux", pkgConfig: nil, package: "libc6-dev"),
        shim("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
        shim("CYaml", pkgConfig: nil, package: "libyaml-dev"),
        shim("CArchive", pkgConfig: nil, package: "libarchive-dev"),
        shim("CFdisk", pkgConfig: "fdisk", package: "libfdisk-dev"),
        shim("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
        shim("CGRPC", pkgConfig: nil, package: "libgrpc-dev"),
        // Generated by protoc-c, committed: plain C on libprotobuf-c.
        .target(
            name: "CControl",
            path: "Sources/Shims/CControl",
            exclude: ["README.md", "control.proto"],
            linkerSettings: [.linkedLibrary("protobuf-c")]
        ),

        // A constructor that must run before Swift's runtime; linked into keel-init alone.
        .target(name: "CBoot", path: "Sources/Shims/CBoot", exclude: ["README.md"]),

        library("Slots"),
        library("Syscalls", ["CLinux"]),
        library("Trust", ["Slots", "CCrypto", "CYaml"], linking: staticYAML),
        library("Archive", ["CArchive"], linking: staticArchive),
        library("SlotsDisk", ["Slots", "Syscalls"]),
        library("SlotsLayout", ["Slots", "Syscalls", "SlotsDisk", "CFdisk"]),
        library("SlotsFetch", ["Slots", "Archive", "CCurl"]),
        library("API", ["CGRPC", protobuf], others: protos, linking: staticGRPC),
        library("InitLink", ["Syscalls", "CControl"]),
        program("Agent", engine + agentParts, others: agentPages),
        program("Boot", firstParts, isPlain: true),
        program("osctl", engine + ["API", protobuf]),
        program("ImageTool", engine + ["API"]),
        program("Provision", ["Slots", "Syscalls", "SlotsDisk", "SlotsLayout"], isPlain: true),

        .target(
            name: "Simulator",
            dependencies: ["Slots", "Trust"],
            path: "Tests/Simulator",
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(
            name: "Support",
            dependencies: ["Syscalls"],
            path: "Tests/Support",
            exclude: ["README.md"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)

/// What lies in a test folder and is no Swift.
let others = [
    "Agent": ["Kubelet/golden"], "ImageTool": ["help.txt"], "SlotsFetch": ["Server"],
]

/// Unit tests stand beside each target's name.
for (name, extra) in [
    ("Slots", ["Simulator", "Trust"]),
    ("Syscalls", []),
    ("Trust", []),
    ("Archive", []),
    ("SlotsDisk", ["Simulator", "Support", "Syscalls", "Trust"]),
    ("SlotsLayout", ["SlotsDisk", "Simulator", "Support", "Syscalls", "Trust"]),
    ("Provision", ["SlotsDisk", "SlotsLayout", "Support", "Syscalls", "Trust"]),
    ("SlotsFetch", ["Syscalls", "Trust", "Archive"]),
    ("ImageTool", ["Syscalls", "Trust", "Archive", "SlotsDisk", "SlotsLayout"]),
    ("API", ["Syscalls", "Trust", .product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    ("InitLink", ["Syscalls", "CControl"]),
    ("Boot", ["InitLink", "Simulator", "Syscalls", "SlotsDisk", "Trust"]),
    (
        "Agent",
        [
            "API", "InitLink", "Syscalls", "Trust", "Archive", "SlotsDisk", "SlotsLayout",
            logging,
            protobuf,
        ]
    ),
    (
        "osctl",
        [
            "API", "Syscalls", "Trust",
            protobuf,
        ]
    ),
] as [(String, [Target.Dependency])] {
    package.targets.append(
        .testTarget(
            name: (name == "osctl" ? "Osctl" : name) + "Tests",
            dependencies: [.target(name: name)] + (name == "Slots" ? [] : ["Slots"]) + extra,
            exclude: ["README.md"] + (others[name] ?? []),
            swiftSettings: strict
        )
    )
}

package.targets += [
    .executableTarget(
        name: "simulate",
        dependencies: ["Slots", "Simulator"],
        path: "Tests/Replay",
        exclude: ["README.md"],
        swiftSettings: strict
    ),
    .testTarget(
        name: "BootloaderTests",
        dependencies: ["Slots", "Simulator", "Syscalls"],
        exclude: ["README.md"],
        swiftSettings: strict
    ),
    .testTarget(
        name: "FuzzTests",
        dependencies: [
            "Slots", "SlotsDisk", "SlotsFetch", "Archive", "Trust", "Syscalls", "Simulator", "API",
            "InitLink", protobuf,
        ],
        exclude: ["README.md", "Corpus"],
        swiftSettings: strict
    ),
    .testTarget(
        name: "TidyTests",
        exclude: ["README.md"],
        swiftSettings: strict
    ),
]
