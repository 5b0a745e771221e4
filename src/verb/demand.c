/* demand: what Postfix makes of a reply of ours, for one delivery.
 * SPDX-License-Identifier: MIT */
#include "verb/demand.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "policy/domain.h"

static void append(char ***list, size_t *n, char *text)
{
	char **longer = reallocarray(*list, *n + 1, sizeof **list);

	if (longer == NULL)
		exit(EX_TEMPFAIL);
	longer[(*n)++] = text;
	*list = longer;
}

/* Our replies have single blanks between words, and policy strings in braces,
 * which are of no account here. */
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

static void take_match(struct demand *d, char *list)
{
	char *colon;

	for (; (colon = strchr(list, ':')) != NULL; list = colon + 1) {
		*colon = '\0';
		append(&d->match, &d->n_match, list);
	}
	append(&d->match, &d->n_match, list);
}

static void take_word(struct demand *d, char *word)
{
	if (strncmp(word, "match=", 6) == 0)
		take_match(d, word + 6);
	else if (strcmp(word, "servername=hostname") == 0)
		d->servername = true;
	else if (strncmp(word, "mx_host_pattern=", 16) == 0)
		append(&d->pattern, &d->n_pattern, word + 16);
}

void demand_read(struct demand *d, const char *reply)
{
	char *at, *word;

	*d = (struct demand){ .level = DEMAND_DEFER };
	d->text = strdup(reply);
	if (d->text == NULL)
		exit(EX_TEMPFAIL);
	at = d->text;
	word = next_word(&at);
	if (word == NULL)
		return;
	if (strcmp(word, "NOTFOUND") == 0)
		d->level = DEMAND_MAY;
	if (strcmp(word, "OK") != 0 || (word = next_word(&at)) == NULL)
		return;
	if (strcmp(word, "dane-only") == 0)
		d->level = DEMAND_DANE_ONLY;
	else if (strcmp(word, "dane") == 0)
		d->level = DEMAND_DANE;
	else if (strcmp(word, "secure") == 0)
		d->level = DEMAND_SECURE;
	while ((word = next_word(&at)) != NULL)
		take_word(d, word);
	d->sts = d->n_match > 0 && d->n_pattern > 0;
}

void demand_clear(struct demand *d)
{
	free(d->match);
	free(d->pattern);
	free(d->text);
	*d = (struct demand){ .level = DEMAND_DEFER };
}

bool demand_allows(const struct demand *d, const char *host)
{
	if (!d->sts)
		return true;
	for (size_t i = 0; i < d->n_pattern; i++)
		if (domain_match(d->pattern[i], strlen(d->pattern[i]), host))
			return true;
	return false;
}
