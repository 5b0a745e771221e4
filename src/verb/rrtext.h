/* rrtext: DNS records in the form of zone files, for people.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_RRTEXT_H
#define MXPOLICY_VERB_RRTEXT_H

#include <stddef.h>
#include <stdint.h>
#include "wire/note.h"

/* "192.0.2.1", "10 mx.example.com", "3 1 1 d2ab...", the text of a TXT record;
 * "?" for a malformed record.  Foreign bytes are unchanged, except for NUL,
 * which becomes "?".  The caller frees the result. */
char *rrtext_record(const struct note_record *r);

/* The RDATA of a TLSA record, of at least TLSA_DATA_OFFSET bytes. */
char *rrtext_tlsa(const uint8_t *rdata, size_t len);

#endif
