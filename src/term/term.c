/* term: colours and wrapped lines for a person at a terminal.
 * SPDX-License-Identifier: MIT */
#include "term/term.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST 40 /* on narrower terminals lines run over */

static const char *const codes[] = {
    [TERM_PLAIN] = "",
    [TERM_GOOD] = "\033[32m",
    [TERM_BAD] = "\033[31m",
    [TERM_WARN] = "\033[33m",
    [TERM_FAINT] = "\033[2m",
    [TERM_HEAD] = "\033[1m",
};

static bool colour_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || no[0] == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

void term_init(struct term *p)
{
	struct winsize size;

	p->terminal = isatty(STDOUT_FILENO);
	p->colour = p->terminal && colour_wanted();
	p->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	p->width = WIDTH_DEFAULT;
	if (p->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0)
		p->width = size.ws_col;
	if (p->width < WIDTH_LEAST)
		p->width = WIDTH_LEAST;
}

bool term_choose(struct term *p, const char *when)
{
	if (strcmp(when, "always") == 0)
		p->terminal = p->colour = true;
	else if (strcmp(when, "never") == 0)
		p->terminal = p->colour = false;
	else
		return strcmp(when, "auto") == 0;
	return true;
}

void term_on(const struct term *p, enum term_style style)
{
	if (p->colour)
		fputs(codes[style], stdout);
}

void term_off(const struct term *p, enum term_style style)
{
	if (p->colour && style != TERM_PLAIN)
		fputs("\033[0m", stdout);
}

void term_put(const struct term *p, enum term_style style, const char *fmt, ...)
{
	va_list ap;

	term_on(p, style);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	term_off(p, style);
}

/* The length of one character in bytes, and in columns. */
static size_t step(const char *text, mbstate_t *state, int *columns)
{
	wchar_t c;
	size_t n = mbrtowc(&c, text, MB_CUR_MAX, state);

	*columns = 1;
	if (n == 0 || n == (size_t)-1 || n == (size_t)-2) {
		memset(state, 0, sizeof *state);
		return 1;
	}
	*columns = wcwidth(c) > 0 ? wcwidth(c) : 0;
	return n;
}

int term_columns(const char *text)
{
	mbstate_t state = {0};
	int sum = 0, columns;

	while (*text != '\0') {
		text += step(text, &state, &columns);
		sum += columns;
	}
	return sum;
}

/* Characters that must not begin a row in Chinese and Japanese (closing marks,
 * the long vowel sign), and those that must not end one. */
static bool begins_no_row(wchar_t c)
{
	return wcschr(L"、。，．：；！？）」』】〕》〉・ー々ぁぃぅぇぉっゃゅょ"
		      L"ァィゥェォッャュョ"
		      L")]},.:;!?…",
		   c) != NULL;
}

static bool ends_no_row(wchar_t c)
{
	return wcschr(L"（「『【〔《〈([{", c) != NULL;
}

/* The length of the next piece that must not be broken: a word with the blanks
 * before it, or one character of double width with the marks around it. */
static size_t piece(const char *text, int *columns)
{
	mbstate_t state = {0};
	size_t at = strspn(text, " "), start = at;
	bool wide = false, open = false;

	*columns = (int)at;
	while (text[at] != '\0' && text[at] != ' ') {
		wchar_t c = L'?';
		mbstate_t before = state;
		int width;
		size_t n = step(text + at, &state, &width);

		if (mbrtowc(&c, text + at, n, &before) > n)
			c = L'?';
		/* A row may end before or after a wide character. */
		if (at > start && (wide || width > 1) && !open &&
		    !begins_no_row(c))
			break;
		at += n;
		*columns += width;
		wide = width > 1;
		open = ends_no_row(c);
	}
	return at;
}

void term_wrapped(FILE *to, const char *text, int at, int indent, int width)
{
	/* A new row does not help at the beginning of one. */
	bool first = at <= indent;
	int columns;

	while (*text != '\0') {
		size_t n = piece(text, &columns);

		if (!first && at + columns > width) {
			size_t blanks = strspn(text, " ");

			fprintf(to, "\n%*s", indent, "");
			text += blanks;
			n -= blanks;
			columns -= (int)blanks;
			at = indent;
		}
		fwrite(text, 1, n, to);
		text += n;
		at += columns;
		first = false;
	}
	putc('\n', to);
}
