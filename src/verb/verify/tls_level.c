/* tls_level: what Postfix derives from a reply of ours for one delivery.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/tls_level.h"

#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "policy/domain.h"

static void add_match(struct tls_level *d, char *text)
{
	d->match =
	    xgrow(d->match, d->n_match, &d->match_room, sizeof *d->match);
	d->match[d->n_match++] = text;
}

static void add_pattern(struct tls_level *d, char *text)
{
	d->pattern = xgrow(
	    d->pattern, d->n_pattern, &d->pattern_room, sizeof *d->pattern);
	d->pattern[d->n_pattern++] = text;
}

/* Our replies have single blanks between words.  Policy strings are in braces
 * and do not matter here. */
static char *next_word(char **at)
{
	char *word = *at, *end;

	if (*word == '\0')
		return NULL;
	end = word[0] == '{' ? strchr(word, '}') : word;
	end = end != NULL ? end + strcspn(end, " ") : word + strlen(word);
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

static void take_match(struct tls_level *d, char *list)
{
	char *colon;

	for (; (colon = strchr(list, ':')) != NULL; list = colon + 1) {
		*colon = '\0';
		add_match(d, list);
	}
	add_match(d, list);
}

static void take_word(struct tls_level *d, char *word)
{
	if (strncmp(word, "match=", 6) == 0)
		take_match(d, word + 6);
	else if (strcmp(word, "servername=hostname") == 0)
		d->servername = true;
	else if (strncmp(word, "mx_host_pattern=", 16) == 0)
		add_pattern(d, word + 16);
}

void tls_level_read(struct tls_level *d, const char *reply)
{
	char *at, *word;

	*d = (struct tls_level){.level = TLS_LEVEL_DEFER};
	at = d->text = xstrdup(reply);
	word = next_word(&at);
	if (word == NULL)
		return;
	if (strcmp(word, "NOTFOUND") == 0)
		d->level = TLS_LEVEL_MAY;
	if (strcmp(word, "OK") != 0 || (word = next_word(&at)) == NULL)
		return;
	if (strcmp(word, "dane-only") == 0)
		d->level = TLS_LEVEL_DANE_ONLY;
	else if (strcmp(word, "dane") == 0)
		d->level = TLS_LEVEL_DANE;
	else if (strcmp(word, "secure") == 0)
		d->level = TLS_LEVEL_SECURE;
	while ((word = next_word(&at)) != NULL)
		take_word(d, word);
	d->sts = d->n_match > 0 && d->n_pattern > 0;
}

void tls_level_clear(struct tls_level *d)
{
	free(d->match);
	free(d->pattern);
	free(d->text);
	*d = (struct tls_level){.level = TLS_LEVEL_DEFER};
}

bool tls_level_allows(const struct tls_level *d, const char *host)
{
	if (!d->sts)
		return true;
	for (size_t i = 0; i < d->n_pattern; i++)
		if (domain_match(d->pattern[i], strlen(d->pattern[i]), host))
			return true;
	return false;
}
