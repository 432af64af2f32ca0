# SPDX-License-Identifier: Apache-2.0
# What leaves this folder: an installed program, an image, and the program for other machines. Included by the Makefile.

# --- other machines, and one file ---------------------------------------------------------------------------------

$(OUT)/sysroot-%/made: scripts/sysroot.sh scripts/packages.txt
	$(call msg,SYSROOT,$(@D))
	$(Q)scripts/sysroot.sh $* $(@D) $$(awk '$$1 == "cross" {print $$2}' scripts/packages.txt)

# Debian ships cJSON as a shared library only: its one file is compiled from Debian's source package.
CJSON_A ?= $(B)/static/libcjson.a
$(B)/static/libcjson.a: scripts/static-cjson.sh
	$(call msg,CJSON,$@)
	$(Q)scripts/static-cjson.sh $@ $(CC) $(HARDEN)

# Name by name, so that what is missing is said by its name.
STATIC_LIBS := libbpf.a libelf.a libz.a libevent.a libevent_openssl.a libssl.a libcrypto.a libsqlite3.a libyaml.a
$(B)/static/hostnetd: $(B)/src/main.o $(B)/libhostnetd.a $(CJSON_A)
	$(call msg,LD,$@)
	$(Q)for name in $(STATIC_LIBS); do file=$$($(CC) -print-file-name=$$name); [ -f "$$file" ] || \
	 { echo "make: $$name is missing: its development package does not ship it; STATIC=1 needs it" >&2; exit 1; }; done
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -static-pie $(filter-out -pie,$(HN_LDFLAGS)) $(LDFLAGS) -o $@ $< $(B)/libhostnetd.a -lbpf -levent_openssl -levent \
		-lssl -lcrypto -lsqlite3 -lyaml $(CJSON_A) -lelf -lz -lm -ldl

# --- make install -------------------------------------------------------------------------------------------------

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
datadir ?= $(prefix)/share
docdir ?= $(datadir)/doc/hostnetd
sysconfdir ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
UNITDIR ?= $(prefix)/lib/systemd/system
INSTALL ?= install

.PHONY: install install-strip uninstall image test-arm64
install: $(PROGRAM) ## the program and its systemd unit (DESTDIR, PREFIX, bindir, sysconfdir, docdir, UNITDIR)
	$(Q)$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(docdir)' '$(DESTDIR)$(sysconfdir)/hostnetd'
	$(Q)$(INSTALL) -m 755 $(INSTALL_FLAGS) $(PROGRAM) '$(DESTDIR)$(bindir)/hostnetd'
	$(Q)sed 's:/usr/bin/:$(bindir)/:; s:/etc/hostnetd/:$(sysconfdir)/hostnetd/:' deploy/systemd/hostnetd.service \
		>'$(DESTDIR)$(UNITDIR)/hostnetd.service' && chmod 644 '$(DESTDIR)$(UNITDIR)/hostnetd.service'
	$(Q)$(INSTALL) -m 644 README.md LICENSE deploy/systemd/hostnetd.yaml '$(DESTDIR)$(docdir)'
	$(Q)[ -e '$(DESTDIR)$(sysconfdir)/hostnetd/hostnetd.yaml' ] || \
		$(INSTALL) -m 644 deploy/systemd/hostnetd.yaml '$(DESTDIR)$(sysconfdir)/hostnetd/hostnetd.yaml'

install-strip: ## the same, without symbols
	$(Q)$(MAKE) install INSTALL_FLAGS='-s --strip-program=$(CROSS)strip'

uninstall: ## what install put there; the settings only if they were never changed, the history never
	$(Q)rm -f '$(DESTDIR)$(bindir)/hostnetd' '$(DESTDIR)$(UNITDIR)/hostnetd.service'
	$(Q)! cmp -s deploy/systemd/hostnetd.yaml '$(DESTDIR)$(sysconfdir)/hostnetd/hostnetd.yaml' || \
		rm -f '$(DESTDIR)$(sysconfdir)/hostnetd/hostnetd.yaml'
	$(Q)rm -f '$(DESTDIR)$(docdir)/README.md' '$(DESTDIR)$(docdir)/LICENSE' '$(DESTDIR)$(docdir)/hostnetd.yaml'
	$(Q)for folder in '$(DESTDIR)$(docdir)' '$(DESTDIR)$(sysconfdir)/hostnetd'; do \
		[ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder"; done

# --- make image ---------------------------------------------------------------------------------------------------

# When the commit was made: the only time that is in the image.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
IMAGE_NAME ?= localhost/hostnetd:$(VERSION)
IMAGE_ARCHES ?= $(ARCH)
LINKED := $(if $(filter 1,$(STATIC)),-static)
IMAGE := $(OUT)/image/hostnetd-$(VERSION)$(LINKED).oci.tar
IMAGE_SCRIPTS := $(sort $(wildcard deploy/image/*.py))

image: ## an OCI archive, with its SBOM beside it: .output/image (IMAGE_ARCHES="amd64 arm64": an index of both)
	$(Q)for arch in $(IMAGE_ARCHES); do $(MAKE) --no-print-directory ARCH=$$arch $(OUT)/image/rootfs-$$arch$(LINKED).tar || exit 1; done
	$(Q)/usr/bin/python3 -B deploy/image/oci.py --name '$(IMAGE_NAME)' --version $(VERSION) --commit $(COMMIT) \
		--time $(SOURCE_DATE_EPOCH) --output $(IMAGE) $(foreach a,$(IMAGE_ARCHES),$(a)=$(OUT)/image/rootfs-$(a)$(LINKED).tar)

$(OUT)/image/rootfs-$(ARCH)$(LINKED).tar: $(PROGRAM) $(B)/commit $(IMAGE_SCRIPTS)
	$(call msg,ROOTFS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)strip -o $(PROGRAM).stripped $(PROGRAM)
	$(Q)/usr/bin/python3 -B deploy/image/rootfs.py --arch $(ARCH) --root $(if $(SYSROOT),$(SYSROOT)/tree,/) --version $(VERSION) \
		--commit $(COMMIT) --time $(SOURCE_DATE_EPOCH) --licence LICENSE --readelf $(CROSS)readelf --output $@ --sbom $(OUT)/image/hostnetd-$(VERSION)-$(ARCH)$(LINKED).spdx.json \
		$(PROGRAM).stripped

VM_ARM64 := $(addprefix $(OUT)/arm64/tests/node/,evade joiner borrow datagram)
HOOKS ?= none
test-arm64: ## the arm64 program under qemu's emulation: doctor, scan, and run's ways into the host's netns by HOOKS="none kprobe"; minutes
	@scripts/install-packages.sh build vm arm64
	$(Q)$(MAKE) --no-print-directory ARCH=arm64 all $(VM_ARM64) $(OUT)/image/rootfs-arm64.tar
	@tests/vm/arm64.sh $(OUT)/arm64/hostnetd $(OUT)/arm64/tests/node $(OUT)/image/rootfs-arm64.tar \
		$(OUT)/sysroot-arm64/tree/bin/busybox $(or $(SUITES),bookworm) $(HOOKS)
