/* own: files that root made are given to who serves from them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_OWN_H
#define MXPOLICY_CACHE_OWN_H

/* Root looks things up too, often before anybody else: a file that it made,
 * open as fd, gets the owner and group of its directory, who serve from it.
 * Does nothing for others, for a directory of root's, and for a file that the
 * path names by a link.  errno stays. */
void own_give(int fd, const char *path);

#endif
