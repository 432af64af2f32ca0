// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostnetd/macro.h"

/* The loader speaks of addresses as numbers. */
static void *at(uintptr_t address)
{
	const union {
		uintptr_t number;
		void *pointer;
	} u = {.number = address};

	return u.pointer;
}

/* Code that the loader has written to is in no file. */
static bool has_written_code(const struct dl_phdr_info *object)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

		if (segment->p_type != PT_DYNAMIC)
			continue;
		for (const ElfW(Dyn) *d = at(object->dlpi_addr + segment->p_vaddr); d->d_tag != DT_NULL; d++)
			if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL))
				return true;
	}
	return false;
}

static int unmap_code(struct dl_phdr_info *object, size_t size _unused_, void *arg)
{
	uintptr_t page = *(const uintptr_t *)arg;

	if (has_written_code(object))
		return 0;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;

		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W || !(segment->p_flags & PF_X))
			continue;
		/* Whole pages of its own: a neighbour's may have been written. */
		start = (start + page - 1) & ~(page - 1);
		end &= ~(page - 1);
		if (start < end)
			(void)madvise(at(start), end - start, MADV_DONTNEED);
	}
	return 0;
}

void hn_memory_give_back(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	malloc_trim(0);
	dl_iterate_phdr(unmap_code, &page);
}
