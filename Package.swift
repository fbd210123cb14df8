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

func library(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    linking: [LinkerSetting] = []
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        exclude: ["README.md"],
        swiftSettings: strict,
        linkerSettings: linking
    )
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies + [
            .product(name: "ArgumentParser", package: "swift-argument-parser")
        ],
        exclude: ["README.md"],
        swiftSettings: strict
    )
}

let engine: [Target.Dependency] = [
    "Slots", "Syscalls", "SlotsDisk", "SlotsLayout", "SlotsFetch", "Trust", "Archive",
]

let package = Package(
    name: "keelos",
    products: [
        .executable(name: "osctl", targets: ["osctl"]),
        .executable(name: "keel-image", targets: ["ImageTool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        shim("CLinux", pkgConfig: nil, package: "libc6-dev"),
        shim("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
        shim("CArchive", pkgConfig: nil, package: "libarchive-dev"),
        shim("CFdisk", pkgConfig: "fdisk", package: "libfdisk-dev"),
        shim("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),

        library("Slots"),
        library("Syscalls", ["CLinux"]),
        library("Trust", ["Slots", "CCrypto"]),
        library("Archive", ["CArchive"], linking: staticArchive),
        library("SlotsDisk", ["Slots", "Syscalls"]),
        library("SlotsLayout", ["Slots", "Syscalls", "SlotsDisk", "CFdisk"]),
        library("SlotsFetch", ["Slots", "Archive", "CCurl"]),
        program("osctl", engine),
        program("ImageTool", engine),

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
let others = ["ImageTool": ["help.txt"], "SlotsFetch": ["Server"]]

/// Unit tests stand beside each target's name.
for (name, extra) in [
    ("Slots", ["Simulator", "Trust"]),
    ("Syscalls", []),
    ("Trust", []),
    ("Archive", []),
    ("SlotsDisk", ["Simulator", "Support", "Syscalls", "Trust"]),
    ("SlotsLayout", ["SlotsDisk", "Simulator", "Support", "Syscalls", "Trust"]),
    ("SlotsFetch", ["Syscalls", "Trust", "Archive"]),
    ("ImageTool", ["Syscalls", "Trust", "Archive", "SlotsDisk", "SlotsLayout"]),
] as [(String, [Target.Dependency])] {
    package.targets.append(
        .testTarget(
            name: name + "Tests",
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
        name: "TidyTests",
        exclude: ["README.md"],
        swiftSettings: strict
    ),
]
