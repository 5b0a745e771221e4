/* guard: mapped files that may be cut short under us.
 * SPDX-License-Identifier: MIT */
#include "count/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static struct guarded {
	void *volatile at; /* NULL: nothing is mapped */
	size_t size;
	volatile sig_atomic_t broke;
} all[GUARD_MAX];

/* Within guard_enter() and guard_leave(): what a library maps. */
static volatile sig_atomic_t inside, broke_inside;
static uintptr_t page_size;

static struct guarded *find(const void *at)
{
	for (size_t i = 0; i < GUARD_MAX; i++)
		if (all[i].at == at)
			return &all[i];
	return NULL;
}

static bool is_within(const struct guarded *g, const void *at)
{
	return g->at != NULL && (uintptr_t)at >= (uintptr_t)g->at &&
	       (uintptr_t)at < (uintptr_t)g->at + g->size;
}

static bool replace(struct guarded *g)
{
	g->broke = 1;
	return mmap(g->at, g->size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) != MAP_FAILED;
}

static bool replace_page(void *at)
{
	void *page = (void *)((uintptr_t)at & ~(page_size - 1));

	broke_inside = 1;
	return mmap(page, page_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) != MAP_FAILED;
}

/* The one signal that is handled in these programs: nothing else can be done
 * about SIGBUS, for it comes at the access itself, and no check before it is
 * early enough.  mmap() is a bare system call. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
	int err = errno;
	bool met = false;

	(void)context;
	/* One that somebody sent has a process and a user where the address
	 * would be. */
	for (size_t i = 0; !met && info->si_code > 0 && i < GUARD_MAX; i++)
		met = is_within(&all[i], info->si_addr) && replace(&all[i]);
	if (!met && info->si_code > 0 && inside)
		met = replace_page(info->si_addr);
	if (!met)
		signal(number, SIG_DFL); /* not ours: it dies of it, as ever */
	errno = err;
}

static bool handle_bus_errors(void)
{
	struct sigaction action = {
	    .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) == 0;
}

void guard_enter(void)
{
	static bool handled;

	if (!handled)
		handled = handle_bus_errors();
	broke_inside = 0;
	inside = 1;
}

bool guard_leave(void)
{
	inside = 0;
	return broke_inside != 0;
}

void *guard_map(int fd, size_t size, bool writable)
{
	struct guarded *g = find(NULL);
	void *at;

	if (g == NULL) {
		errno = EBUSY;
		return NULL;
	}
	if (!handle_bus_errors())
		return NULL;
	at = mmap(NULL, size, writable ? PROT_READ | PROT_WRITE : PROT_READ,
	    MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	g->size = size;
	g->broke = 0;
	g->at = at;
	return at;
}

bool guard_broke(const void *at)
{
	const struct guarded *g = at != NULL ? find(at) : NULL;

	return g != NULL && g->broke != 0;
}

void guard_unmap(void *at)
{
	struct guarded *g = at != NULL ? find(at) : NULL;

	if (g == NULL)
		return;
	g->at = NULL;
	munmap(at, g->size);
}
