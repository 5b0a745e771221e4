/* filter: which system calls a process may make; a small seccomp filter without
 * libseccomp.  Owns <linux/seccomp.h> and <linux/filter.h>.
 * SPDX-License-Identifier: MIT */
#include "confine/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* One table of numbers would not do for those that multiplex socket calls. */
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000
#elif defined(__aarch64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH

#define PROGRAM_MAX 1024
#define RULE_LEN 6  /* instructions of one rule with an argument */
#define FIXED_LEN 8 /* of the beginning and the end */
#define LEAF_MAX 3  /* calls that are compared one after the other */

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short n;
};

static void put(
    struct program *p, unsigned int code, uint8_t jt, uint8_t jf, uint32_t k)
{
	p->code[p->n++] = (struct sock_filter){(uint16_t)code, jt, jf, k};
}

static void load(struct program *p, size_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void load_call(struct program *p)
{
	load(p, offsetof(struct seccomp_data, nr));
}

static void end(struct program *p, enum filter_action action)
{
	static const uint32_t values[] = {
	    [FILTER_ALLOW] = SECCOMP_RET_ALLOW,
	    [FILTER_REFUSE] = SECCOMP_RET_ERRNO | ENOSYS,
	    [FILTER_KILL] = SECCOMP_RET_KILL_PROCESS,
	};

	put(p, BPF_RET | BPF_K, 0, 0, values[action]);
}

/* One with an argument.  The number of the call is loaded before and after. */
static void put_rule(struct program *p, const struct filter_rule *r)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, RULE_LEN - 1, (uint32_t)r->call);
	/* The architectures above are little-endian: the lower half comes
	 * first. */
	load(p, offsetof(struct seccomp_data, args) +
		    (size_t)r->arg * sizeof(uint64_t));
	put(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, r->mask);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, r->value);
	end(p, r->action);
	load_call(p);
}

static int by_call(const void *a, const void *b)
{
	const struct filter_rule *const *x = a, *const *y = b;

	return (*x)->call - (*y)->call;
}

/* Those without, in ascending order, as a search tree: when the filter is set
 * up the kernel runs it for each call that there is, to know which are always
 * allowed.  One comparison after the other takes a quarter of a millisecond. */
static void put_tree(struct program *p, const struct filter_rule *const *rules,
    size_t n, enum filter_action otherwise)
{
	unsigned short jump;
	size_t half = n / 2;

	if (n <= LEAF_MAX) {
		for (size_t i = 0; i < n; i++) {
			put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1,
			    (uint32_t)rules[i]->call);
			end(p, rules[i]->action);
		}
		end(p, otherwise);
		return;
	}
	put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, (uint32_t)rules[half]->call);
	jump = p->n;
	put(p, BPF_JMP | BPF_JA, 0, 0, 0);
	put_tree(p, rules, half, otherwise);
	p->code[jump].k = (uint32_t)(p->n - jump - 1);
	put_tree(p, rules + half, n - half, otherwise);
}

static void put_head(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH);
	end(p, FILTER_KILL);
	load_call(p);
#ifdef X32_BIT
	put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
	end(p, FILTER_KILL);
#endif
}

bool filter_enter(
    const struct filter_rule *rules, size_t n, enum filter_action otherwise)
{
	const struct filter_rule *plain[FILTER_RULES_MAX];
	struct program p = {.n = 0};
	struct sock_fprog prog = {.filter = p.code};
	size_t n_plain = 0;

	_Static_assert(FILTER_RULES_MAX * RULE_LEN + FIXED_LEN < PROGRAM_MAX,
	    "a rule without an argument takes no more: 2, and its part of the "
	    "tree");
	if (n > FILTER_RULES_MAX)
		return false;
	put_head(&p);
	for (size_t i = 0; i < n; i++)
		if (rules[i].arg == FILTER_ANY)
			plain[n_plain++] = &rules[i];
		else
			put_rule(&p, &rules[i]);
	qsort(plain, n_plain, sizeof *plain, by_call);
	put_tree(&p, plain, n_plain, otherwise);
	prog.len = p.n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}

#else

bool filter_enter(
    const struct filter_rule *rules, size_t n, enum filter_action otherwise)
{
	(void)rules;
	(void)n;
	(void)otherwise;
	return false;
}

#endif
