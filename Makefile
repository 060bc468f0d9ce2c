# make demo   prunes the trained ResNet-20 on Fashion-MNIST and prints a table
# make test   runs all tests on release builds

DATA ?= /usr/share/datasets/fashion-mnist
MODEL ?= testdata/fashion-resnet20.onnx
RUNS ?= runs
PCC = .build/release/pcc

.PHONY: build demo test bench-prune crosscheck setup

setup:
	@scripts/setup.sh

build: setup
	swift build -c release --product pcc

demo: build
	@mkdir -p $(RUNS)
	$(PCC) prune $(MODEL) -o $(RUNS)/demo.onnx --data $(DATA) --target-macs 0.25 --epochs 3 --augment flip,crop:2 --force

test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build

# Prunes to a quarter of the MACs in 12 epochs, and measures.
bench-prune: build
	@mkdir -p $(RUNS)
	$(PCC) prune $(MODEL) -o $(RUNS)/bench-prune.onnx --data $(DATA) --target-macs 0.25 --epochs 12 --augment flip,crop:2 --validation 5000 --force

# Checks round trips with onnx and onnxruntime: make crosscheck MODELS=DIR PYTHON=python3
crosscheck: build
	scripts/crosscheck.sh $(MODELS)
