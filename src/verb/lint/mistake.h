/* mistake: what people publish in place of a policy or a TXT record, known by
 * how it looks; pure.
 * SPDX-License-Identifier: MIT
 *
 * Each kind is in policies that domains really publish, or in TXT records.  It
 * gets one finding, however many lines of the file have it. */
#ifndef MXPOLICY_VERB_LINT_MISTAKE_H
#define MXPOLICY_VERB_LINT_MISTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mistake {
	MISTAKE_NONE,
	/* A whole file. */
	MISTAKE_BLANK, /* nothing but blanks and line ends */
	MISTAKE_UTF16,
	MISTAKE_RTF,
	MISTAKE_MARKUP,	      /* HTML, XML, JSON */
	MISTAKE_FRONT_MATTER, /* "---" of a page generator, or YAML */
	MISTAKE_TXT_IN_FILE,  /* the TXT record */
	MISTAKE_NO_POLICY,    /* no line of it has a field of a policy */
	MISTAKE_TEMPLATE,     /* "[enforce|testing]", "<domain>", "${X}" */
	/* A line without a field. */
	MISTAKE_BOM,
	MISTAKE_COMMENT, /* also behind a value */
	MISTAKE_INDENTED,
	MISTAKE_LIST,	/* "- mx: a" */
	MISTAKE_EQUALS, /* "mode=enforce" */
	MISTAKE_BLANK_BEFORE_COLON,
	MISTAKE_NOT_ASCII, /* a character that looks like another */
	MISTAKE_STRAY,	   /* any other text */
	/* A value. */
	MISTAKE_GLUED,	      /* "86400version: STSv1" */
	MISTAKE_MARKS,	      /* brackets or quotation marks around it */
	MISTAKE_UNIT,	      /* "1 week" */
	MISTAKE_MODE_ENFORCE, /* "enforced" */
	MISTAKE_MODE_TESTING, /* "test" */
	MISTAKE_MX_EMPTY,
	MISTAKE_MX_NULL, /* "." */
	MISTAKE_MX_URL,
	MISTAKE_MX_ADDRESS,
	MISTAKE_MX_LIST,     /* two on a line */
	MISTAKE_MX_DOT,	     /* ".example.com" */
	MISTAKE_MX_ASTERISK, /* "alt*.example.com", "*" */
	/* A TXT record. */
	MISTAKE_TXT_BLANK, /* before v= */
	MISTAKE_TXT_QUOTES,
	MISTAKE_TXT_BACKSLASH, /* "\;" */
	MISTAKE_TXT_POLICY,    /* mode, mx or max_age */
	MISTAKE_TXT_ZONE,      /* the whole line of a zone file */
	MISTAKE_TXT_CASE,      /* "V=STSv1", "v=stsv1" */
	MISTAKE_TXT_OTHER,     /* v=TLSRPTv1, v=spf1 ... */
	MISTAKE_TXT_ORDER,     /* "id=1; v=STSv1" */
	MISTAKE_TXT_SEMICOLON, /* "v=STSv1 id=1", "v=STSv1, id=1" */
	MISTAKE_TXT_COLON,     /* "id:1" */
	MISTAKE_TXT_COMMENT,
	MISTAKE_TXT_HYPHEN, /* an id with "-", "_" or the like */
	MISTAKES
};

/* The name in --json, and what is wrong and what to do (N_()). */
const char *mistake_id(enum mistake m);
const char *mistake_text(enum mistake m);

/* The fields of a policy. */
enum mistake_field {
	MISTAKE_VERSION,
	MISTAKE_MODE,
	MISTAKE_MAX_AGE,
	MISTAKE_MX,
	MISTAKE_FIELDS
};
/* MISTAKE_FIELDS for another name. */
enum mistake_field mistake_field_of(const char *name, size_t len);
const char *mistake_field_name(enum mistake_field f);

/* Which field is meant by a name, in any case, with blanks, quotation marks or
 * "- " around it, or with up to two letters wrong?  MISTAKE_FIELDS: none. */
enum mistake_field mistake_meant(const char *name, size_t len);

/* Which fields a file has, well or badly written. */
struct mistake_outline {
	bool exact[MISTAKE_FIELDS], meant[MISTAKE_FIELDS];
};
void mistake_outline(struct mistake_outline *o, const char *text, size_t len);

/* Is the whole file something else?  *line: where, 0 for all of it. */
enum mistake mistake_of_file(const char *text, size_t len, unsigned *line);

/* What is wrong with a line that is no field?  Never MISTAKE_NONE. */
enum mistake mistake_of_line(const char *line, size_t len);

/* What is wrong with the value of a field, if it can be told. */
enum mistake mistake_of_value(
    enum mistake_field f, const char *value, size_t len);

/* The same for a TXT record that is not valid; *at: where in it. */
enum mistake mistake_of_txt(const char *txt, size_t len, size_t *at);
/* Does a valid id, or a host name, look as if a template was not filled in? */
bool mistake_is_placeholder(const char *text, size_t len);

/* The first character beyond ASCII (0: there is none; U+FFFD where it is not
 * UTF-8), at *at. */
uint32_t mistake_not_ascii(const char *text, size_t len, size_t *at);

#endif
