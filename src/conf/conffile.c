/* conffile: a file of settings, line by line.  Owns <ini.h>.
 * SPDX-License-Identifier: MIT
 *
 * libinih takes 199 bytes for a line and the rest for the next one; it cuts
 * names of sections, keeps the old section if a header is malformed, and tells
 * the number of the first bad line alone.  So it gets its lines from here: a
 * longer one in pieces, each of which continues the one before. */
#include "conf/conffile.h"

#include <errno.h>
#include <ini.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include "base/xalloc.h"

#define BOM "\xef\xbb\xbf"

struct reader {
	FILE *file;
	void (*item)(void *arg, const struct conffile_item *item);
	void *arg;
	char *line; /* of getline(3) */
	size_t room;
	unsigned int number;
	const char *rest;  /* of a line that is longer than libinih's */
	bool is_expected;  /* a setting should have come from this line */
	bool is_piece;	   /* what comes now continues the same line */
	bool is_lost;	   /* the section is not known */
	bool is_skipping;  /* what continues an ignored line */
	bool continues;	   /* the line begins with a blank */
	bool is_open;	   /* the setting below has not been told yet */
	bool is_continued; /* ... and has more than one line */
	unsigned int began;
	char section[CONFFILE_SECTION_MAX + 1];
	char name[CONFFILE_SECTION_MAX + 1];
	char value[CONFFILE_LINE_MAX + 1];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' ||
	       c == '\f';
}

static const char *skip_blanks(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

static void tell_fault(struct reader *r, const char *fault)
{
	r->item(r->arg,
	    &(const struct conffile_item){
		.line = r->number, .section = r->section, .fault = fault});
}

/* Tell the setting that was gathered. */
static void flush(struct reader *r)
{
	if (r->is_open)
		r->item(r->arg, &(const struct conffile_item){.line = r->began,
				    .section = r->section,
				    .name = r->name,
				    .value = r->value,
				    .continued = r->is_continued});
	r->is_open = false;
}

/* "[name]", and nothing that matters behind it. */
static void take_section(struct reader *r, const char *text)
{
	const char *end = strchr(text, ']');
	size_t len = end != NULL ? (size_t)(end - text) - 1 : 0;

	flush(r);
	r->is_lost = end == NULL || len > CONFFILE_SECTION_MAX;
	r->section[0] = '\0';
	if (end == NULL)
		tell_fault(r, "a section without \"]\"");
	else if (r->is_lost)
		tell_fault(r, "the name of the section is too long");
	if (r->is_lost)
		return;
	memcpy(r->section, text + 1, len);
	r->section[len] = '\0';
}

/* What is in a line, with its end taken off.  "" if libinih need not see it. */
#define EMPTY_SECTION "[s]" /* libinih: the next line continues nothing */

static const char *judge_line(struct reader *r, char *line, size_t len)
{
	const char *text;

	if (r->number == 1 && strncmp(line, BOM, strlen(BOM)) == 0)
		line += strlen(BOM);
	text = skip_blanks(line);
	r->continues = text > line;
	if (*text == '#' || *text == ';')
		return "";
	if (strlen(r->line) != len)
		tell_fault(r, "there is a NUL in it");
	else if (len > CONFFILE_LINE_MAX)
		tell_fault(r, "it is too long");
	else if (*text == '[' && !r->continues) {
		take_section(r, text);
		return EMPTY_SECTION;
	} else if (*text != '\0' && r->is_lost)
		tell_fault(r, "it is in a section that is not known");
	else if (*text != '\0' && r->continues && r->is_skipping)
		tell_fault(r, "it continues a line that is ignored");
	else {
		r->is_expected = *text != '\0';
		r->is_skipping = r->is_skipping && !r->is_expected;
		return r->is_expected ? line : "";
	}
	/* What continues it must not be appended to the setting above. */
	r->is_skipping = true;
	return "";
}

/* libinih's comments within a line begin with a blank and ";". */
static void cut_comment(char *line)
{
	for (char *at = line; *at != '\0'; at++)
		if (at > line && *at == ';' && is_blank(at[-1])) {
			*at = '\0';
			return;
		}
}

/* The next piece of r->rest, to continue with: it neither ends with a blank,
 * which libinih would drop, nor does what is left begin with one or as a
 * comment. */
static size_t piece_len(const char *rest, size_t max)
{
	size_t len = strlen(rest), end;

	if (len <= max)
		return len;
	for (end = max; end > 1; end--)
		if (!is_blank(rest[end - 1]) && !is_blank(rest[end]) &&
		    strchr("#;[", rest[end]) == NULL)
			return end;
	return max;
}

/* As fgets(3), for libinih: never more than one line, or a piece of it. */
static char *next_line(char *to, int size, void *arg)
{
	struct reader *r = arg;
	size_t max = (size_t)size - 3; /* a blank, the end of line, NUL */
	size_t len;
	ssize_t n;

	if (r->is_expected) {
		tell_fault(r, "it is not \"key = value\"");
		r->rest = "";
		r->is_skipping = true;
	}
	r->is_expected = false;
	r->is_piece = r->rest[0] != '\0';
	if (!r->is_piece) {
		n = getline(&r->line, &r->room, r->file);
		if (n < 0)
			return NULL;
		r->number++;
		len = (size_t)n;
		while (len > 0 && is_blank(r->line[len - 1]))
			r->line[--len] = '\0';
		r->rest = judge_line(r, r->line, len);
		if (strlen(r->rest) > max)
			cut_comment((char *)(uintptr_t)r->rest);
	} else {
		*to++ = ' ';
		r->is_expected = true;
	}
	len = piece_len(r->rest, max);
	memcpy(to, r->rest, len);
	r->rest += len;
	memcpy(to + len, "\n", 2);
	return r->is_piece ? to - 1 : to;
}

static void append(struct reader *r, const char *value)
{
	size_t used = strlen(r->value), len = strlen(value);
	bool is_blank_between = !r->is_piece && used > 0 && len > 0;

	if (used + len + 1 > CONFFILE_LINE_MAX) {
		tell_fault(r, "the value is too long");
		return;
	}
	if (is_blank_between)
		r->value[used++] = ' ';
	memcpy(r->value + used, value, len + 1);
	r->is_continued = r->is_continued || !r->is_piece;
}

static int on_pair(
    void *arg, const char *section, const char *name, const char *value)
{
	struct reader *r = arg;

	(void)section; /* libinih cuts long ones */
	r->is_expected = false;
	if (value == NULL)
		value = "";
	if (r->is_open && (r->is_piece || r->continues)) {
		append(r, value);
		return 1;
	}
	flush(r);
	r->is_open = true;
	r->is_continued = false;
	r->began = r->number;
	snprintf(r->name, sizeof r->name, "%s", name);
	snprintf(r->value, sizeof r->value, "%s", value);
	return 1;
}

bool conffile_read(FILE *file,
    void (*item)(void *arg, const struct conffile_item *item), void *arg)
{
	struct reader *r = xcalloc(1, sizeof *r);
	int err;

	r->file = file;
	r->item = item;
	r->arg = arg;
	r->rest = "";
	(void)ini_parse_stream(next_line, r, on_pair, r);
	err = ferror(file) ? errno : 0;
	flush(r);
	free(r->line);
	free(r);
	errno = err;
	return err == 0;
}
