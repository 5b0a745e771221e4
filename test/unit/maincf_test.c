/* maincf_test: what postconf(1) and systemctl(1) print.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "verb/check/maincf.h"

/* ---- values ---- */

static const char text[] = "mail_version = 3.7.11\n"
			   "smtp_tls_CAfile =\n"
			   "smtp_tls_CAfile_2 = no\n"
			   "Listen=127.0.0.1:8461 (Stream)\n"
			   "Listen=/run/x.sock (Stream)\n"
			   "blanks =  around it  \n"
			   "last = without an end";

static const struct value_row {
	const char *name, *key, *value;
} value_rows[] = {
    {"a value", "mail_version", "3.7.11"},
    {"an empty one", "smtp_tls_CAfile", ""},
    {"the beginning of a name is not a match", "smtp_tls", ""},
    {"blanks around it", "blanks", "around it"},
    {"of systemctl", "Listen", "127.0.0.1:8461 (Stream)"},
    {"in a last line without its end", "last", "without an end"},
    {"a missing one", "nothing", ""},
};

static void test_value(void **state)
{
	const struct value_row *row = *state;
	char *lines = maincf_split(text);

	assert_string_equal(maincf_get(lines, row->key), row->value);
	free(lines);
}

static void test_all_values(void **state)
{
	char *lines = maincf_split(text);
	size_t pos = 0;

	(void)state;
	assert_non_null(maincf_next(lines, &pos, "Listen"));
	assert_string_equal(
	    maincf_next(lines, &pos, "Listen"), "/run/x.sock (Stream)");
	assert_null(maincf_next(lines, &pos, "Listen"));
	free(lines);
}

static void test_few_lines(void **state)
{
	static const char *const texts[] = {"", "\n", "  \n\n", " "};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char *lines = maincf_split(texts[i]);

		assert_string_equal(maincf_get(lines, "a"), "");
		free(lines);
	}
}

/* As Postfix 3.11 prints it. */
static void test_json(void **state)
{
	static const char *const odd[] = {"a = b", "{\"a\": \"b\"", "[\"a\"]",
	    "{\"a\": 1}", "{\"a\": \"b\", \"c\": \"d\"}", "{\"a\": \"b\"}\nx\n",
	    "{\"a\": \"\xff\"}", "{}\n", "\n"};
	char *lines = maincf_split_json(
	    "{\"relayhost\": \"[a.b]\"}\n{\"virtual_uid_maps\": \"\"}\n"
	    "{\"a\": \"x\\\"y = z\\n\\u00e9 \"}\n"
	    "{\"mail_version\": \"3.11.7\"}");

	(void)state;
	assert_string_equal(maincf_get(lines, "relayhost"), "[a.b]");
	assert_string_equal(maincf_get(lines, "virtual_uid_maps"), "");
	assert_string_equal(maincf_get(lines, "a"), "x\"y = z \xc3\xa9");
	assert_string_equal(maincf_get(lines, "mail_version"), "3.11.7");
	free(lines);
	lines = maincf_split_json("");
	assert_string_equal(maincf_get(lines, "a"), "");
	free(lines);
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		assert_null(maincf_split_json(odd[i]));
}

/* ---- tables ---- */

static const struct table_row {
	const char *name, *text;
	enum maincf_kind kind;
	const char *host, *port, *path, *map;
	bool proxied;
} table_rows[] = {
    {"inet", "socketmap:inet:127.0.0.1:8461:QUERY", MAINCF_INET, "127.0.0.1",
	"8461", "", "QUERY", false},
    {"IPv6", "socketmap:inet:[::1]:8461:Q", MAINCF_INET, "::1", "8461", "", "Q",
	false},
    {"no host", "socketmap:inet::8461:Q", MAINCF_INET, "localhost", "8461", "",
	"Q", false},
    {"a service", "socketmap:inet:localhost:tlspol:Q", MAINCF_INET, "localhost",
	"tlspol", "", "Q", false},
    {"unix", "socketmap:unix:mxpolicy/socket:QUERY", MAINCF_UNIX, "", "",
	"mxpolicy/socket", "QUERY", false},
    {"proxied", "proxy:socketmap:unix:/a:Q", MAINCF_UNIX, "", "", "/a", "Q",
	true},
    {"another kind", "hash:/etc/postfix/tls", MAINCF_OTHER, "", "", "", "",
	false},
    {"braces", "inline:{ a=may, b=encrypt }", MAINCF_OTHER, "", "", "", "",
	false},
    {"another transport", "socketmap:tcp:127.0.0.1:1:Q", MAINCF_BROKEN, "", "",
	"", "", false},
    {"no map", "socketmap:unix:/a", MAINCF_BROKEN, "", "", "", "", false},
    {"an empty map", "socketmap:unix:/a:", MAINCF_BROKEN, "", "", "", "",
	false},
    {"nothing after it", "socketmap:", MAINCF_BROKEN, "", "", "", "", false},
    {"no port", "socketmap:inet:localhost::Q", MAINCF_BROKEN, "", "", "", "Q",
	false},
    {"a brace that closes none", "inline:}{a, b}", MAINCF_OTHER, "", "", "", "",
	false},
    {"no path", "socketmap:unix::Q", MAINCF_BROKEN, "", "", "", "Q", false},
};

static void test_table(void **state)
{
	const struct table_row *row = *state;
	static struct maincf_table t[MAINCF_TABLES_MAX];

	assert_int_equal(maincf_tables(row->text, t), 1);
	assert_string_equal(t[0].text, row->text);
	assert_int_equal(t[0].kind, row->kind);
	assert_int_equal(t[0].proxied, row->proxied);
	if (row->kind == MAINCF_BROKEN)
		return;
	assert_string_equal(t[0].host, row->host);
	assert_string_equal(t[0].port, row->port);
	assert_string_equal(t[0].path, row->path);
	assert_string_equal(t[0].map, row->map);
}

static void test_list(void **state)
{
	static struct maincf_table t[MAINCF_TABLES_MAX];
	char many[MAINCF_TABLES_MAX * 4 + 9] = "", name[400];

	(void)state;
	assert_int_equal(maincf_tables("", t), 0);
	assert_int_equal(maincf_tables(" , \n", t), 0);
	assert_int_equal(
	    maincf_tables("hash:/a, inline:{{a, b}}\tsocketmap:unix:/a:Q,", t),
	    3);
	assert_string_equal(t[1].text, "inline:{{a, b}}");
	assert_int_equal(t[2].kind, MAINCF_UNIX);
	for (size_t i = 0; i < sizeof many - 1; i++)
		many[i] = i & 1 ? ' ' : 'a';
	assert_int_equal(maincf_tables(many, t), MAINCF_TABLES_MAX);
	/* One that is too long to be known is none that could be asked. */
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	memcpy(name, "socketmap:unix:", 15);
	memcpy(name + sizeof name - 3, ":Q", 2);
	assert_int_equal(maincf_tables(name, t), 1);
	assert_int_equal(t[0].kind, MAINCF_BROKEN);
	memcpy(name + 15, "/a:", 3); /* what is left is a table, another one */
	assert_int_equal(maincf_tables(name, t), 1);
	assert_int_equal(t[0].kind, MAINCF_BROKEN);
}

static void test_listen(void **state)
{
	struct maincf_table t;

	(void)state;
	assert_true(maincf_listen("127.0.0.1:8461 (Stream)", &t));
	assert_int_equal(t.kind, MAINCF_INET);
	assert_string_equal(t.port, "8461");
	assert_true(maincf_listen("[::1]:8461 (Stream)", &t));
	assert_string_equal(t.host, "::1");
	assert_true(maincf_listen("/run/a (Stream)", &t));
	assert_int_equal(t.kind, MAINCF_UNIX);
	assert_string_equal(t.path, "/run/a");
	assert_false(maincf_listen("/run/a (Datagram)", &t));
	assert_false(maincf_listen("", &t));
}

/* ---- services ---- */

static void test_services(void **state)
{
	static struct maincf_service s[MAINCF_SERVICES_MAX];
	static const char master[] =
	    "smtp       inet  n       -       y       -       -       smtpd\n"
	    "smtp       unix  -       -       y       -       -       smtp\n"
	    "    -o syslog_name=postfix/a smtp smtp smtp smtp smtp smtp\n"
	    "relay      unix  -       -       -       -       20      smtp\n"
	    "lmtp       unix  -       -       n       -       0       lmtp\n"
	    "#off       unix  -       -       y       -       -       smtp\n"
	    "short unix - -\n";

	(void)state;
	assert_int_equal(maincf_services(master, false, 100, s), 3);
	assert_string_equal(s[0].name, "smtp");
	assert_string_equal(s[0].type, "unix");
	assert_true(s[0].chroot);
	assert_int_equal(s[0].maxproc, 100);
	assert_false(s[1].chroot);
	assert_int_equal(s[1].maxproc, 20);
	assert_int_equal(s[2].maxproc, 0);
	assert_int_equal(maincf_services(master, true, 100, s), 3);
	assert_true(s[1].chroot);
	assert_false(s[2].chroot);
}

/* ---- versions ---- */

static const struct replace_row {
	const char *name, *list, *from, *to, *wanted; /* NULL: it cannot */
} replace_rows[] = {
    {"one of three", "hash:/a, socketmap:inet:h:1:m inline:{ a=b, c=d }",
	"socketmap:inet:h:1:m", "X", "hash:/a, X, inline:{ a=b, c=d }"},
    {"added to none", "", "", "X", "X"},
    {"added at the end", "hash:/a,$other", "", "X", "hash:/a, $other, X"},
    {"taken out", "hash:/a, X", "X", "", "hash:/a"},
    {"the only one taken out", "X", "X", "", ""},
    {"not there", "hash:/a", "X", "Y", NULL},
    {"a parameter stands for it", "$maps", "X", "Y", NULL},
    {"part of a name", "XX", "X", "Y", NULL},
    {"twice", "X, X", "X", "Y", NULL},
};

static void test_replace(void **state)
{
	const struct replace_row *row = *state;
	char *list = maincf_replace(row->list, row->from, row->to);

	if (row->wanted == NULL)
		assert_null(list);
	else
		assert_string_equal(list, row->wanted);
	free(list);
}

static const struct protocol_row {
	const char *name, *value;
	bool ssl3, tls12, tls13;
} protocol_rows[] = {
    {"the default", ">=TLSv1", false, true, true},
    {"that of old versions", "!SSLv2, !SSLv3", false, true, true},
    {"nothing", "", true, true, true},
    {"one alone", "TLSv1.2", false, true, false},
    {"1.3 alone", ">=tlsv1.3", false, false, true},
    {"an upper bound", ">=TLSv1, <=TLSv1.2", false, true, false},
    {"too old a bound", "<=TLSv1.1", true, false, false},
    {"both excluded", "!SSLv3:!TLSv1.2:!TLSv1.3", false, false, false},
    {"what it does not know", ">=TLSv1.9", true, true, true},
};

static void test_protocols(void **state)
{
	const struct protocol_row *row = *state;
	struct maincf_protocols p = maincf_protocols(row->value);

	assert_int_equal(p.ssl3, row->ssl3);
	assert_int_equal(p.tls12, row->tls12);
	assert_int_equal(p.tls13, row->tls13);
}

static const struct version_row {
	const char *name, *version;
	bool at_least; /* 3.10.5 */
} version_rows[] = {
    {"the same", "3.10.5", true},
    {"a newer patch", "3.10.13", true},
    {"an older one", "3.10.4", false},
    {"no patch", "3.10", false},
    {"a newer minor version", "3.11.0", true},
    {"an older one of fewer digits", "3.9.99", false},
    {"a snapshot", "3.12-20260821", true},
    {"an older snapshot", "3.10-20250101", false},
    {"a newer major version", "4.0", true},
    {"an older one", "2.11.12", false},
    {"none", "", false},
    {"no number", "abc", false},
};

static void test_version(void **state)
{
	const struct version_row *row = *state;

	assert_int_equal(maincf_version(row->version, 3, 10, 5), row->at_least);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_value, value_rows);
	TABLE_ONE(&t, "all values of a name", test_all_values);
	TABLE_ONE(&t, "text without a value", test_few_lines);
	TABLE_ONE(&t, "JSON", test_json);
	TABLE_ROWS(&t, test_table, table_rows);
	TABLE_ONE(&t, "lists", test_list);
	TABLE_ONE(&t, "addresses of socket units", test_listen);
	TABLE_ONE(&t, "services", test_services);
	TABLE_ROWS(&t, test_replace, replace_rows);
	TABLE_ROWS(&t, test_protocols, protocol_rows);
	TABLE_ROWS(&t, test_version, version_rows);
	return table_run(&t, "maincf");
}
