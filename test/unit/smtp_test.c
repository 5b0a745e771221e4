/* smtp_test: replies of SMTP servers, right, odd and hostile.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/smtp.h"

struct row {
	const char *name, *data;
	enum smtp_result result;
	int code;
	const char *text;
	size_t behind; /* bytes that are not of the reply */
};

#define BAD SMTP_BAD, 0, NULL, 0
#define MORE SMTP_MORE, 0, NULL, 0

static const struct row rows[] = {
    {"a greeting", "220 mx.example ESMTP\r\n", SMTP_REPLY, 220,
	"mx.example ESMTP", 0},
    {"a bare line feed", "250 ok\n", SMTP_REPLY, 250, "ok", 0},
    {"a code alone", "354\r\n", SMTP_REPLY, 354, "", 0},
    {"a code and a blank", "220 \r\n", SMTP_REPLY, 220, "", 0},
    {"several lines", "250-a\r\n250-b\r\n250 c\r\n", SMTP_REPLY, 250, "a\nb\nc",
	0},
    {"an empty line of several", "250-a\r\n250-\r\n250 c\r\n", SMTP_REPLY, 250,
	"a\n\nc", 0},
    {"of several codes the last counts", "250-a\r\n421 b\r\n", SMTP_REPLY, 421,
	"a\nb", 0},
    {"what is behind is left alone", "220 go\r\n250 evil\r\n", SMTP_REPLY, 220,
	"go", 10},
    {"control characters and 8 bit", "220 a\x1b[2J\xff\tb\r\n", SMTP_REPLY, 220,
	"a?[2J??b", 0},
    {"a DEL", "220 a\x7f\r\n", SMTP_REPLY, 220, "a?", 0},
    {"nothing yet", "", MORE},
    {"half a line", "220 mx", MORE},
    {"a line without the last", "250-a\r\n", MORE},
    {"garbage that may end", "garbage", MORE},
    {"garbage", "garbage\r\n", BAD},
    {"an empty line", "\r\n", BAD},
    {"two digits", "22 x\r\n", BAD},
    {"two digits and a letter", "22x a\r\n", BAD},
    {"four digits", "2200 x\r\n", BAD},
    {"a code of 1xx", "150 x\r\n", BAD},
    {"a code of 6xx", "650 x\r\n", BAD},
    {"no blank behind the code", "220x\r\n", BAD},
    {"a tab behind the code", "220\tx\r\n", BAD},
    {"HTTP", "HTTP/1.1 400 Bad Request\r\n", BAD},
    {"the second line is garbage", "250-a\r\nb\r\n", BAD},
};

static void test_row(void **state)
{
	static struct smtp_reply r;
	const struct row *row = *state;
	size_t len = strlen(row->data);
	/* On the heap of its exact size, so that over-reading is seen. */
	char *data = malloc(len > 0 ? len : 1);

	assert_non_null(data);
	memcpy(data, row->data, len);
	assert_int_equal(smtp_parse(&r, data, len), row->result);
	free(data);
	if (row->result != SMTP_REPLY)
		return;
	assert_int_equal(r.code, row->code);
	assert_string_equal(r.text, row->text);
	assert_int_equal(r.size, len - row->behind);
}

static void test_limits(void **state)
{
	static char data[2 * SMTP_REPLY_MAX];
	static struct smtp_reply r;
	size_t len = 0;

	(void)state;
	memset(data, 'x', sizeof data);
	memcpy(data, "220 ", 4);
	data[SMTP_LINE_MAX] = '\n';
	assert_int_equal(smtp_parse(&r, data, SMTP_LINE_MAX), SMTP_MORE);
	assert_int_equal(smtp_parse(&r, data, SMTP_LINE_MAX + 1), SMTP_REPLY);
	data[SMTP_LINE_MAX] = 'x';
	assert_int_equal(smtp_parse(&r, data, SMTP_LINE_MAX + 1), SMTP_BAD);
	while (len < SMTP_REPLY_MAX + 100) {
		memcpy(data + len, "220-yyyy\r\n", 10);
		len += 10;
	}
	assert_int_equal(smtp_parse(&r, data, SMTP_REPLY_MAX - 100), SMTP_MORE);
	assert_int_equal(smtp_parse(&r, data, len), SMTP_BAD);
	/* Just as long, with the last line's end, and one byte more. */
	memset(data + SMTP_REPLY_MAX - 20, 'x', 40);
	memcpy(data + SMTP_REPLY_MAX / 10 * 10 - 20, "220 ", 4);
	data[SMTP_REPLY_MAX - 1] = '\n';
	assert_int_equal(smtp_parse(&r, data, SMTP_REPLY_MAX), SMTP_REPLY);
	data[SMTP_REPLY_MAX - 1] = 'x';
	data[SMTP_REPLY_MAX] = '\n';
	assert_int_equal(smtp_parse(&r, data, SMTP_REPLY_MAX + 1), SMTP_BAD);
}

struct offer {
	const char *name, *data;
	int offered;
};

static const struct offer offers[] = {
    {"STARTTLS offered", "250-a\n250-STARTTLS\n250 x\n", 1},
    {"STARTTLS in small letters", "250-a\n250 starttls\n", 1},
    {"STARTTLS with something behind", "250-a\n250 STARTTLS now\n", 1},
    {"STARTTLS with blanks before", "250-a\n250-  STARTTLS\n250 x\n", 1},
    {"the first line is the server's name", "250-STARTTLS\n250 x\n", 0},
    {"a longer word", "250-a\n250 STARTTLSX\n", 0},
    {"a later word", "250-a\n250 X STARTTLS\n", 0},
    {"no extension at all", "250 a\n", 0},
};

static void test_offer(void **state)
{
	static struct smtp_reply r;
	const struct offer *o = *state;

	assert_int_equal(smtp_parse(&r, o->data, strlen(o->data)), SMTP_REPLY);
	assert_int_equal(smtp_offers(&r, "STARTTLS"), o->offered);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ROWS(&t, test_offer, offers);
	TABLE_ONE(&t, "the longest line, the longest reply", test_limits);
	return table_run(&t, "smtp");
}
