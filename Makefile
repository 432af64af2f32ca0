# SPDX-License-Identifier: Apache-2.0
# hostnetd. `make help` lists the targets. Everything that is built goes to .output/.
# Variables: V=1 shows the commands, CC, CFLAGS and LDFLAGS are yours, SAN=1 builds with ASan and UBSan, ARCH=arm64 (or amd64)
# builds for another machine into .output/ARCH, STATIC=1 links all libraries in (.output/static/hostnetd).

OUT ?= .output
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
VERSION := $(shell cat VERSION)
COMMIT := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

ifeq ($(V),1)
Q =
msg =
else
Q = @
msg = @printf '  %-8s %s\n' $(1) $(2);
endif

HOST_ARCH := $(shell uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')
ARCH ?= $(HOST_ARCH)
PKG_CONFIG ?= pkg-config
# For another machine: Debian's cross compiler, and Debian's packages of that machine unpacked in a folder of their own.
ifneq ($(ARCH),$(HOST_ARCH))
TRIPLET := $(if $(filter arm64,$(ARCH)),aarch64-linux-gnu,$(if $(filter amd64,$(ARCH)),x86_64-linux-gnu,\
	$(error ARCH=$(ARCH): amd64 and arm64 are known)))
CROSS ?= $(TRIPLET)-
SYSROOT := $(abspath $(OUT))/sysroot-$(ARCH)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT)/tree pkg-config
export PKG_CONFIG_LIBDIR := $(SYSROOT)/tree/usr/lib/$(TRIPLET)/pkgconfig:$(SYSROOT)/tree/usr/share/pkgconfig
CC := $(CROSS)gcc --sysroot=$(SYSROOT)/tree
# As a makefile that is made first, so that pkg-config below finds what it looks for; it is empty.
include $(SYSROOT)/made
endif

ifeq ($(SAN),1)
B := $(OUT)/san
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
else
B := $(if $(SYSROOT),$(OUT)/$(ARCH),$(OUT))
SANITIZE :=
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
	-Wvla -Wformat=2 -Wimplicit-fallthrough
ifeq ($(WERROR),1)
WARN += -Werror
endif
PKGS := libbpf libcjson libevent libevent_openssl openssl sqlite3 yaml-0.1
DEPS_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
DEPS_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lelf -lz
# Where it is built is not in what is built.
PREFIX_MAP := -ffile-prefix-map=$(abspath $(OUT))=.output -ffile-prefix-map=$(OUT)=.output -ffile-prefix-map=$(CURDIR)=.
HARDEN := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -fno-common $(PREFIX_MAP)
ifeq ($(SAN),1)
HARDEN := -fno-common
endif
CFLAGS ?= -g
HN_CFLAGS := -std=gnu17 $(WARN) $(HARDEN) $(SANITIZE) -Iinclude -I$(B)/include -D_GNU_SOURCE $(DEPS_CFLAGS)
HN_LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now $(SANITIZE)

SRC := $(sort $(wildcard src/*.c src/*/*.c))
OBJ := $(SRC:%.c=$(B)/%.o)
LIB_OBJ := $(filter-out $(B)/src/main.o,$(OBJ))
# maps.bpf.c first: see there.
BPF_SRC := bpf/maps.bpf.c $(sort $(filter-out bpf/maps.bpf.c,$(wildcard bpf/*.bpf.c)))
BPF_OBJ := $(BPF_SRC:%.bpf.c=$(B)/%.bpf.o)
SKEL := $(B)/include/hostnetd.skel.h
# Files that a header made from them, or .incbin, puts into an object.
EMBEDDED := $(sort $(wildcard src/ai/*.yaml src/kube/*.yaml src/report/schema/*.json src/http/*.json src/http/page/*))
PAGE := $(sort $(wildcard src/http/page/*))
PAGE_FILES := $(B)/include/page_files.h

UNIT_SRC := $(sort $(wildcard tests/unit/*.c tests/unit/*/*.c))
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)

# No built-in rules: one would make the folder src/http/page out of page.c.
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help clean FORCE

PROGRAM := $(if $(filter 1,$(STATIC)),$(B)/static/hostnetd,$(B)/hostnetd)
all: $(PROGRAM) ## the program, .output/hostnetd

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z_-]*:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

clean: ## remove .output
	rm -rf $(OUT)

$(B)/hostnetd: $(B)/src/main.o $(B)/libhostnetd.a
	$(call msg,LD,$@)
	$(Q)$(CC) $(HN_LDFLAGS) $(LDFLAGS) -o $@ $< $(B)/libhostnetd.a $(DEPS_LIBS)

$(B)/libhostnetd.a: $(LIB_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar Drcs $@ $^

$(B)/src/%.o: src/%.c | toolchain
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HN_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/src/main.o $(B)/src/cmd/%.o: HN_CFLAGS += -DHN_VERSION='"$(VERSION)"' -DHN_COMMIT='"$(COMMIT)"'
# Anew when there is another commit: the program says which one it is of.
$(B)/src/main.o: $(B)/commit
$(B)/commit: FORCE
	@mkdir -p $(@D) && echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
FORCE:
$(B)/src/probe/bpf_load.o $(B)/src/probe/bpf_handles.o: $(SKEL)
$(B)/src/ai/catalogue.o $(B)/src/kube/workload_kinds.o $(B)/src/report/schema.o $(B)/src/http/page.o: $(EMBEDDED)
$(B)/src/http/page.o: $(PAGE_FILES)
# Files that parse bytes from outside.
CONVERSION := src/node/cgroup.c src/probe/record.c src/kube/podlist.c
$(CONVERSION:%.c=$(B)/%.o): HN_CFLAGS += -Wconversion

# The list of files, not their content, makes this anew: one that is gone must not stay a row.
$(PAGE_FILES): $(PAGE) src/http/openapi.json scripts/page_files.sh $(wildcard src/http/page) | toolchain
	$(Q)mkdir -p $(@D)
	$(Q)scripts/page_files.sh src/http/page src/http/openapi.json $(B)/page > $@

# --- the kernel side -------------------------------------------------------------------------------------------

BPF_ARCH := $(ARCH:amd64=x86)
# clang leaves out the host's include folders with -target bpf; libbpf's and the kernel's uapi headers are there.
BPF_INC := $(shell $(CLANG) -v -E - </dev/null 2>&1 | sed -n '/<...> search starts here:/,/End of search/{ s/^ \(\/.*\)/-idirafter \1/p }')
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wextra -Werror -Wno-unused-parameter \
	-Iinclude -Ibpf $(BPF_INC) $(PREFIX_MAP)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(sort $(wildcard bpf/*.h)) include/hostnetd/abi.h | toolchain
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(B)/bpf/hostnetd.o: $(BPF_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKEL): $(B)/bpf/hostnetd.o
	$(call msg,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name hostnetd_bpf > $@

.PHONY: toolchain
toolchain:
	@for tool in $(firstword $(CC)) $(CLANG) $(BPFTOOL) pkg-config; do command -v $$tool >/dev/null 2>&1 || \
	 { echo "make: $$tool is missing: run 'make deps' (Debian packages, as root)" >&2; exit 1; }; done
	@$(PKG_CONFIG) --exists $(PKGS) || { echo "make: development libraries are missing: run 'make deps'" >&2; exit 1; }

# --- tests ------------------------------------------------------------------------------------------------------

$(B)/tests/unit/%: tests/unit/%.c $(B)/libhostnetd.a
	$(call msg,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HN_CFLAGS) $(CFLAGS) -Werror=unused-function -Isrc -I$(<D) -MMD -MP -MF $@.d -o $@ $< \
		$(B)/libhostnetd.a $(HN_LDFLAGS) $(DEPS_LIBS) -lcmocka

FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ ?= $(FUZZERS)
TIME ?= 60
FUZZ_OBJ = $(patsubst src/%.c,$(OUT)/fuzz/src/%.o,$(filter-out src/main.c src/probe/bpf%.c,$(SRC)))
FUZZ_FLAGS := -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Iinclude -Isrc -I$(B)/include -D_GNU_SOURCE

$(OUT)/fuzz/src/%.o: src/%.c $(EMBEDDED) $(PAGE_FILES) | toolchain
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu17 $(FUZZ_FLAGS) $(DEPS_CFLAGS) -DHN_VERSION='"fuzz"' -DHN_COMMIT='"fuzz"' -MMD -MP -c -o $@ $<

$(OUT)/fuzz/libfuzz.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && ar Drcs $@ $^

$(OUT)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(OUT)/fuzz/libfuzz.a
	$(call msg,FUZZ,$<)
	$(Q)$(CLANG) -std=gnu17 $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< $(OUT)/fuzz/libfuzz.a $(DEPS_LIBS)

.PHONY: deps unit valgrind policy manifests lint-deploy node web test test-vm test-long check fuzz demo bench eval golden
deps: ## install what building and testing need (Debian, as root)
	@scripts/install-packages.sh build test

unit: $(UNIT_BIN) ## the hermetic tests: no root, seconds (SAN=1: under ASan and UBSan)
	@scripts/run-tests.sh $(UNIT_BIN)

valgrind: $(UNIT_BIN) ## the hermetic tests under valgrind: a minute
	@scripts/run-tests.sh -e 'valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect' $(UNIT_BIN)

POLICY_CORPUS ?= tests/data/ai-workloads-dev.jsonl
policy: $(B)/hostnetd $(OUT)/policy/.installed ## the admission policies, evaluated over the labelled pods
	@scripts/side-by-side.sh 'node "tests/policy/$$1.mjs" $(B)/hostnetd $(POLICY_CORPUS) $(OUT)/policy' claim agreement

node: $(B)/hostnetd ## the tests with real BPF and real containers: root, minutes (K=FILTER)
	@/usr/bin/python3 -B tests/node/run.py $(if $(K),-k $(K))

# npm's packages, pinned by the locks: they drive Debian's Chromium and judge the page, or read CEL; nothing of them is shipped.
$(OUT)/%/.installed: tests/%/package.json tests/%/package-lock.json
	$(Q)mkdir -p $(@D)
	$(Q)cp $^ $(@D)/
	$(Q)cd $(@D) && npm ci --silent --no-audit --no-fund --ignore-scripts && touch .installed

# Debian's Go libraries, without modules: nothing is fetched.
RENDER := $(OUT)/deploy/render
$(RENDER): $(sort $(wildcard tests/deploy/render/*.go))
	$(call msg,GO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= go build -o $@ $^

manifests: $(RENDER) ## deploy/kustomize/base anew, from the chart
	@$(RENDER) -f tests/deploy/values/good/base.yaml -each deploy/kustomize/base deploy/helm/hostnetd

lint-deploy: $(B)/hostnetd $(RENDER) $(OUT)/deploy/.installed ## the chart, the plain manifests, alert rules and dashboards
	@node tests/deploy/lint.mjs $(RENDER) $(B)/hostnetd $(OUT)/deploy
	@node tests/deploy/monitoring.mjs $(OUT)/deploy

web: $(B)/hostnetd $(OUT)/web/.installed ## the dashboard in a real Chromium: minutes (K=FILTER); screenshots in .output/web/screenshots
	@HN_OUT=$(abspath $(B)) HN_WEB_OUT=$(abspath $(OUT)/web) node tests/web/run.mjs $(if $(K),-k '$(K)')

check: $(B)/hostnetd ## the rules of the house: layers, format, warnings, clang-tidy
	@scripts/check.sh

fuzz: $(FUZZ:%=$(OUT)/fuzz/fuzz_%) ## each parser of outside bytes for TIME seconds (FUZZ=cgroup: one)
	@scripts/fuzz.sh $(OUT)/fuzz $(TIME) $(FUZZ)

test: ## all that CI runs: installs what is missing, builds, checks, tests
	@scripts/install-packages.sh build test web deploy image
	@scripts/test.sh

VM_PROGRAMS := $(addprefix $(B)/tests/node/,evade joiner borrow datagram)
$(B)/tests/node/%: tests/node/programs/%.c
	$(call msg,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static -O2 -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -pthread -o $@ $<

test-vm: $(B)/hostnetd $(VM_PROGRAMS) ## Debian's kernels under qemu: each netns hook, each way, cgroup v2 and v1 (SUITES="trixie sid")
	@scripts/install-packages.sh vm
	@tests/vm/matrix.sh $(B)/hostnetd $(B)/tests/node "$(SUITES)"

test-long: ## soaks: a day's worth of pod starts
	@scripts/install-packages.sh build test
	@$(MAKE) -s all
	@HN_STARTS=20000 /usr/bin/python3 -B tests/node/run.py -k quiet

demo: ## installs what is missing, builds, and shows the agent on real containers (root)
	@scripts/install-packages.sh build
	@$(MAKE) -s all
	@/usr/bin/python3 -B tests/node/demo.py

$(B)/tests/bench/%: tests/bench/%.c $(B)/libhostnetd.a
	$(call msg,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HN_CFLAGS) $(CFLAGS) -o $@ $< $(B)/libhostnetd.a $(HN_LDFLAGS) $(DEPS_LIBS)

bench: $(B)/hostnetd $(B)/tests/bench/judge $(B)/tests/bench/keep ## DESIGN.md's budgets beside what is measured here (root)
	@/usr/bin/python3 -B tests/bench/bench.py

eval: $(B)/hostnetd ## the classifier's precision, recall and mistakes on labelled pods (CORPUS=FILE: on another file)
	@/usr/bin/python3 -B tests/eval/eval.py $(B)/hostnetd $(CORPUS)

golden: $(UNIT_BIN) ## make the goldens anew; read the diff
	@HN_GOLDEN=1 scripts/run-tests.sh $(filter %/report/test_json %/report/test_table %/report/test_classify %/report/test_pushed,$(UNIT_BIN))

compile_commands.json: $(SKEL) $(PAGE_FILES) Makefile ## for editors and clang-tidy
	@/usr/bin/python3 scripts/compile_commands.py "$(CC)" "$(HN_CFLAGS) -DHN_VERSION='\"$(VERSION)\"' -DHN_COMMIT='\"x\"'" $(SRC) > $@

include deploy/package.mk

-include $(OBJ:.o=.d) $(UNIT_BIN:%=%.d)
