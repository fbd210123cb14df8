# KeelOS. `make demo` shows it, `make test` tests it; both set up everything they need.

# The programs carry the libraries of Swift and of C++ in them; the tests need those of the
# toolchain. What lld lays out has short relocations, exports nothing and keeps its constructors
# side by side: a program touches 4 MB less of itself and its libraries before it does anything.
STATIC := $(CURDIR)/build/static
SWIFT_FLAGS := -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xswiftc -L$(STATIC) \
	-Xlinker --gc-sections -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs \
	-Xlinker -z -Xlinker keep-text-section-prefix
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-tests
BUILD := build
BIN := $(CURDIR)/$(BUILD)
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
ALL ?= 0
VERSION ?= 0.1.0
DEPTH ?= $(if $(filter 1,$(ALL)),10,2)

.PHONY: deps build node image demo test test-swift test-loader test-system bench simulate prove fmt \
	check clean

deps:
	@scripts/deps.sh

build: deps
	@mkdir -p $(STATIC) && ln -sf "$$(gcc -print-file-name=libstdc++.a)" $(STATIC)
	swift build $(SWIFT_FLAGS) --product osctl
	swift build $(SWIFT_FLAGS) --product keel-agent
	swift build $(SWIFT_FLAGS) --product keel-image
	@bootloader/build.sh $(BUILD)/BOOTX64.EFI
	@install -s -m 755 $$(swift build $(SWIFT_FLAGS) --show-bin-path)/osctl $(BUILD)/osctl
	@install -s -m 755 $$(swift build $(SWIFT_FLAGS) --show-bin-path)/keel-agent $(BUILD)/keel-agent
	@install -s -m 755 $$(swift build $(SWIFT_FLAGS) --show-bin-path)/keel-image $(BUILD)/keel-image
	@cp $(BUILD)/BOOTX64.EFI $$(swift build $(SWIFT_FLAGS) --show-bin-path)/BOOTX64.EFI

# What runs on a node besides. The first process is fully static, which wants a build folder of its
# own.
node: build
	swift build $(SWIFT_FLAGS) --product keel-provision
	swift build -c release --scratch-path .build-init -Xswiftc -static-executable --product keel-init
	@install -s -m 755 $$(swift build $(SWIFT_FLAGS) --show-bin-path)/keel-provision $(BUILD)
	@install -s -m 755 .build-init/release/keel-init $(BUILD)

# The node's release, its bill of materials and a disk that boots it. More: image/README.md
image: node
	python3 image/build.py --bin $(BIN) --version $(VERSION) --sizes $(IMAGE)

demo: node
	python3 demo/demo.py --bin $(BIN)
	python3 demo/nodes.py --bin $(BIN)

# Every unit, simulator and fuzz test; of each QEMU table a core set and rows drawn by the seed.
# ALL=1 runs every row; SUITES=node,image of the suites that scripts/test.sh names only these.
test: node
	@SEED=$(SEED) ALL=$(ALL) DEPTH=$(DEPTH) BIN=$(BIN) FLAGS="$(TEST_FLAGS)" scripts/test.sh

bench: node
	@scripts/deps.sh bench
	python3 bench/run.py --programs $(BIN) $(BENCH)

# Tells one seed's story effect by effect: make simulate SEED=7 [SCENARIO=upgrade] [CUT=12]
simulate: deps
	swift run $(TEST_FLAGS) simulate $(SEED) $(SCENARIO) $(CUT)

# Applies every deliberate bug; each must make the suite fail.
prove: deps
	python3 scripts/prove/prove.py

fmt:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

# What a change must pass before anybody looks at it.
check: build
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	scripts/proto.sh --check
	swift test $(TEST_FLAGS) --filter 'TidyTests|SlotsTests|TrustTests|ArchiveTests'

clean:
	rm -rf $(BUILD) .build .build-init .build-tests
