/* cell: what a process that serves leaves itself.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_CELL_H
#define MXPOLICY_SERVE_CELL_H

#include <stdbool.h>

/* Call when all is open and before the first byte of a client is read.  Files
 * can be read where the settings and the names of services are, and written
 * where the cache is; no program can be run, no process started, signalled or
 * traced; no sockets but unix ones.
 * cache: its path, "" none; settings: the path of the file.  with_child: this
 * process may have to start `resolve`: then all files can be read and run, and
 * what a child needs stays possible, since it inherits this.
 * What the kernel does not support is left out, silently: `mxpolicy check`
 * tells. */
void cell_enter(const char *cache, const char *settings, bool with_child);

/* Would a cache at this path be within reach?  true as well while no cell was
 * entered. */
bool cell_reaches(const char *cache);

#endif
