/* full: the cache on a disk that is full, or becomes it.
 * SPDX-License-Identifier: MIT
 *
 * usage: full
 *
 * In a user namespace and a mount namespace of its own it mounts small tmpfs of
 * all sizes.  Nobody dies; what was put is there; the rest is refused, with a
 * reason; and where a cache could not be made nothing of it is left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/store.h"

enum { WAIT = 100, PUTS = 400, STEP = 4, SIZES = 60 };

static char dir[] = "/tmp/mxpolicy-full-XXXXXX";
static char path[64];
static uint8_t buf[RECORD_MAX];

static enum store_result put(struct store *s, int i)
{
	static char text[900];
	struct record r;
	char key[32];

	memset(text, 'a' + i % 26, sizeof text);
	record_init(&r);
	r.uses = (uint32_t)i + 1;
	r.sts.fetched = 1;
	r.sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
	    .max_age = 86400,
	    .text = text,
	    .text_len = (size_t)(100 + i * 7 % 800)};
	snprintf(key, sizeof key, "d%d.example", i);
	return store_put(s, key, &r, clock_ms() + WAIT);
}

static bool is_there(struct store *s, int i)
{
	struct record r;
	char key[32];

	snprintf(key, sizeof key, "d%d.example", i);
	return store_get(s, key, &r, buf, clock_ms() + WAIT) == STORE_FOUND &&
	       r.uses == (uint32_t)i + 1;
}

/* Puts until it is full, and on.  Ends with 1 when something is wrong. */
static void fill(int kilobytes)
{
	struct store *s = store_open(path, 1000);
	int n = 0, refused = 0;

	for (int i = 0; i < PUTS; i++) {
		if (n == i && put(s, i) == STORE_OK) {
			n++;
			continue;
		}
		refused++;
		if (refused == 1 && store_trouble(s)->text[0] == '\0') {
			printf("FAIL: %d KB: refused without a reason\n",
			    kilobytes);
			_exit(1);
		}
	}
	for (int i = 0; i < n; i++)
		if (!is_there(s, i)) {
			printf("FAIL: %d KB: %d of %d is not there\n",
			    kilobytes, i, n);
			_exit(1);
		}
	store_close(s);
	_exit(0);
}

/* What a full disk has left is read by the next process. */
static void read_on(int kilobytes)
{
	struct store *s = store_open(path, 1000);

	(void)is_there(s, 0);
	(void)put(s, PUTS);
	store_close(s);
	if (access(path, F_OK) != 0) {
		char name[96];

		snprintf(name, sizeof name, "%s.new", path);
		if (access(name, F_OK) == 0) {
			printf("FAIL: %d KB: a part is left\n", kilobytes);
			_exit(1);
		}
	}
	_exit(0);
}

static bool run(void (*part)(int), int kilobytes)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		part(kilobytes);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("FAIL: %d KB: died of signal %d\n", kilobytes,
		    WTERMSIG(status));
	return status == 0;
}

static bool write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);
	bool ok =
	    fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Where this is not root: as if it were, in namespaces of its own. */
static bool enter(void)
{
	char map[64];
	uid_t uid = getuid();

	if (uid != 0) {
		snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
		    !write_file("/proc/self/uid_map", map))
			return false;
	} else if (unshare(CLONE_NEWNS) != 0) {
		return false;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

int main(void)
{
	unsigned bad = 0;
	char option[32];

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	if (!enter()) {
		printf("no mount namespace here: %s\n", strerror(errno));
		rmdir(dir);
		return 77;
	}
	for (int size = STEP; size <= STEP * SIZES; size += STEP) {
		snprintf(option, sizeof option, "size=%dk", size);
		if (mount("none", dir, "tmpfs", 0, option) != 0) {
			printf("no tmpfs here: %s\n", strerror(errno));
			rmdir(dir);
			return 77;
		}
		bad += !run(fill, size) || !run(read_on, size);
		umount(dir);
	}
	rmdir(dir);
	printf("%d sizes, %u bad\n", SIZES, bad);
	return bad > 0;
}
