/* landlock: which files a process may open and which TCP ports it may reach.
 * Owns <linux/landlock.h>.
 * SPDX-License-Identifier: MIT */
#include "confine/landlock.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* For all ABIs, including newer ones than that of the header: the file rights
 * of ABI 1 to 5, and what ABI 4 and 6 added. */
struct ruleset {
	uint64_t fs, net, scoped;
};
#define RULESET_SIZE_FS 8
#define RULESET_SIZE_NET 16
struct net_port {
	uint64_t allowed, port;
};
#define RULE_NET_PORT 2
#define NET_BIND_TCP 1
#define NET_CONNECT_TCP 2
#define SCOPE_ABSTRACT_UNIX 1
#define SCOPE_SIGNAL 2
#define ABI_NET 4
#define ABI_SCOPES 6

static const uint64_t fs_rights[] = {
    0, (1 << 13) - 1,		  /* ABI 1 */
    (1 << 14) - 1,		  /* refer */
    (1 << 15) - 1,		  /* truncate */
    (1 << 15) - 1, (1 << 16) - 1, /* ioctl on devices */
};
#define ABI_LAST (sizeof fs_rights / sizeof *fs_rights - 1)
#define FS_TRUNCATE (1 << 14)
/* What can be said of a file that is no directory. */
#define FS_OF_FILES                                                            \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |           \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                               \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |     \
	    FS_TRUNCATE)
#define FS_RUN (FS_READ | LANDLOCK_ACCESS_FS_EXECUTE)

static long abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

enum landlock_reach landlock_reach(void)
{
	long v = abi();

	if (v < 1)
		return LANDLOCK_NOTHING;
	if (v < ABI_NET)
		return LANDLOCK_FILES;
	return v < ABI_SCOPES ? LANDLOCK_PORTS : LANDLOCK_SCOPES;
}

bool landlock_open(struct landlock *l, unsigned int spare)
{
	struct ruleset attr = {0};
	size_t size = RULESET_SIZE_FS;
	long v = abi();

	if (v < 1)
		return false;
	attr.fs = fs_rights[(size_t)v < ABI_LAST ? (size_t)v : ABI_LAST];
	if (v >= ABI_NET) {
		attr.net = NET_BIND_TCP |
			   (spare & LANDLOCK_SPARE_TCP ? 0 : NET_CONNECT_TCP);
		size = RULESET_SIZE_NET;
	}
	if (v >= ABI_SCOPES) {
		attr.scoped =
		    SCOPE_SIGNAL |
		    (spare & LANDLOCK_SPARE_ABSTRACT ? 0 : SCOPE_ABSTRACT_UNIX);
		size = sizeof attr;
	}
	l->fs = attr.fs;
	l->net = attr.net;
	l->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	return l->fd >= 0;
}

static void allow(struct landlock *l, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = rights & l->fs,
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	struct stat st;

	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	(void)syscall(
	    SYS_landlock_add_rule, l->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

void landlock_allow_read(struct landlock *l, const char *path)
{
	allow(l, path, FS_READ);
}

void landlock_allow_write(struct landlock *l, const char *path)
{
	allow(l, path, FS_WRITE);
}

void landlock_allow_run(struct landlock *l, const char *path)
{
	allow(l, path, FS_RUN);
}

static void allow_beside(struct landlock *l, const char *file, uint64_t rights)
{
	char path[PATH_MAX];

	if (file[0] == '\0' || strlen(file) >= sizeof path)
		return;
	memcpy(path, file, strlen(file) + 1);
	allow(l, dirname(path), rights);
	if (realpath(file, path) != NULL)
		allow(l, dirname(path), rights);
}

void landlock_allow_read_beside(struct landlock *l, const char *file)
{
	allow_beside(l, file, FS_READ);
}

void landlock_allow_write_beside(struct landlock *l, const char *file)
{
	allow_beside(l, file, FS_WRITE);
}

void landlock_allow_port(struct landlock *l, uint16_t port)
{
	const struct net_port rule = {NET_CONNECT_TCP, port};

	if ((l->net & NET_CONNECT_TCP) != 0)
		(void)syscall(
		    SYS_landlock_add_rule, l->fd, RULE_NET_PORT, &rule, 0);
}

bool landlock_enter(struct landlock *l)
{
	bool good = syscall(SYS_landlock_restrict_self, l->fd, 0) == 0;

	close(l->fd);
	return good;
}
