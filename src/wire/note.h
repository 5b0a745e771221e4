/* note: what happens during a lookup, for the verbs that show it or decide by
 * it: the content of a `note` frame (wire/question.h).
 * SPDX-License-Identifier: MIT
 *
 * Each kind has a struct of values, from which the texts for people are made
 * where they are shown.  What strangers sent is never cut, within the bounds of
 * its protocol, and may contain any byte.
 *
 * Texts and bytes are borrowed: from the caller when a note is written, from
 * the frame when it is read.
 *
 * A frame contains the kind and the members in the order of the struct
 * (wire/bytes.h): numbers, flags (0, 1) and enums as u32; texts as u32 length,
 * bytes, NUL; bytes as u32 length, bytes; reasons as two texts, the word of the
 * cause and the text. */
#ifndef MXPOLICY_WIRE_NOTE_H
#define MXPOLICY_WIRE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/dnsword.h"
#include "policy/reason.h"
#include "policy/sts.h"
#include "policy/verdict.h"

/* The largest note.  All that strangers can send is smaller: DNS answers and
 * policies are limited to 64 KiB, handshake messages, and so certificates, to
 * 128 KiB by GnuTLS, header lines to 100 KiB by libcurl. */
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
	struct reason why;   /* if something is wrong */
};

/* Which question of the lookup an answer is for. */
enum note_part {
	NOTE_PART_MX,
	NOTE_PART_HOST,	 /* of an MX host: addresses, TLSA, alias */
	NOTE_PART_TXT,	 /* _mta-sts */
	NOTE_PART_HTTPS, /* addresses of the policy host */
	NOTE_PARTS,
};

/* A DNS answer; a note for each of its records follows. */
struct note_answer {
	enum note_part part;
	const char *host; /* with part HOST the MX host, else "" */
	enum dns_type type;
	const char *name;
	enum dns_outcome outcome;
	/* FAILED: only why is set.  Else why is a remark: why nobody was asked
	 * for a name, or not believed, that exists only here. */
	enum dns_content content;
	uint32_t ttl;
	/* What weakens its proof: RRSIG records of SHA-1 alone, algorithm 5 or
	 * 7 (else 0); the most iterations of an NSEC3 record. */
	uint32_t sha1, iterations;
	const char *alias; /* where CNAMEs led to, "" if there are none */
	struct reason why;
};

/* A record of the preceding answer. */
struct note_record {
	enum dns_type type; /* not DNSKEY */
	/* false: malformed, data is the RDATA. */
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
	NOTE_BECAUSE_TLSA, /* it has TLSA records: usable, of */
	NOTE_BECAUSE_NO_TLSA,
	NOTE_BECAUSE_TLSA_INSECURE, /* the zone of its TLSA name is insecure */
	NOTE_BECAUSE_INSECURE,	    /* its own zone is insecure */
	NOTE_BECAUSE_IS_ADDRESS,    /* not a name, so no TLSA */
	NOTE_BECAUSE_NO_ADDRESS,
	NOTE_BECAUSE_NOT_A_NAME, /* not a host name */
	NOTE_BECAUSE_FAILED,	 /* why */
	NOTE_BECAUSES,
};

/* The status of one MX host. */
struct note_host {
	const char *name;
	enum host_status status;
	enum note_because because;
	uint32_t usable, of; /* TLSA records */
	struct reason why;
};

enum note_mx_remark {
	NOTE_MX_UNREADABLE, /* n malformed records, ignored */
	NOTE_MX_TOO_MANY,   /* more than n hosts; ignored from this preference
			       on */
	NOTE_MX_REMARKS,
};

/* A remark about an MX RRset. */
struct note_mx {
	enum note_mx_remark remark;
	uint32_t n;
	uint16_t preference;
};

/* An HTTPS exchange; a note for each certificate follows. */
struct note_exchange {
	const char *host;
	const char *address; /* "": no connection */
	const char *tls;     /* "TLS 1.3", "" if it is not known */
	uint32_t status;     /* 0: no response */
	const char *type;    /* the media type, "" if there is none */
	uint32_t bytes;	     /* of the body */
	uint32_t ms;
};

/* A certificate of the preceding exchange. */
struct note_certificate {
	uint32_t place; /* in the chain; 0: the server's own */
	const uint8_t *der;
	size_t len;
};

/* A policy file as fetched, at most STS_POLICY_MAX bytes. */
struct note_body {
	const char *text;
	size_t len;
};

enum note_outcome {
	NOTE_OUTCOME_SAME,    /* the id is the known one */
	NOTE_OUTCOME_VALID,   /* mode and max_age are set */
	NOTE_OUTCOME_NONE,    /* no policy is published */
	NOTE_OUTCOME_INVALID, /* the TXT record, or there are several */
	NOTE_OUTCOME_FAILED,  /* why */
	NOTE_OUTCOMES,
};

/* The outcome for the policy.  The last one counts: SAME may be followed by the
 * outcome of a fetch. */
struct note_policy {
	enum note_outcome outcome;
	const char *id; /* "" if it is not known */
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

/* Write a note into a buffer; returns its length.  0: it does not fit, or a
 * value is out of bounds. */
size_t note_format(const struct note *n, void *buf, size_t size)
    __attribute__((warn_unused_result));

/* Read a note.  n points into the bytes.  false: note_format() does not write
 * such bytes; n is undefined. */
bool note_parse(struct note *n, const void *bytes, size_t len)
    __attribute__((warn_unused_result));

#endif
