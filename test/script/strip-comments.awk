# strip-comments: C without comments, and texts emptied; prints FILE:LINE: CODE.
# SPDX-License-Identifier: MIT
FNR == 1 { inside = 0 }
!inside && !/["'\/]/ {
	print FILENAME ":" FNR ": " $0
	next
}
{
	out = ""
	n = length($0)
	for (i = 1; i <= n; i++) {
		two = substr($0, i, 2)
		c = substr($0, i, 1)
		if (inside) {
			if (two == "*/") {
				inside = 0
				i++
			}
		} else if (two == "/*") {
			inside = 1
			i++
			out = out " "
		} else if (two == "//") {
			break
		} else if (c == "\"" || c == "'") {
			for (i++; i <= n && substr($0, i, 1) != c; i++)
				if (substr($0, i, 1) == "\\")
					i++
			out = out c c
		} else {
			out = out c
		}
	}
	print FILENAME ":" FNR ": " out
}
