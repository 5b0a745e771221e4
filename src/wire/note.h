/* note: what a lookup met on its way, for the verbs that show it or decide by
 * it; what a `note` frame holds (wire/question.h).
 * SPDX-License-Identifier: MIT
 *
 * Each kind has a struct of values; what people read is made from them where
 * it is shown.  Nothing is cut: what strangers sent is whole, within the
 * bounds that its protocol gives it, and so may hold any byte.
 *
 * Texts and bytes are borrowed: from the caller when a note is written, from
 * the frame when it is read.
 *
 * In the frame stand the kind and the members in the order of the struct
 * (wire/bytes.h): a number, a flag (0, 1) or an enum as u32; a text as u32
 * length, bytes, NUL; bytes as u32 length, bytes; a reason as the word of its
 * cause and its text. */
#ifndef MXPOLICY_WIRE_NOTE_H
#define MXPOLICY_WIRE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/dnsword.h"
#include "policy/reason.h"
#include "policy/sts.h"
#include "policy/verdict.h"

/* Bytes of a note at most.  All that strangers send is below it: 64 KiB for an
 * answer of the DNS and for a policy; GnuTLS takes no handshake message, and
 * so no certificate, of more than 128 KiB; libcurl no header of more than 100
 * KiB. */
#define NOTE_MAX (2 * STS_POLICY_MAX + 256)

enum note_kind {
	NOTE_SERVERS,
	NOTE_ANSWER,
	NOTE_RECORD,
	NOTE_HOST,
	NOTE_MX,
	NOTE_EXCHANGE,
	NOTE_CERTIFICATE,
	NOTE_BODY,
	NOTE_POLICY,
	NOTE_KINDS,
};

/* The name servers. */
struct note_servers {
	const char *servers; /* for people: "192.0.2.1, 192.0.2.2" */
	bool validates;	     /* answers validate through them */
	bool fell_back;	     /* from those of the system to the root */
	struct reason why;   /* unless all is well */
};

/* Which question of the lookup an answer is for. */
enum note_part {
	NOTE_PART_MX,
	NOTE_PART_HOST,	 /* of an MX host: addresses, TLSA, alias */
	NOTE_PART_TXT,	 /* _mta-sts */
	NOTE_PART_HTTPS, /* addresses of the policy host */
	NOTE_PARTS,
};

/* An answer of the DNS; a note for each of its records follows it. */
struct note_answer {
	enum note_part part;
	const char *host; /* of part host, the MX host; else "" */
	enum dns_type type;
	const char *name;
	enum dns_outcome outcome;
	/* FAILED: why alone. */
	enum dns_content content;
	uint32_t ttl;
	const char *alias; /* where CNAMEs led to, "" without any */
	struct reason why;
};

/* A record of the answer before it. */
struct note_record {
	enum dns_type type; /* not DNSKEY */
	/* false: what came does not make such a record (data has it). */
	bool readable;
	bool usable;	     /* TLSA */
	uint16_t preference; /* MX */
	const char *name;    /* MX: the host; CNAME: the target; else "" */
	/* A, AAAA: the address.  TXT: the strings joined (RFC 8461 3.1).
	 * TLSA: RDATA, three bytes and the data.  Else of len 0. */
	const uint8_t *data;
	size_t len;
};

enum note_because {
	NOTE_BECAUSE_TLSA, /* of its TLSA records: usable, of */
	NOTE_BECAUSE_NO_TLSA,
	NOTE_BECAUSE_TLSA_INSECURE, /* the zone of its TLSA name is insecure */
	NOTE_BECAUSE_INSECURE,	    /* its own zone is */
	NOTE_BECAUSE_IS_ADDRESS,    /* no name, so no TLSA */
	NOTE_BECAUSE_NO_ADDRESS,
	NOTE_BECAUSE_NOT_A_NAME, /* it is not a host name */
	NOTE_BECAUSE_FAILED,	 /* why */
	NOTE_BECAUSES,
};

/* What one MX host counts as. */
struct note_host {
	const char *name;
	enum host_status status;
	enum note_because because;
	uint32_t usable, of; /* TLSA records */
	struct reason why;
};

enum note_mx_remark {
	NOTE_MX_UNREADABLE, /* so many records, left out */
	NOTE_MX_TOO_MANY,   /* hosts: more than so many, left out from that
			       preference on */
	NOTE_MX_REMARKS,
};

/* A remark about an MX RRset. */
struct note_mx {
	enum note_mx_remark remark;
	uint32_t n;
	uint16_t preference;
};

/* An HTTPS exchange; a note for each certificate follows it. */
struct note_exchange {
	const char *host;
	const char *address; /* "": no connection */
	const char *tls;     /* "TLS 1.3", "" when it is not known */
	uint32_t status;     /* 0: no answer */
	const char *type;    /* the media type, "" without any */
	uint32_t bytes;	     /* of the body */
	uint32_t ms;
};

/* A certificate of the exchange before it. */
struct note_certificate {
	uint32_t place; /* 0 is the server's own */
	const uint8_t *der;
	size_t len;
};

/* A policy file as it was fetched, of at most STS_POLICY_MAX bytes. */
struct note_body {
	const char *text;
	size_t len;
};

enum note_outcome {
	NOTE_OUTCOME_SAME,    /* the id is the one that is known */
	NOTE_OUTCOME_VALID,   /* mode and max_age are set */
	NOTE_OUTCOME_NONE,    /* no policy is published */
	NOTE_OUTCOME_INVALID, /* the TXT record is, or there are several */
	NOTE_OUTCOME_FAILED,  /* why */
	NOTE_OUTCOMES,
};

/* What became of the policy; of several the last one counts (SAME comes before
 * the outcome of a fetch). */
struct note_policy {
	enum note_outcome outcome;
	const char *id; /* "" when it is not known */
	enum sts_mode mode;
	uint32_t max_age;
	struct sts_fault fault; /* what is invalid in the file, and where */
	struct reason why;
};

struct note {
	enum note_kind kind;
	union {
		struct note_servers servers;
		struct note_answer answer;
		struct note_record record;
		struct note_host host;
		struct note_mx mx;
		struct note_exchange exchange;
		struct note_certificate certificate;
		struct note_body body;
		struct note_policy policy;
	};
};

/* Write a note into a buffer; its length.  0: it does not fit, or a value is
 * out of bounds. */
size_t note_format(const struct note *n, void *buf, size_t size)
    __attribute__((warn_unused_result));

/* false: these bytes are not what note_format() writes; n is then undefined.
 * What n points to is in them. */
bool note_parse(struct note *n, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

#endif
