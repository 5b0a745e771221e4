/* punycode: the ASCII form of a label (RFC 3492).
 * SPDX-License-Identifier: MIT
 *
 * libidn2 has it as a function of its own since 2.3.5. */
#include "lookup/punycode.h"

/* RFC 3492 5 */
#define BASE 36
#define T_MIN 1
#define T_MAX 26
#define SKEW 38
#define DAMP 700
#define INITIAL_BIAS 72
#define INITIAL_N 128

struct out {
	char *at;
	size_t left;
};

static void put(struct out *o, uint32_t digit, bool *fits)
{
	if (o->left < 2) {
		*fits = false;
		return;
	}
	*o->at++ = (char)(digit < 26 ? 'a' + digit : '0' + digit - 26);
	o->left--;
}

/* RFC 3492 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void put_number(struct out *o, uint32_t q, uint32_t bias, bool *fits)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias		 ? T_MIN
			     : k >= bias + T_MAX ? T_MAX
						 : k - bias;

		if (q < t)
			break;
		put(o, t + (q - t) % (BASE - t), fits);
		q = (q - t) / (BASE - t);
	}
	put(o, q, fits);
}

/* The lowest code point that is not below n. */
static uint32_t next_point(const uint32_t *label, size_t len, uint32_t n)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < len; i++)
		if (label[i] >= n && label[i] < next)
			next = label[i];
	return next;
}

/* The ASCII ones as they are, and a hyphen after them. */
static uint32_t put_basic(
    struct out *o, const uint32_t *label, size_t len, bool *fits)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (label[i] >= INITIAL_N)
			continue;
		if (o->left < 3) {
			*fits = false;
			return n;
		}
		*o->at++ = (char)label[i];
		o->left--;
		n++;
	}
	if (n > 0) {
		*o->at++ = '-';
		o->left--;
	}
	return n;
}

/* RFC 3492 6.3.  Nothing overflows: a label has at most 63 code points that
 * fit, and each is below 0x110000. */
bool punycode_encode(const uint32_t *label, size_t n, char *out, size_t size)
{
	struct out o = {out, size};
	uint32_t point = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
	bool fits = n < size;
	uint32_t basic = fits ? put_basic(&o, label, n, &fits) : 0;

	for (uint32_t done = basic; fits && done < n;) {
		uint32_t next = next_point(label, n, point);

		delta += (next - point) * (done + 1);
		point = next;
		for (size_t i = 0; fits && i < n; i++) {
			delta += label[i] < point;
			if (label[i] != point)
				continue;
			put_number(&o, delta, bias, &fits);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		point++;
	}
	if (fits)
		*o.at = '\0';
	return fits;
}
