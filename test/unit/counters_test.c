/* counters_test: the file that all processes count in.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "count/counters.h"
#include "count/guard.h"
#include "table.h"

#define NOW 1700000000
#define CELL COUNTERS_CONNECTIONS

static char dir[64], cache[96], file[128];

static int make_place(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "%s/mxpolicy-counters.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(cache, sizeof cache, "%s/cache.tdb", dir);
	snprintf(file, sizeof file, "%s" COUNTERS_SUFFIX, cache);
	return 0;
}

static int remove_place(void **state)
{
	(void)state;
	counters_close();
	unlink(file);
	return rmdir(dir); /* nothing else was left there */
}

static uint64_t in_file(size_t cell)
{
	static struct counters_file copy;
	struct reason why;

	assert_int_equal(counters_read(cache, &copy, &why), COUNTERS_READ);
	assert_int_equal(copy.head.made, NOW);
	return copy.cell[cell];
}

static void write_file(const void *data, size_t len)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static bool has_file(void)
{
	return counters_here->head.made != 0;
}

static void test_absent(void **state)
{
	static struct counters_file copy;
	struct reason why;
	struct stat st;

	(void)state;
	assert_int_equal(counters_read(cache, &copy, &why), COUNTERS_ABSENT);
	assert_int_equal(access(file, F_OK), -1);
	counters_open(cache, NOW);
	assert_true(has_file());
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, sizeof copy);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(st.st_blocks * 512 >= st.st_size);
	counters_add(CELL, 2);
	counters_add(CELL, 3);
	assert_int_equal(in_file(CELL), 5);
	counters_close();
	assert_false(has_file());
	assert_int_equal(in_file(CELL), 5);
}

/* What lies in the file's place; is it replaced by a new one? */
struct place {
	const char *name, *data;
	size_t len;
	bool replaced;
};

#define OURS "tnuocpxm"
static const struct place places[] = {
    {"an empty file is replaced", "", 0, true},
    {"zeroes are replaced", "\0\0\0\0\0\0\0\0\0\0\0", 11, true},
    {"a short one of ours is replaced", OURS "\1\0\0\0", 12, true},
    {"one of another version is replaced", OURS "\2\0\0\0aaaabbbbbbbb", 24,
	true},
    {"a foreign file is left alone", "TDB file\n and more, and more", 28,
	false},
    {"a short foreign file is left alone", "hello", 5, false},
    {"three zeroes can be anybody's", "\0\0\0", 3, false},
};

static void test_place(void **state)
{
	const struct place *p = *state;
	static struct counters_file copy;
	char after[64];
	struct reason why;
	int fd;

	make_place(NULL);
	write_file(p->data, p->len);
	assert_int_equal(counters_read(cache, &copy, &why), COUNTERS_BROKEN);
	assert_non_null(strstr(why.text, file));
	counters_open(cache, NOW);
	assert_int_equal(has_file(), p->replaced);
	counters_add(CELL, 1);
	if (p->replaced) {
		assert_int_equal(in_file(CELL), 1);
	} else {
		fd = open(file, O_RDONLY);
		assert_int_equal(read(fd, after, sizeof after), p->len);
		assert_memory_equal(after, p->data, p->len);
		close(fd);
	}
	remove_place(NULL);
}

static void test_unwritable(void **state)
{
	(void)state;
	assert_int_equal(mkdir(file, 0700), 0);
	counters_open(cache, NOW);
	assert_false(has_file());
	counters_add(CELL, 1);
	rmdir(file);
	assert_int_equal(symlink("/dev/null", file), 0);
	counters_open(cache, NOW);
	assert_false(has_file());
	counters_open("/nonexistent/cache.tdb", NOW);
	assert_false(has_file());
	counters_open("", NOW);
	assert_false(has_file());
}

/* Sound but for one thing: it is made anew. */
static void test_nearly_sound(void **state)
{
	static char f[sizeof(struct counters_file) + 8];
	struct counters_file *copy = (struct counters_file *)f;
	struct reason why;

	(void)state;
	counters_open(cache, NOW);
	for (int i = 0; i < 3; i++) {
		counters_add(CELL, 1);
		assert_int_equal(
		    counters_read(cache, copy, &why), COUNTERS_READ);
		assert_int_equal(copy->cell[CELL], 1);
		counters_close();
		copy->head.version += i == 0;
		copy->head.size += i == 1;
		write_file(f, sizeof *copy + (i == 2 ? 8 : 0));
		assert_int_equal(
		    counters_read(cache, copy, &why), COUNTERS_BROKEN);
		counters_open(cache, NOW);
		assert_int_equal(in_file(CELL), 0);
	}
}

/* Who may write beside the cache does not choose what is written to. */
static void test_symlink(void **state)
{
	char other[160];

	(void)state;
	counters_open(cache, NOW);
	counters_close();
	snprintf(other, sizeof other, "%s.other", file);
	assert_int_equal(rename(file, other), 0);
	assert_int_equal(symlink(other, file), 0);
	counters_open(cache, NOW);
	assert_false(has_file());
	unlink(other);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	counters_open(cache, NOW);
	assert_false(has_file());
}

static void test_guards(void **state)
{
	void *at[GUARD_MAX];
	int fd;

	(void)state;
	counters_open(cache, NOW);
	counters_close();
	fd = open(file, O_RDONLY);
	for (size_t i = 0; i < GUARD_MAX; i++)
		assert_non_null(at[i] = guard_map(fd, 4096, false));
	assert_null(guard_map(fd, 4096, false));
	for (size_t i = 0; i < GUARD_MAX; i++)
		guard_unmap(at[i]);
	close(fd);
}

/* The file is cut to nothing under the mapping: no SIGBUS, and the next
 * process makes it anew. */
static void test_truncated(void **state)
{
	(void)state;
	counters_open(cache, NOW);
	counters_add(CELL, 7);
	assert_int_equal(truncate(file, 0), 0);
	assert_false(guard_broke(counters_here));
	counters_add(CELL, 1);
	counters_observe(COUNTERS_WAIT, 5);
	assert_true(guard_broke(counters_here));
	assert_int_equal(counters_here->cell[CELL], 1);
	assert_int_equal(counters_slot("QUERY"), 0);
	counters_close();
	counters_open(cache, NOW);
	counters_add(CELL, 1);
	assert_int_equal(in_file(CELL), 1);
}

/* Another SIGBUS than that of the counters ends the process, as ever. */
static void test_other_bus_error(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	counters_open(cache, NOW);
	pid = fork();
	if (pid == 0) {
		const struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		raise(SIGBUS);
		raise(SIGBUS);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A full disk: the file has no room, so it is not made. */
static void test_full(void **state)
{
	const struct rlimit small = {4096, 4096};
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		counters_open(cache, NOW);
		counters_add(CELL, 1);
		_exit(has_file());
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(access(file, F_OK), -1);
}

/* So many, or what is left of the processes that a user may have. */
enum { PROCESSES = 8, TIMES = 200000 };

/* All of them begin with no file at all. */
static void test_processes(void **state)
{
	int gate[2], status, begun = 0;

	(void)state;
	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		begun += pid > 0;
		if (pid != 0)
			continue;
		close(gate[1]);
		(void)!read(gate[0], &status, 1);
		counters_open(cache, NOW);
		for (int n = 0; n < TIMES; n++)
			counters_add(CELL, 1);
		_exit(!has_file() || counters_slot("QUERY") != 0);
	}
	close(gate[0]);
	close(gate[1]);
	assert_true(begun > 0);
	for (int i = 0; i < begun; i++) {
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(in_file(CELL), begun * TIMES);
}

/* And all of them replace one that is of no use. */
static void test_replacing(void **state)
{
	int status, sound = 0, begun = 0;

	(void)state;
	write_file("", 0);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		begun += pid > 0;
		if (pid != 0)
			continue;
		counters_open(cache, NOW);
		counters_add(CELL, has_file());
		_exit(has_file());
	}
	for (int i = 0; i < begun; i++) {
		wait(&status);
		assert_true(WIFEXITED(status));
		sound += WEXITSTATUS(status);
	}
	assert_true(sound > 0);
	assert_int_equal(in_file(CELL), sound);
}

static void test_slots(void **state)
{
	static struct counters_file copy;
	char name[COUNTERS_NAME_MAX + 1], longest[COUNTERS_NAME_MAX + 2];
	struct reason why;

	(void)state;
	memset(longest, 'm', sizeof longest);
	longest[COUNTERS_NAME_MAX + 1] = '\0';
	counters_open(cache, NOW);
	assert_int_equal(counters_slot("QUERY"), 0);
	assert_int_equal(counters_slot("postfix"), 1);
	assert_int_equal(counters_slot("QUERY"), 0);
	assert_int_equal(counters_slot(longest), COUNTERS_OTHER);
	assert_int_equal(counters_slot(""), COUNTERS_OTHER);
	longest[COUNTERS_NAME_MAX] = '\0';
	assert_int_equal(counters_slot(longest), 2);
	for (int i = 3; i < COUNTERS_MAPS; i++) {
		snprintf(name, sizeof name, "map%d", i);
		assert_int_equal(counters_slot(name), i);
	}
	assert_int_equal(counters_slot("one-too-many"), COUNTERS_OTHER);
	assert_int_equal(counters_slot("postfix"), 1);
	assert_int_equal(counters_read(cache, &copy, &why), COUNTERS_READ);
	counters_slot_name(&copy.slot[2], name);
	assert_string_equal(name, longest);
	/* A name that is not the one which the slot was claimed for. */
	copy.slot[2].name[0]++;
	counters_slot_name(&copy.slot[2], name);
	assert_string_equal(name, "");
	/* A slot whose owner died before he wrote the name. */
	memset(copy.slot[1].name, 0, sizeof copy.slot[1].name);
	counters_slot_name(&copy.slot[1], name);
	assert_string_equal(name, "");
}

static void test_observe(void **state)
{
	static const struct {
		int64_t usec;
		size_t bucket;
	} rows[] = {{-1, 0}, {0, 0}, {1000, 0}, {1001, 1}, {5000, 1},
	    {20000000, COUNTERS_BOUNDS - 1}, {20000001, COUNTERS_BOUNDS}};
	uint64_t sum = 0;

	(void)state;
	counters_open(cache, NOW);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t before = in_file(COUNTERS_WAIT + rows[i].bucket);

		counters_observe(COUNTERS_WAIT, rows[i].usec);
		sum += rows[i].usec > 0 ? (uint64_t)rows[i].usec : 0;
		assert_int_equal(
		    in_file(COUNTERS_WAIT + rows[i].bucket), before + 1);
	}
	assert_int_equal(in_file(COUNTERS_WAIT + COUNTERS_BOUNDS + 1), sum);
	for (size_t i = 1; i < COUNTERS_BOUNDS; i++)
		assert_true(counters_bounds[i - 1] < counters_bounds[i]);
}

#define IN_PLACE(t, name, f)                                                   \
	(t)->tests[(t)->len++] = (struct CMUnitTest)                           \
	{                                                                      \
		name, f, make_place, remove_place, NULL                        \
	}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_place, places);
	IN_PLACE(
	    &t, "an absent file is made, with room on the disk", test_absent);
	IN_PLACE(&t, "what cannot be written is left alone", test_unwritable);
	IN_PLACE(&t, "one that is nearly sound", test_nearly_sound);
	IN_PLACE(&t, "neither links nor pipes are followed", test_symlink);
	IN_PLACE(&t, "no more files than can be guarded", test_guards);
	IN_PLACE(&t, "a file that is cut short under us", test_truncated);
	IN_PLACE(&t, "another SIGBUS still kills", test_other_bus_error);
	IN_PLACE(&t, "a full disk", test_full);
	IN_PLACE(&t, "eight processes lose no count", test_processes);
	IN_PLACE(&t, "eight processes replace a file", test_replacing);
	IN_PLACE(&t, "maps get slots", test_slots);
	IN_PLACE(&t, "histograms", test_observe);
	return table_run(&t, "counters");
}
