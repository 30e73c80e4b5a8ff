# gneiss needs no make: this is a list of commands worth remembering.

GO    ?= go
OUT   ?= bin
FUZZ  ?= 30s
PEERS ?=

.PHONY: help build test short race vet fmt bench bench-peers cycles cross test-qemu fuzz generate train ci clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: ## the command line, one static file, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o $(OUT)/gneiss ./cmd/gneiss

test: ## everything
	$(GO) test ./...

short: ## the quick part of it
	$(GO) test -short ./...

race: ## the executor and its users under the race detector
	$(GO) test -race -short ./runtime ./models/... ./cmd/...

vet: ## go vet for each architecture with assembly, and without it
	$(GO) vet ./...
	GOARCH=arm64 $(GO) vet ./...
	GOARCH=arm GOARM=7 $(GO) vet ./...
	$(GO) vet -tags purego ./...

fmt: ## gofmt
	gofmt -l -w .

bench: ## layers and networks on this machine
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./bench ./kernels ./models/preprocess

bench-peers: ## beside other engines: table, bin/peers.json, bin/peers.svg; PEERS="--install --threads 1 --models net.onnx,zoo"
	@mkdir -p $(OUT)
	$(GO) run ./bench/peers --dtype f32,int8 --json $(OUT)/peers.json --plot $(OUT)/peers.svg $(PEERS)

cycles: ## arm64 kernels in models of cores: peaks, instructions, predicted times
	$(GO) run ./bench/cycles

cross: ## compile for other systems: arm64, ARMv7, ARMv6, RISC-V, macOS, Windows, WebAssembly
	.ci/run cross

test-qemu: ## arm64 and ARMv7 under qemu, on CPUs with and without the newer instructions
	.ci/run emulated

fuzz: ## each fuzz target for FUZZ=30s
	@$(GO) list ./... | while read -r p; do \
		$(GO) test -list '^Fuzz' "$$p" | grep '^Fuzz' | while read -r f; do \
			echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZ) "$$p" </dev/null || exit 1; \
		done || exit 1; \
	done

generate: ## sample pictures and other generated files
	$(GO) generate ./...

train: ## the built-in model anew; needs python3 with torch, and CIFAR=cifar10-jpg.tar.gz
	@test -n "$(CIFAR)" || { echo "say where the pictures are: make train CIFAR=.../cifar10-jpg.tar.gz"; exit 2; }
	python3 models/cifar10/train/train.py --data $(CIFAR) --out $(OUT)/cifar10
	python3 models/cifar10/train/export.py --run $(OUT)/cifar10 --weights models/cifar10/cifar10_googlenet.weights

ci: ## all that is checked before a change is taken
	.ci/run

clean:
	rm -rf $(OUT)
