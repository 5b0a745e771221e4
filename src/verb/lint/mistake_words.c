/* mistake_words: what is said of each mistake.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/mistake.h"

#include "term/translate.h"

static const struct {
	const char *id, *text;
} words[MISTAKES] = {
    [MISTAKE_BLANK] = {"empty", N_("the file is empty")},
    [MISTAKE_UTF16] = {"encoding",
	N_("this is UTF-16; a policy is ASCII or UTF-8")},
    [MISTAKE_RTF] = {"form",
	N_("this is a document of a word processor (RTF); save it as plain "
	   "text")},
    [MISTAKE_MARKUP] = {"form",
	N_("this is HTML, XML or JSON; a policy is plain text with name: value "
	   "on each line")},
    [MISTAKE_FRONT_MATTER] = {"front-matter",
	N_("this is the source of a page generator: what is between the lines "
	   "--- must not be served, nor those lines")},
    [MISTAKE_TXT_IN_FILE] = {"txt-in-file",
	N_("this is the TXT record, which belongs in the DNS at _mta-sts; "
	   "the file has lines such as version: STSv1")},
    [MISTAKE_NO_POLICY] = {"not-a-policy",
	N_("this is no policy: no line begins with version, mode, max_age or "
	   "mx")},
    [MISTAKE_TEMPLATE] = {"placeholder",
	N_("this is a template that was not filled in; write your own value in "
	   "place of what is in brackets")},
    [MISTAKE_BOM] = {"no-field",
	N_("the file begins with a byte order mark; save it without one")},
    [MISTAKE_COMMENT] = {"comment",
	N_("a policy cannot have comments; remove it")},
    [MISTAKE_INDENTED] = {"indented",
	N_("the name of a field must be at the beginning of its line; remove "
	   "the blanks before it")},
    [MISTAKE_LIST] = {"list",
	N_("a policy is no YAML: write each mx on a line of its own, without "
	   "a hyphen before it")},
    [MISTAKE_EQUALS] = {"equals",
	N_("write a colon between name and value, not an equals sign")},
    [MISTAKE_BLANK_BEFORE_COLON] = {"no-field",
	N_("the colon must follow the name at once; remove the blank before "
	   "it")},
    [MISTAKE_NOT_ASCII] = {"not-ascii",
	N_("this character is not ASCII; type it again on a keyboard")},
    [MISTAKE_STRAY] = {"stray-line",
	N_("this line is no field; senders refuse the policy until it is "
	   "removed")},
    [MISTAKE_GLUED] = {"glued",
	N_("another policy begins in the middle of this line; keep only one")},
    [MISTAKE_MARKS] = {"marks",
	N_("write the value without brackets or quotation marks")},
    [MISTAKE_UNIT] = {"max_age",
	N_("max_age is a number of seconds, without a unit; a week is "
	   "604800")},
    [MISTAKE_MODE_ENFORCE] = {"mode", N_("the mode is written enforce")},
    [MISTAKE_MODE_TESTING] = {"mode", N_("the mode is written testing")},
    [MISTAKE_MX_EMPTY] = {"mx", N_("an mx without a name")},
    [MISTAKE_MX_NULL] = {"mx-null",
	N_("a dot is no host; for a domain that takes no mail write mode: "
	   "none, and no mx")},
    [MISTAKE_MX_URL] = {"mx",
	N_("an mx is the name of a host, without https:// and without a "
	   "path")},
    [MISTAKE_MX_ADDRESS] = {"mx", N_("an mx is a name, not an address")},
    [MISTAKE_MX_LIST] = {"mx",
	N_("only one name on each mx line, and nothing after it")},
    [MISTAKE_MX_DOT] = {"mx",
	N_("for all hosts of a domain write *.example.com, not "
	   ".example.com")},
    [MISTAKE_MX_ASTERISK] = {"mx",
	N_("an asterisk replaces the whole first label, as in "
	   "*.example.com")},
    [MISTAKE_TXT_BLANK] = {"txt-version",
	N_("there is a blank before v=STSv1; senders ignore this record")},
    [MISTAKE_TXT_QUOTES] = {"txt-version",
	N_("the quotation marks are part of the record, which should begin "
	   "with v=STSv1; senders ignore it")},
    [MISTAKE_TXT_BACKSLASH] = {"txt-version",
	N_("the backslash is part of the record; write v=STSv1; without it")},
    [MISTAKE_TXT_POLICY] = {"txt-policy",
	N_("mode, mx and max_age belong in the policy file; the record has "
	   "only v and id, as in v=STSv1; id=20260131;")},
    [MISTAKE_TXT_ZONE] = {"txt-version",
	N_("this is a line of a zone file; the record begins with v=STSv1;")},
    [MISTAKE_TXT_CASE] = {"txt-version",
	N_("v=STSv1 must be written with these capitals; senders ignore this "
	   "record")},
    [MISTAKE_TXT_OTHER] = {"txt-version",
	N_("this record is for something else; that of MTA-STS begins with "
	   "v=STSv1;")},
    [MISTAKE_TXT_ORDER] = {"txt-version",
	N_("v=STSv1; must come first; senders ignore this record")},
    [MISTAKE_TXT_SEMICOLON] = {"txt-version",
	N_("v=STSv1 must be followed by a semicolon; senders ignore this "
	   "record")},
    [MISTAKE_TXT_COLON] = {"txt-field",
	N_("write an equals sign after id, as in v=STSv1; id=20260131;")},
    [MISTAKE_TXT_COMMENT] = {"txt-comment",
	N_("a record cannot have comments; remove it")},
    [MISTAKE_TXT_HYPHEN] = {"txt-id",
	N_("an id consists of 1 to 32 letters and digits; leave out hyphens "
	   "and other characters")},
};

const char *mistake_id(enum mistake m)
{
	return words[m].id;
}

const char *mistake_text(enum mistake m)
{
	return words[m].text;
}
