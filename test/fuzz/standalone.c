/* standalone: runs a fuzz driver without libFuzzer, over its seeds and a fixed
 * sequence of mutations of them, so that any compiler and `make check` do.
 * SPDX-License-Identifier: MIT
 *
 *	NAME_fuzz			seeds of $srcdir/test/fuzz/corpus/NAME
 *	NAME_fuzz FILE...		these files alone, no mutations
 *	FUZZ_RUNS=N NAME_fuzz		N mutations (20000, or RUNS)
 *
 * A property that does not hold leaves its input in NAME.crash. */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"

#ifndef FUZZ_NAME
#error "FUZZ_NAME names the corpus"
#endif

#define SEEDS_MAX 256
#define SIZE_MAX_INPUT 70000
#ifndef RUNS
#define RUNS 20000
#endif

struct input {
	uint8_t *data;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seeds_len;
static const uint8_t *current;
static size_t current_size;

/* What the grammars are made of. */
static const char *const words[] = {"v=STSv1;", "id=", "version: STSv1\n",
    "mode: enforce\n", "mode: none\n", "max_age: 86400\n",
    "mx: ", "mx: *.a.b\n", "\r\n", "\n", "{", "}", " } match=evil {", "*.", ".",
    "..", "-", "0x", "[", "]:", ":25", ",", "hostname", " ", "  ", "4294967296",
    "99999999999", "secure", "policy ", "sts 2 1 ", "dane 2 1 ", "\xc3\xbc",
    "\xe2\x82", "\xff", "+", "_", "v=TLSRPTv1;",
    "rua=", "mailto:", "https:", "%2c", "!", "\t"};

static uint64_t random_state = 0x9e3779b97f4a7c15u;

/* xorshift64: the same sequence everywhere. */
static size_t below(size_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)((random_state >> 16) % limit);
}

static void on_crash(int sig)
{
	FILE *f = fopen(FUZZ_NAME ".crash", "wb");

	if (f != NULL) {
		fwrite(current, 1, current_size, f);
		fclose(f);
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

/* In memory of its exact size, so that a sanitizer sees over-reading. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);

	MUST(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	current = exact;
	current_size = size;
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	current_size = 0;
}

static void load(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct input *in = &seeds[seeds_len];

	if (f == NULL) {
		perror(path);
		exit(99);
	}
	MUST(seeds_len < SEEDS_MAX);
	in->data = malloc(SIZE_MAX_INPUT);
	MUST(in->data != NULL);
	in->size = fread(in->data, 1, SIZE_MAX_INPUT, f);
	fclose(f);
	seeds_len++;
}

static void load_corpus(void)
{
	const char *top = getenv("srcdir");
	char dir[4096], path[8192];
	struct dirent **names;
	int n;

	snprintf(dir, sizeof dir, "%s/test/fuzz/corpus/" FUZZ_NAME,
	    top != NULL ? top : ".");
	n = scandir(dir, &names, NULL, alphasort);
	if (n < 0) {
		perror(dir);
		exit(99);
	}
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(
			    path, sizeof path, "%s/%s", dir, names[i]->d_name);
			load(path);
		}
		free(names[i]);
	}
	free(names);
}

/* Put new bytes in place of cut bytes at a place. */
static size_t splice(uint8_t *data, size_t size, size_t at, size_t cut,
    const void *new, size_t new_size)
{
	if (size - cut + new_size > SIZE_MAX_INPUT)
		return size;
	memmove(data + at + new_size, data + at + cut, size - at - cut);
	memcpy(data + at, new, new_size);
	return size - cut + new_size;
}

static size_t mutate(uint8_t *data, size_t size)
{
	const struct input *other = &seeds[below(seeds_len)];
	const char *word = words[below(sizeof words / sizeof words[0])];
	size_t at = below(size + 1), cut = below(size - at + 1), from;
	uint8_t byte = (uint8_t)below(256), copy[256];

	switch (below(7)) {
	case 0:
		return splice(data, size, at, 0, &byte, 1);
	case 1:
		return splice(data, size, at, cut < 8 ? cut : 8, "", 0);
	case 2:
		return splice(data, size, at, 0, word, strlen(word));
	case 3:
		return splice(
		    data, size, at, cut < 4 ? cut : 4, word, strlen(word));
	case 4: /* the tail of another seed */
		from = below(other->size + 1);
		return splice(data, size, at, size - at, other->data + from,
		    other->size - from);
	case 5: /* a piece twice */
		cut = cut < sizeof copy ? cut : sizeof copy;
		memcpy(copy, data + at, cut);
		return splice(data, size, at, 0, copy, cut);
	default:
		if (at < size)
			data[at] ^= (uint8_t)(1u << below(8));
		return size;
	}
}

static void run_mutations(unsigned long runs)
{
	static uint8_t data[SIZE_MAX_INPUT];
	const struct input *seed;
	size_t size;

	for (unsigned long i = 0; i < runs; i++) {
		seed = &seeds[below(seeds_len)];
		size = seed->size;
		memcpy(data, seed->data, size);
		for (size_t n = 1 + below(6); n > 0; n--)
			size = mutate(data, size);
		run(data, size);
	}
}

int main(int argc, char **argv)
{
	const char *env = getenv("FUZZ_RUNS");
	unsigned long runs = env != NULL ? strtoul(env, NULL, 10) : RUNS;

	signal(SIGABRT, on_crash);
	for (int i = 1; i < argc; i++)
		load(argv[i]);
	if (argc < 2)
		load_corpus();
	else
		runs = 0;
	if (seeds_len == 0) {
		fprintf(stderr, "no seeds for " FUZZ_NAME "\n");
		return 99;
	}
	run((const uint8_t *)"", 0);
	for (size_t i = 0; i < seeds_len; i++)
		run(seeds[i].data, seeds[i].size);
	run_mutations(runs);
	for (size_t i = 0; i < seeds_len; i++)
		free(seeds[i].data);
	printf(FUZZ_NAME ": %zu seeds, %lu mutations\n", seeds_len, runs);
	return 0;
}
