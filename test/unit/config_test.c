/* config_test: settings, right and wrong, with the message for each.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "serve/config.h"

static struct config c;

static void the_defaults_are_those_of_the_design(void **state)
{
	const struct config_map *m;

	(void)state;
	config_init(&c);
	assert_int_equal(c.answer_timeout, 20);
	assert_int_equal(c.https_timeout, 60);
	assert_int_equal(c.idle_timeout, 120);
	assert_int_equal(c.min_ttl, 60);
	assert_int_equal(c.prefetch_idle, 7 * 86400);
	assert_false(c.sts_failure_defer);
	assert_int_equal(c.n_maps, 3);
	m = config_map(&c, "QUERY", 5);
	assert_false(m->tlsrpt);
	assert_true(m->servername);
	assert_false(m->testing_enforce);
	assert_int_equal(m->default_level, CONFIG_LEVEL_DANE);
	m = config_map(&c, "QUERYwithTLSRPT", 15);
	assert_true(m->tlsrpt);
	assert_false(config_map(&c, "postfix", 7)->tlsrpt);
	assert_string_equal(config_map(&c, "query", 5)->name, "QUERY");
	assert_true(config_map(&c, "QueryWithTLSRPT", 15)->tlsrpt);
	assert_string_equal(config_map(&c, "Postfix", 7)->name, "postfix");
	assert_null(config_map(&c, "QUERYw", 6));
}

static void each_bad_value_is_refused_with_a_message(void **state)
{
	static const struct {
		const char *name, *assignment, *message;
	} rows[] = {
	    {"no equals sign", "cache", "not KEY=VALUE"},
	    {"an unknown key", "cahce=/x", "unknown key \"cahce\""},
	    {"a relative path", "cache=x", "not an absolute path"},
	    {"not one of the levels", "map x.default-level=dane-only",
		"default-level: \"dane-only\" is not one of none, may, dane, "
		"encrypt, verify, secure"},
	    {"not a number", "min-ttl=soon", "not a number from 0 to 3600"},
	    {"a sign", "min-ttl=+60", "not a number"},
	    {"an underscore", "min-ttl=6_0", "not a number"},
	    {"a negative number", "min-ttl=-1", "not a number"},
	    {"over the limit", "answer-timeout=91", "from 1 to 90"},
	    {"under the limit: Postfix needs 120 s", "idle-timeout=119",
		"from 120"},
	    {"more digits than fit", "min-ttl=99999999999999999999999",
		"not a number"},
	    {"an overflow by the unit", "prefetch-idle=4294967295d",
		"not a number"},
	    {"an overflow of 64 bits by the unit",
		"prefetch-idle=213503982334602d", "not a number"},
	    {"an unknown unit", "min-ttl=1w", "not a number"},
	    {"a unit in words", "min-ttl=1min", "not a number"},
	    {"an unknown word", "sts-failure=maybe",
		"not one of ignore, defer"},
	    {"an unknown level", "log-level=loud",
		"not one of error, warning, info, debug"},
	    {"a shared cache that is nowhere",
		"shared-cache=redis:", "none of redis://HOST:PORT/DB"},
	    {"a mode of sharing that is none", "shared-cache-mode=write",
		"not one of read-write, read-only, off"},
	    {"a socket below nowhere", "tlsrpt-socket=run/tlsrpt.sock",
		"not an absolute path"},
	    {"a socket whose path no address holds",
		"tlsrpt-socket="
		"/run/0123456789012345678901234567890123456789012345678901"
		"234567890123456789012345678901234567890123456789012",
		"longer than 107 bytes"},
	    {"an unknown key of a map", "map QUERY.colour=red",
		"unknown key \"colour\""},
	    {"a map's word", "map QUERY.tlsrpt=maybe", "not one of no, yes"},
	    {"a map of mxpolicy's own", "map mxpolicy-check.tlsrpt=yes",
		"invalid name"},
	    {"a map without a name", "map .tlsrpt=yes", "invalid name"},
	};
	struct reason why;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct config before;

		config_init(&c);
		before = c;
		if (config_set(&c, rows[i].assignment, &why))
			fail_msg("%s: was taken", rows[i].name);
		if (strstr(why.text, rows[i].message) == NULL)
			fail_msg("%s: said \"%s\"", rows[i].name, why.text);
		if (strncmp(rows[i].assignment, "map ", 4) != 0)
			assert_memory_equal(&before, &c, sizeof c);
	}
}

static void units_of_time_are_understood(void **state)
{
	struct reason why;

	(void)state;
	config_init(&c);
	assert_true(config_set(&c, "prefetch-idle=2d", &why));
	assert_int_equal(c.prefetch_idle, 172800);
	assert_true(config_set(&c, "idle-timeout=5m", &why));
	assert_int_equal(c.idle_timeout, 300);
	assert_true(config_set(&c, "min-ttl=1h", &why));
	assert_int_equal(c.min_ttl, 3600);
	assert_true(config_set(&c, "answer-timeout=15s", &why));
	assert_int_equal(c.answer_timeout, 15);
}

/* The settings of a text, read from a file of which `path` gets the name. */
static void read_text(const char *text, size_t len, char path[static 64])
{
	int fd;

	strcpy(path, "/tmp/mxpolicy-config-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	config_init(&c);
	assert_true(config_read(&c, path));
	unlink(path);
}

static void a_file_is_read_and_its_faults_are_problems(void **state)
{
	static const char text[] =
	    "# comment\nmin-ttl = 30\ncolour = red\nsts-failure = defer\n"
	    "[map old]\nservername = no\ntesting = enforce\n[nap x]\na = b\n";
	char path[64];

	(void)state;
	read_text(text, sizeof text - 1, path);
	assert_int_equal(c.min_ttl, 30);
	assert_true(c.sts_failure_defer);
	assert_false(config_map(&c, "old", 3)->servername);
	assert_true(config_map(&c, "old", 3)->testing_enforce);
	assert_int_equal(c.n_problems, 2);
	assert_non_null(strstr(c.problems[0].text, "colour"));
	assert_non_null(strstr(c.problems[1].text, "nap x"));
}

#define TEN "192.0.2.1 "
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define WORD LETTERS LETTERS LETTERS LETTERS
#define LONG_PATH "/" WORD "/" WORD "/" WORD "/" WORD "/" WORD

/* Each problem ends with the text that is given, after FILE:LINE: */
static void lines_of_all_kinds(void **state)
{
	static const struct {
		const char *name, *text;
		const char *resolver, *ca_file; /* what is set in the end */
		const char *problems[3];	/* LINE: text */
	} rows[] = {
	    {"a list of 400 bytes is one value",
		"resolver = " HUNDRED HUNDRED HUNDRED HUNDRED "\n",
		HUNDRED HUNDRED HUNDRED HUNDRED, "", {0}},
	    {"a path of 500 bytes without a blank to cut it at",
		"ca-file = " LONG_PATH "\n", "", LONG_PATH, {0}},
	    {"commas without blanks stay together",
		"resolver = 1,2,3," WORD "," WORD "," WORD ",4\n",
		"1,2,3," WORD "," WORD "," WORD ",4", "", {0}},
	    {"a long comment sets nothing",
		"# " HUNDRED HUNDRED "\n# " WORD WORD
		"ca-file = /x\nresolver = 1\n",
		"1", "", {0}},
	    {"a long comment after a value",
		"resolver = 1 ; " HUNDRED HUNDRED HUNDRED "\n", "1", "", {0}},
	    {"a comment character in the middle of a long value",
		"ca-file = /" WORD ";" WORD "#" WORD ";x\n", "",
		"/" WORD ";" WORD "#" WORD ";x", {0}},
	    {"a value goes on in lines that begin with a blank",
		"resolver = 1\n 2\n\n# in between\n\t3\nca-file = /a\n",
		"1 2 3", "/a", {0}},
	    {"a key that is continued and is no list", "min-ttl = 5\n 6\n", "",
		"",
		{"1: min-ttl: \"5 6\" is not a number from 0 to 3600 (with the "
		 "lines below it, which begin with a blank)"}},
	    {"each line that is no setting",
		"resolver\n\nca-file /x\nresolver = 1\n", "1", "",
		{"1: it is not \"key = value\"; it is ignored",
		    "3: it is not \"key = value\"; it is ignored"}},
	    {"a long line that is no setting, and what continues it",
		"resolver = 1\n" HUNDRED HUNDRED "\n 2\n", "1", "",
		{"2: it is not \"key = value\"; it is ignored",
		    "3: it continues a line that is ignored; it is ignored"}},
	    {"the section is named", "[map QUERY]\n\ntesting = maybe\n", "", "",
		{"3: [map QUERY] testing: \"maybe\" is not one of ignore, "
		 "enforce"}},
	    {"a section without a bracket takes nothing from its keys",
		"[map QUERY]\ntlsrpt = no\n[map old\nresolver = 1\n"
		"[map new]\ntlsrpt = yes\n",
		"", "",
		{"3: a section without \"]\"; it is ignored",
		    "4: it is in a section that is not known; it is ignored"}},
	    {"an unknown section", "[cache]\nsize = 5\n", "", "",
		{"2: [cache] unknown section, only [map NAME] exists"}},
	    {"a section begins anew: what is indented continues nothing",
		"resolver = 1\n[map QUERY]\n tlsrpt = maybe\n", "1", "",
		{"3: [map QUERY] tlsrpt: \"maybe\" is not one of no, yes"}},
	    {"a byte order mark, CRLF and no end of the last line",
		"\xef\xbb\xbfresolver = 1\r\nca-file = /a", "1", "/a", {0}},
	    {"the AD bit of whoever is on loopback",
		"dnssec = trust-ad\nresolver = 127.1.0.53@5353, ::1\n",
		"127.1.0.53@5353, ::1", "", {0}},
	    {"the AD bit of somebody else",
		"resolver = 127.0.0.1 192.0.2.1\n\ndnssec = trust-ad\n",
		"127.0.0.1 192.0.2.1", "",
		{"3: dnssec: \"trust-ad\" is refused, for resolver 192.0.2.1 "
		 "is not on loopback"}},
	    {"the AD bit by TLS",
		"dnssec = trust-ad\nresolver = tls://127.0.0.1\n",
		"tls://127.0.0.1", "",
		{"1: dnssec: \"trust-ad\" is refused, for resolver "
		 "tls://127.0.0.1 is not on loopback"}},
	    {"the AD bit of the whole world",
		"dnssec = trust-ad\nresolver = recursive\n", "recursive", "",
		{"1: dnssec: \"trust-ad\" is refused, for resolver recursive "
		 "is not on loopback"}},
	    {"an empty file", "", "", "", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[64], wanted[512];
		size_t n;

		read_text(rows[i].text, strlen(rows[i].text), path);
		/* The blanks at the end of a value do not count. */
		n = strlen(rows[i].resolver);
		n -= n > 0 && rows[i].resolver[n - 1] == ' ';
		if (strlen(c.resolver) != n ||
		    memcmp(c.resolver, rows[i].resolver, n) != 0)
			fail_msg(
			    "%s: resolver is \"%s\"", rows[i].name, c.resolver);
		if (strcmp(c.ca_file, rows[i].ca_file) != 0)
			fail_msg(
			    "%s: ca-file is \"%s\"", rows[i].name, c.ca_file);
		for (n = 0; n < 3 && rows[i].problems[n] != NULL; n++) {
			snprintf(wanted, sizeof wanted, "%s:%s", path,
			    rows[i].problems[n]);
			if (n < c.n_problems &&
			    strcmp(c.problems[n].text, wanted) != 0)
				fail_msg("%s: said \"%s\"", rows[i].name,
				    c.problems[n].text);
		}
		if (c.n_problems != n)
			fail_msg(
			    "%s: %zu problems", rows[i].name, c.n_problems);
	}
}

static void what_no_text_file_has_is_refused(void **state)
{
	static const char nul[] = "ca-file = /a\0b\nresolver = 1\n";
	static char text[6000];
	char path[64];

	(void)state;
	read_text(nul, sizeof nul - 1, path);
	assert_string_equal(c.ca_file, "");
	assert_string_equal(c.resolver, "1");
	assert_non_null(strstr(c.problems[0].text, ":1: there is a NUL"));
	memset(text, 'x', sizeof text);
	memcpy(text, "ca-file = /", 11);
	text[sizeof text - 1] = '\n';
	read_text(text, sizeof text, path);
	assert_string_equal(c.ca_file, "");
	assert_non_null(strstr(c.problems[0].text, ":1: it is too long"));
	assert_int_equal(c.n_problems, 1);
}

static void a_file_that_is_named_has_to_be_there(void **state)
{
	static char arg0[] = "x", arg1[] = "-c", arg2[] = "/nonexistent/conf";
	char *argv[] = {arg0, arg1, arg2, NULL};
	struct reason why;

	(void)state;
	assert_int_equal(config_from_args(&c, 3, argv, &why), -1);
	assert_string_equal(
	    why.text, "-c /nonexistent/conf: No such file or directory");
}

static void an_absent_file_is_fine(void **state)
{
	(void)state;
	config_init(&c);
	assert_true(config_read(&c, "/nonexistent/mxpolicy.conf"));
	assert_int_equal(c.n_problems, 0);
}

static void options_win_over_the_file_wherever_they_stand(void **state)
{
	char path[] = "/tmp/mxpolicy-config-XXXXXX";
	int fd = mkstemp(path);
	char *argv[] = {(char *)"x", (char *)"-o", (char *)"min-ttl=7",
	    (char *)"-c", path, (char *)"rest", NULL};
	struct reason why;

	(void)state;
	assert_int_equal(write(fd, "min-ttl=30\n", 11), 11);
	close(fd);
	assert_int_equal(config_from_args(&c, 6, argv, &why), 5);
	unlink(path);
	assert_int_equal(c.min_ttl, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_defaults_are_those_of_the_design),
	    cmocka_unit_test(each_bad_value_is_refused_with_a_message),
	    cmocka_unit_test(units_of_time_are_understood),
	    cmocka_unit_test(a_file_is_read_and_its_faults_are_problems),
	    cmocka_unit_test(lines_of_all_kinds),
	    cmocka_unit_test(what_no_text_file_has_is_refused),
	    cmocka_unit_test(a_file_that_is_named_has_to_be_there),
	    cmocka_unit_test(an_absent_file_is_fine),
	    cmocka_unit_test(options_win_over_the_file_wherever_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
