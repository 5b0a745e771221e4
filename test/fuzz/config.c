/* fuzz config: any file of settings is read to its end, item by item.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "conf/conffile.h"

static void on_item(void *arg, const struct conffile_item *item)
{
	size_t *lines = arg;

	MUST(item->line >= 1 && item->line <= *lines);
	MUST(item->section != NULL && strchr(item->section, '\n') == NULL);
	if (item->fault != NULL)
		MUST(item->fault[0] != '\0');
	else
		MUST(item->name != NULL && item->value != NULL &&
		     strchr(item->name, '\n') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t lines = 1;
	FILE *f;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (size == 0)
		return 0;
	f = fmemopen((void *)(uintptr_t)data, size, "r");
	MUST(f != NULL);
	(void)!conffile_read(f, on_item, &lines);
	fclose(f);
	return 0;
}
