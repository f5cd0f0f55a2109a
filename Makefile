# Everything a developer needs. `make help` lists it.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s

# What the tests use beside Go: a command and the Debian package that has it.
TOOLS := chromium:chromium qpdf:qpdf zbarimg:zbar-tools pdftoppm:poppler-utils node:nodejs npm:npm gcc:gcc openssl:openssl mutool:mupdf-tools certutil:libnss3-tools pngcheck:pngcheck exiftool:libimage-exiftool-perl xmllint:libxml2-utils rsvg-convert:librsvg2-bin
NPM   := verifier/testdata/npm

export CGO_ENABLED = 1

.PHONY: help build test lint deps demo test-faults mutants load fuzz bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

build: ## build both programs into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -tags nomsgpack -ldflags "-s -w" -o bin/ ./cmd/testamur ./cmd/testamur-verify

demo: ## show everything with specimen data
	$(GO) run ./cmd/testamur demo

test: deps lint ## all tests, with the race detector
	@test -d "$${TESTAMUR_VECTORS:-../shared/vectors}" || echo "NOTE: the published JSON schemas are not here; other people's packages check the model without them (TESTAMUR_VECTORS names their folder)"
	$(GO) test -race -timeout 30m ./...
	$(GO) test -timeout 30m -run '^Test(GenuinePapersShowWhatWasSigned|EditedPapersAreFound)$$' ./cmd/testamur # whole, where the race detector sees a part
	$(GO) test -timeout 30m -run '^TestPapersOfEveryDesignAgree$$' ./verifier/paper
	$(GO) test -timeout 30m -run '^TestKilledAnywhere' ./issuer
	$(GO) test -timeout 30m -run '^TestWhatIsTakenStaysInItsBudget$$' ./templates/typeface

lint: ## formatting, vet and staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod verify

deps: $(NPM)/node_modules/.installed ## install what the tests need, where that is possible
	@missing=; for tool in $(TOOLS); do command -v $${tool%%:*} >/dev/null || missing="$$missing $${tool##*:}"; done; \
	test -z "$$missing" || $(MAKE) --no-print-directory debian PACKAGES="$$missing"

.PHONY: debian
debian:
	@echo "the tests need these Debian packages:$(PACKAGES)"
	@if [ "$$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else \
		echo "they cannot be installed by this user; run: sudo apt-get install$(PACKAGES)"; exit 1; fi; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(PACKAGES)

# The packages of other people's that tests compare with, at pinned versions.
$(NPM)/node_modules/.installed: $(NPM)/package-lock.json
	@command -v npm >/dev/null || $(MAKE) --no-print-directory debian PACKAGES=" nodejs npm"
	npm ci --prefix $(NPM) --no-audit --no-fund --loglevel=error
	@touch $@

test-faults: deps ## the fault tests at their full figures
	$(GO) test -count=1 -timeout 60m -run 'Killed|Fault|Tamper' ./issuer/... ./verifier/...

mutants: ## a million changed tokens, 20,000 histories of status lists, 100,000 changed pictures and fonts
	TESTAMUR_MUTANTS=1000000 $(GO) test -count=1 -timeout 20m -v -run '^(TestNoMutantIsValid|TestRandomHistories|TestMutatedPicturesAndFontsHarmNothing)$$' ./verifier ./templates/picture

load: ## honest clients among 500 slow ones, and under overload
	TESTAMUR_QUIET=1 $(GO) test -count=1 -timeout 10m -v -run '^TestHonestClientsAreServedUnderAttack$$' ./cmd/testamur-verify

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg; \
		done; done

bench: ## sign, verify, print and issue, beside the raw limits in the same run
	$(GO) test -run '^$$' -bench . -benchmem -count 3 ./keys ./verifier ./verifier/credential ./verifier/summary ./verifier/web ./verifier/paper ./cmd/testamur-verify ./issuer ./issuer/render ./issuer/picture ./issuer/seal
	TESTAMUR_RATIOS=1 $(GO) test -count 1 -run '^TestRatios$$' -v -timeout 10m ./issuer/render
	$(GO) test -run '^$$' -bench '^BenchmarkBatch$$' -benchtime 1x -timeout 30m ./cmd/testamur

clean: ## remove what the build made
	rm -rf bin $(NPM)/node_modules
