/* trust: the certificate authorities of a file, kept in memory.
 * SPDX-License-Identifier: MIT */
#include "x509/trust.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/xalloc.h"
#include "x509/crt.h"

struct trust {
	const char *file;
	gnutls_x509_trust_list_t list; /* NULL: nothing was read */
	struct stat as_read;
};

const char *trust_library(void)
{
	return gnutls_check_version(NULL);
}

struct trust *trust_open(const char *file)
{
	struct trust *t = xcalloc(1, sizeof *t);

	t->file = file;
	return t;
}

static void forget(struct trust *t)
{
	if (t->list != NULL)
		gnutls_x509_trust_list_deinit(t->list, 1);
	t->list = NULL;
}

void trust_close(struct trust *t)
{
	if (t == NULL)
		return;
	forget(t);
	free(t);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The number of authorities, or below 0 a GnuTLS error. */
static int load(gnutls_x509_trust_list_t list, const char *file)
{
	if (file[0] == '\0')
		return gnutls_x509_trust_list_add_system_trust(list, 0, 0);
	return gnutls_x509_trust_list_add_trust_file(
	    list, file, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
}

gnutls_x509_trust_list_t trust_list(struct trust *t, struct reason *why)
{
	struct stat now;
	int n;

	/* Before it is read: if it changes meanwhile it is read once more. */
	if (t->file[0] == '\0' || stat(t->file, &now) != 0)
		memset(&now, 0, sizeof now);
	if (t->list != NULL && is_same(&now, &t->as_read))
		return t->list;
	forget(t);
	t->as_read = now;
	crt_need(gnutls_x509_trust_list_init(&t->list, 0));
	n = load(t->list, t->file);
	if (n > 0)
		return t->list;
	forget(t);
	reason_fail(why, CAUSE_FILE,
	    "the certificate authorities cannot be read: %s: %s",
	    t->file[0] != '\0' ? t->file : "the system's store",
	    n < 0 ? gnutls_strerror(n) : "none are in it");
	return NULL;
}
