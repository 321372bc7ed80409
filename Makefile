# Every target says what it does in one line; `make help` lists them.

FUZZTIME ?= 30s

# Targets that make fuzz runs: a pattern for grep -E over "FOLDER NAME".
FUZZ ?= .

# What guides the fuzzer beside the fuzzed package: what parses. Under go test -fuzz every package of the program does,
# and all counters are read after each execution: with net/http and its kin that takes far longer than to parse.
GUIDES = ./money ./internal/table encoding/... archive/zip compress/... github.com/gowebpki/jcs

# Power cuts of each kind, and kills, in make soak.
SOAK ?= 1000

# The Go that go.mod names, where it can be had: its library lacks the faults that make vuln finds in earlier ones.
ifeq ($(origin GOTOOLCHAIN),undefined)
export GOTOOLCHAIN := $(shell GOTOOLCHAIN=auto go version >/dev/null 2>&1 && echo auto || echo local)
endif

# By default a program under the race detector sleeps for a second before it ends; script tests start some two hundred.
export GORACE ?= atexit_sleep_ms=0

# Longest time one package's tests may take, with the race detector on.
TIMEOUT ?= 12m

# The handheld: what it is made of, and how long all of its tests in a browser may take.
HANDHELD = web/handheld
HANDHELD_SOURCES = $(shell find $(HANDHELD) \( -name node_modules -o -name test-results -o -name screenshots \) -prune -o -type f \
	\( -path '*/src/*' -o -path '*/prompts/*' -o -path '*/public/*' -o -path '*/scripts/*' -o -name '*.html' -o -name '*.json' -o -name 'vite*.ts' \) -print)
WEB_TIMEOUT ?= 6m

# What faces the network: gosec finds nothing there that has no reason beside it. Elsewhere it does not count dropped
# errors (errors that matter are staticcheck's and the tests'), conversions of integers whose bounds it does not see, and
# files whose names the operator gave.
EXPOSED = ./internal/httpkit ./web ./access/...
ELSEWHERE = -exclude=G104,G115,G304 -exclude-dir=test

.PHONY: all build web demo test webtest weblong screenshots short fuzz sim detect bench microbench soak lint vuln sbom cover asvs tools clean help

all: lint build ## check and build (the default)

build: ## go build ./... and bin/jate
	go build ./...
	go build -o bin/jate ./cmd/jate

web: web/dist/handheld/index.html ## build the browser applications, which the next go build embeds; needs Node 20 and npm

web/dist/handheld/index.html: $(HANDHELD)/node_modules/.package-lock.json $(HANDHELD_SOURCES)
	cd $(HANDHELD) && npm run --silent build -- --logLevel warn
	@touch $@

$(HANDHELD)/node_modules/.package-lock.json: $(HANDHELD)/package.json $(HANDHELD)/package-lock.json
	cd $(HANDHELD) && npm ci --no-progress
	@touch $@

demo: ## a whole round on invented households, then a server to look around in
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web || \
		echo "demo: the handheld could not be built; going on without it"; \
	else echo "demo: npm is not installed; going on without the handheld"; fi
	go run ./cmd/jate demo

test: tools web ## every test, race detector on where nothing is measured, then the handheld in a browser; a missing outside program fails
	JATE_TOOLS=required CGO_ENABLED=1 go test -race -timeout $(TIMEOUT) $$(go list ./... | grep -v -E '/test/(bench|detect)$$')
	JATE_TOOLS=required go test -timeout $(TIMEOUT) ./test/bench ./test/detect
	@$(MAKE) --no-print-directory webtest

webtest: web ## the handheld's tests alone: types, units, and in Chromium against the real server
	go build -o bin/jate ./cmd/jate
	cd $(HANDHELD) && for part in check test e2e screens; do timeout $(WEB_TIMEOUT) npm run --silent $$part || exit 1; done

weblong: web ## more of the handheld's tests: stopped at 46 moments of a sale, every screen in every size; ten minutes
	go build -o bin/jate ./cmd/jate
	cd $(HANDHELD) && JATE_LONG=1 npm run --silent e2e && npm run --silent screenshots

screenshots: web ## a picture of every screen of the handheld, in each language and size, into web/handheld/screenshots
	cd $(HANDHELD) && npm run --silent screenshots

short: ## the quick tests; those that miss an outside program are skipped
	go test -short ./...

fuzz: ## every Fuzz target, or those that FUZZ names, for FUZZTIME (default 30s) each
	@list=$$(grep -rno --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | \
		sed -E 's|^(.*)/[^/]*:[0-9]+:func (.*)$$|\1 \2|' | sort | grep -E '$(FUZZ)') || { echo "no such Fuzz target"; exit 1; }; \
	bin=$$(mktemp) && trap 'rm -f "$$bin"' EXIT && found=$$(go env GOCACHE)/fuzz && \
	printf '%s\n' "$$list" | while read -r dir name; do \
		echo "fuzz $$name in $$dir"; \
		go test -c -o "$$bin" $(GUIDES:%=-gcflags=%=-d=libfuzzer) -gcflags=-d=libfuzzer "$$dir" </dev/null && \
		(cd "$$dir" && exec "$$bin" -test.run='^$$' -test.fuzz="^$$name\$$" -test.fuzztime=$(FUZZTIME) \
			-test.fuzzminimizetime=100x -test.fuzzcachedir="$$found/$$(go list)") </dev/null || exit 1; \
	done

sim: ## whole simulated rounds: SEEDS of them (20000) and OPS concurrent calls, or one SEED told step by step
	@if [ -n "$(SEED)" ]; then run='^TestSimulation$$'; else run='^TestSimulation$$|^TestLinearizable'; \
		export SEEDS=$(or $(SEEDS),20000) OPS=$(or $(OPS),100000); fi; \
	go test -count=1 -timeout=0 -v -run="$$run" ./test/sim

detect: ## what the detectors find in invented rounds, on seeds that nothing was tuned with; docs/detection.md explains it
	go run ./test/detect -svg docs/detection.svg

bench: ## measure against limits and peers, one table; BENCH=--quick is short
	go run ./test/bench $(BENCH)

microbench: ## every Go benchmark
	go test -run='^$$' -bench=. -benchmem ./...

soak: tools ## power cuts, kills and failing disks, SOAK (default 1000) of each kind; a quarter of an hour
	JATE_SOAK=$(SOAK) JATE_TOOLS=required go test -v -count=1 -timeout 24h ./test/crash

lint: ## gofmt, go vet, staticcheck, gosec; says what vuln finds, which alone does not fail it
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then \
		echo "gofmt -w is needed for:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go tool -modfile=tools/go.mod gosec -quiet $(EXPOSED)
	go tool -modfile=tools/go.mod gosec -quiet $(ELSEWHERE) ./...
	@# What is found here appears without any change of ours: it must be seen, and not stop everybody's work.
	@.ci/vuln ./cmd/jate || echo "lint: VULNERABILITIES ARE KNOWN, see above; make vuln fails until they are mended"

vuln: ## known vulnerabilities that the program can reach, with the database of vuln.go.dev or of the Go proxy
	@.ci/vuln ./cmd/jate

sbom: ## bin/jate.cdx.json: what bin/jate is made of, as CycloneDX
	go build -o bin/jate ./cmd/jate
	go tool -modfile=tools/go.mod cyclonedx-gomod bin -json -output bin/jate.cdx.json bin/jate

asvs: ## the 58 requirements of ASVS 5.0 that matter here, each with its tests, or why there are none yet
	@go run ./test/asvs

cover: ## coverage by package, and cover.out for go tool cover
	go test -coverprofile=cover.out ./...
	@go tool cover -func=cover.out | tail -n 1

tools: ## install the outside programs that the tests use (Debian packages)
	@./.ci/tools

clean: ## remove what was built
	rm -rf bin cover.out web/dist/handheld $(HANDHELD)/node_modules

help: ## this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)$$/\1|\2/p' $(MAKEFILE_LIST) | \
		awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'
