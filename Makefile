# Larder's commands; "make help" lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

SWIFT ?= swift
BINARY := .build/release/larder
SWIFT_FILES := Package.swift Sources Tests
# The Swift runtime is in the binary. lld, the toolchain's own, packs the relocations, which the
# start reads whole (glibc 2.36 or newer), folds functions that are alike, leaves out those that
# nobody calls, and puts together those that run first. Figures: Benchmarks/README.md, "Memory".
# Exclusive access is checked where tests run, in debug builds: the check took a tenth of a hit.
RELEASE := --configuration release --product larder --static-swift-stdlib -debug-info-format none \
	-Xswiftc -Xfrontend -Xswiftc -function-sections -Xcc -ffunction-sections -Xcc -fdata-sections \
	-Xswiftc -use-ld=lld -Xlinker --no-export-dynamic \
	-Xlinker -z -Xlinker pack-relative-relocs -Xlinker --icf=safe \
	-Xlinker --symbol-ordering-file=$(CURDIR)/scripts/link-order.txt \
	-Xlinker --no-warn-symbol-ordering -Xswiftc -enforce-exclusivity=unchecked
# No symbols, the dynamic ones neither.
STRIPPED := -Xlinker -s
# Tests at once: each of them is a server, its upstream and its clients, and a thousand at a time
# keep two cores from answering any of them within its time-outs.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 12

.PHONY: help run build test unit e2e chaos fuzz bench instructions link-order format lint clean

help: ## Lists these commands
	@sed --quiet --regexp-extended 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | \
		expand --tabs=16

run: build ## Builds the release binary and serves on port 5000 with the built-in defaults
	$(BINARY) serve

build: ## Builds the release binary, .build/release/larder
	scripts/install-packages.sh build run
	$(SWIFT) build $(RELEASE) $(STRIPPED)
	@echo "$(BINARY): $$(( $$(stat --dereference --format=%s $(BINARY)) / 1000000 )) MB"

test: lint unit e2e ## Runs lint, unit and e2e

unit: ## Runs the tests that need no other program
	scripts/install-packages.sh build run test
	$(SWIFT) test --disable-xctest --skip EndToEndTests
	LARDER_TEST_FAST_PATH=off $(SWIFT) test --disable-xctest --skip-build --filter ServerTests

e2e: ## Runs real clients against a real registry through Larder (as root)
	scripts/install-packages.sh build run test
	scripts/install-schemathesis.sh
	$(SWIFT) test --disable-xctest --filter EndToEndTests

chaos: ## Ten minutes of pulls through a registry that stops, stalls and cuts
	scripts/install-packages.sh build run test
	LARDER_CHAOS_SECONDS=$${LARDER_CHAOS_SECONDS:-600} \
		$(SWIFT) test --disable-xctest --filter EndToEndTests.EndToEnd/Chaos

fuzz: ## Mutated input for every parser, then libFuzzer for FUZZ_SECONDS (60) each
	scripts/install-packages.sh build run test
	LARDER_FUZZ_ROUNDS=$${LARDER_FUZZ_ROUNDS:-50000} $(SWIFT) test --disable-xctest --filter Mutation
	SWIFT="$(SWIFT)" scripts/fuzz.sh

bench: build ## Measures hits, misses, memory and a large index beside nginx and docker-registry
	scripts/bench.sh

instructions: build ## Counts the instructions of requests, beside the recorded counts
	scripts/install-packages.sh run instructions
	Benchmarks/instructions/run.sh

link-order: ## Records anew which functions the release binary begins with
	scripts/install-packages.sh build run instructions
	$(SWIFT) build $(RELEASE)
	scripts/record-link-order.sh $(BINARY)

format: ## Formats the Swift sources
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FILES)

lint: ## Checks format, imports and tracked files
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)
	scripts/check-imports.sh
	scripts/check-tracked.sh

clean: ## Removes what builds made
	rm -rf .build .build-*
