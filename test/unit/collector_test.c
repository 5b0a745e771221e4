/* collector_test: reports through real sockets; with the TLSRPT library it
 * sends the same as without.
 * SPDX-License-Identifier: MIT */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <unistd.h>
#include "table.h"
#include "lookup/collector.h"

/* Relative to a directory of our own: short, wherever that is. */
#define PATH "collector.sock"
#define RECORD "v=TLSRPTv1;\trua=mailto:tls@example.com; x=\"\\"

static int listen_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	unlink(path);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static struct collector *open_one(const char *path)
{
	struct reason why = {0};
	struct collector *c = collector_open(path, &why);

	assert_non_null(c);
	assert_string_equal(why.text, "");
	return c;
}

static bool send_one(struct collector *c, struct reason *why)
{
	const struct datagram d = {
	    "example.com", RECORD, STS_FAILURE_FETCH, "no answer"};

	reason_clear(why);
	return collector_send(c, &d, why);
}

static void assert_said(const struct reason *why, const char *words)
{
	if (strstr(why->text, words) == NULL)
		fail_msg("said \"%s\"", why->text);
}

/* The same object, however it is written: blanks between its parts go, and so
 * does the version of the form, which the library had not from the start. */
static void normalize(char *text)
{
	static const char version[] = "{\"dpv\":\"1\",";
	bool inside = false;
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (inside && *from == '\\')
			*to++ = *from++;
		else if (*from == '"')
			inside = !inside;
		else if (!inside && *from == ' ')
			continue;
		*to++ = *from;
	}
	*to = '\0';
	if (strncmp(text, version, sizeof version - 1) == 0)
		memmove(text + 1, text + sizeof version - 1,
		    strlen(text + sizeof version - 1) + 1);
}

struct row {
	const char *name;
	struct datagram d;
};

static const struct row rows[] = {
    {"a fetch error is received as it is documented",
	{"example.com", RECORD, STS_FAILURE_FETCH, "HTTP status 404"}},
    {"so is an invalid policy, with quotes and backslashes",
	{"xn--bcher-kva.example", RECORD, STS_FAILURE_INVALID,
	    "policy line 3: bad mx \"a b\\\""}},
    {"so is a certificate, without a detail",
	{"example.com", RECORD, STS_FAILURE_WEBPKI, NULL}},
};

static void test_row(void **state)
{
	static char got[DATAGRAM_MAX + 1], wanted[DATAGRAM_MAX + 1];
	const struct row *row = *state;
	struct collector *c = open_one(PATH);
	int fd = listen_at(PATH, SOCK_DGRAM);
	struct reason why = {0};
	ssize_t len;

	assert_true(collector_send(c, &row->d, &why));
	len = recv(fd, got, DATAGRAM_MAX, MSG_DONTWAIT);
	assert_true(len > 0);
	got[len] = '\0';
	wanted[datagram_format(&row->d, wanted)] = '\0';
	normalize(got);
	normalize(wanted);
	assert_string_equal(got, wanted);
	assert_int_equal(recv(fd, got, DATAGRAM_MAX, MSG_DONTWAIT), -1);
	close(fd);
	collector_close(c);
}

static void test_away(void **state)
{
	struct collector *c;
	struct reason why;
	int fd;

	(void)state;
	unlink(PATH);
	c = open_one(PATH);
	assert_false(send_one(c, &why));
	assert_said(&why, "is the collector running?");
	fd = listen_at(PATH, SOCK_DGRAM);
	assert_true(send_one(c, &why));
	/* What is left of one that crashed. */
	close(fd);
	assert_false(send_one(c, &why));
	assert_said(&why, "is the collector running?");
	fd = listen_at(PATH, SOCK_DGRAM);
	assert_true(send_one(c, &why));
	close(fd);
	collector_close(c);
}

static void test_wrong_kind(void **state)
{
	struct collector *c = open_one(PATH);
	int fd = listen_at(PATH, SOCK_STREAM);
	struct reason why;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	assert_false(send_one(c, &why));
	assert_said(&why, "is it the collector's datagram socket?");
	close(fd);
	collector_close(c);
}

/* Would it wait, this test would not end. */
static void test_full(void **state)
{
	struct collector *c = open_one(PATH);
	int fd = listen_at(PATH, SOCK_DGRAM), sent = 0;
	struct reason why;
	char got[1];

	(void)state;
	while (send_one(c, &why))
		sent++;
	assert_true(sent > 0);
	assert_said(&why, "does not keep up");
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 1);
	assert_true(send_one(c, &why));
	close(fd);
	collector_close(c);
}

static void test_forbidden(void **state)
{
	struct collector *c;
	struct reason why;
	int fd;

	(void)state;
	if (geteuid() == 0)
		skip();
	c = open_one(PATH);
	fd = listen_at(PATH, SOCK_DGRAM);
	assert_int_equal(chmod(PATH, 0), 0);
	assert_false(send_one(c, &why));
	assert_said(&why, "must be able to write to it");
	close(fd);
	collector_close(c);
}

static void test_too_long(void **state)
{
	static char path[200];
	struct reason why = {0};

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	assert_null(collector_open(path, &why));
	assert_said(&why, "longer than 107 bytes");
	path[107] = '\0';
	collector_close(open_one(path));
}

int main(void)
{
	static struct table t;
	char dir[] = "/tmp/mxpolicy-collector-XXXXXX";
	int failed;

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 99;
	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "a collector that is away, comes, crashes, comes again",
	    test_away);
	TABLE_ONE(&t, "a socket of another kind", test_wrong_kind);
	TABLE_ONE(
	    &t, "a collector that does not read is not waited for", test_full);
	TABLE_ONE(&t, "a socket of somebody else", test_forbidden);
	TABLE_ONE(&t, "a path that no address holds", test_too_long);
	failed = table_run(&t, "collector");
	unlink(PATH);
	if (chdir("/") != 0 || rmdir(dir) != 0)
		return 99;
	return failed;
}
