# mxpolicy.bash: completion of mxpolicy(1) for bash.
# SPDX-License-Identifier: MIT
# Verbs and options come from the --help of the very program that is being
# typed, a millisecond each time, so they cannot be those of another version.
# Only what an option's value can be is known here.  bash-completion loads this
# file, but it works without.

# The words of the line go to the caller's `words`, whole again where readline
# splits "--map=x", "cache=/x" and "example.com:25"; `cut` becomes the part of
# the last one that readline keeps.
_mxpolicy_words() {
	local i w last=${COMP_WORDS[COMP_CWORD]}
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		if ((i > 1)) && [[ $w =~ ^[=:]+$ || (-n $w &&
			${COMP_WORDS[i - 1]} =~ ^[=:]+$) ]]; then
			words[${#words[@]} - 1]+=$w
		else
			words+=("$w")
		fi
	done
	cur=${words[${#words[@]} - 1]}
	cut=$cur
	[[ $last =~ ^[=:]+$ ]] || cut=${cur%"$last"}
}

# The help of all verbs or of "$@", untranslated.
_mxpolicy_help() {
	LC_ALL=C "$program" "$@" --help 2>/dev/null </dev/null
}

# One verb on each line.
_mxpolicy_verbs() {
	_mxpolicy_help |
		sed -n 's/^  \([a-z][a-z]*\( [a-z][a-z]*\)*\)  .*/\1/p'
}

# One option on each line, with the name of its argument.
_mxpolicy_options() {
	_mxpolicy_help "${verb[@]}" |
		sed -n 's/^  \(--[a-z0-9-]*\( [^ ][^ ]*\)*\)\(  .*\)*$/\1/p'
}

# The maps that are always there, and those of the settings.
_mxpolicy_maps() {
	local file=$config
	[[ -n $file ]] || file=$(_mxpolicy_help |
		sed -n 's/^  -c FILE .* //p')
	printf '%s\n' QUERY QUERYwithTLSRPT postfix
	sed -n 's/^[[:blank:]]*\[map  *\([^] ]*\)\].*/\1/p' "$file" 2>/dev/null
}

# Domains of the cache that begin with $1, if they may be read.
_mxpolicy_domains() {
	"$program" "${settings[@]}" cache list --color never --limit 200 \
		--match "${1//\[/\\[}*" 2>/dev/null </dev/null | cut -f 1
}

# Offer the lines of standard input that begin with $2, with $1 before each.
_mxpolicy_offer() {
	local line
	while IFS= read -r line; do
		[[ $line != "$2"* ]] || COMPREPLY+=("$1$line")
	done
}

# Offer files (or with $3 = -d directories) the same way.
_mxpolicy_files() {
	compopt -o filenames 2>/dev/null
	_mxpolicy_offer "$1" "$2" < <(compgen "${3:--f}" -- "$2")
}

# Offer what -o can set; $1 is there already.
_mxpolicy_setting() {
	local key=${1%%=*} value=${1#*=}
	local -a of_key=("$key=" "$value")

	if [[ $1 != *=* ]]; then
		compopt -o nospace 2>/dev/null
		_mxpolicy_offer '' "$1" < <(printf '%s=\n' cache \
			cache-max-entries shared-cache shared-cache-read \
			shared-cache-mode shared-cache-user \
			shared-cache-password shared-cache-key \
			shared-cache-trust shared-cache-ca \
			shared-cache-cert share-socket \
			resolver dnssec local-zones \
			trust-anchor ca-file https-proxy fetch-reserved answer-timeout https-timeout \
			idle-timeout srv-services min-ttl sts-failure prefetch-idle \
			tlsrpt-socket resolve-socket log-level
		_mxpolicy_maps | while IFS= read -r map; do
			printf 'map\\ %s.%s=\n' "$map" tlsrpt "$map" testing \
				"$map" servername "$map" default-level
		done)
		return
	fi
	case $key in
	cache|trust-anchor|ca-file|tlsrpt-socket|shared-cache-password|\
	shared-cache-key|shared-cache-ca|shared-cache-cert|share-socket)
		_mxpolicy_files "${of_key[@]}" ;;
	resolver)
		_mxpolicy_offer "${of_key[@]}" <<<recursive ;;
	dnssec)
		_mxpolicy_offer "${of_key[@]}" <<<$'validate\ntrust-ad' ;;
	sts-failure)
		_mxpolicy_offer "${of_key[@]}" <<<$'ignore\ndefer' ;;
	shared-cache-mode)
		_mxpolicy_offer "${of_key[@]}" \
			<<<$'read-write\nread-only\noff' ;;
	log-level)
		_mxpolicy_offer "${of_key[@]}" \
			<<<$'error\nwarning\ninfo\ndebug' ;;
	map*.default-level)
		_mxpolicy_offer "${of_key[@]}" \
			<<<$'none\nmay\ndane\nencrypt\nverify\nsecure' ;;
	map*.testing)
		_mxpolicy_offer "${of_key[@]}" <<<$'ignore\nenforce' ;;
	shared-cache-trust|map*.tlsrpt|map*.servername)
		_mxpolicy_offer "${of_key[@]}" <<<$'no\nyes' ;;
	esac
}

# Offer values of the option $1 that begin with $3, with $2 before each.
_mxpolicy_value() {
	local option=$1
	shift
	case $option in
	--color)
		_mxpolicy_offer "$@" <<<$'auto\nalways\nnever' ;;
	--map)
		_mxpolicy_offer "$@" < <(_mxpolicy_maps) ;;
	--sort)
		_mxpolicy_offer "$@" <<<$'key\nexpiry\nused\ndue' ;;
	--verdict)
		_mxpolicy_offer "$@" \
			<<<$'dane-only\ndane\nsecure\nNOTFOUND\nTEMP\npending' ;;
	--user)
		_mxpolicy_offer "$@" < <(compgen -u) ;;
	*)	case $(grep -m 1 -e "^$option " <<<"$options") in
		*' DIR')
			_mxpolicy_files "$@" -d ;;
		*' FILE')
			_mxpolicy_files "$@" ;;
		esac ;;
	esac
}

# Behind a verb, which begins at words[$1 - 1]: options, values, operands.
_mxpolicy_behind_verb() {
	local i options operands=no usage
	local prev=${words[${#words[@]} - 2]}

	for ((i = $1; i < ${#words[@]} - 1; i++)); do
		[[ ${words[i]} != -- ]] || operands=yes
	done
	options=$(_mxpolicy_options)
	if [[ $operands = no ]]; then
		if grep -q -e "^$prev " <<<"$options"; then
			_mxpolicy_value "$prev" '' "$cur"
			return
		elif [[ $cur == --*=* ]]; then
			_mxpolicy_value "${cur%%=*}" "${cur%%=*}=" "${cur#*=}"
			return
		elif [[ $cur == -* ]]; then
			_mxpolicy_offer '' "$cur" < <(cut -d ' ' -f 1 \
				<<<"$options")
			return
		fi
	fi
	usage=$(_mxpolicy_help "${verb[@]}" | sed '/^$/q')
	[[ $usage != *DOMAIN* ]] ||
		_mxpolicy_offer '' "${cur//\\/}" < <(
			_mxpolicy_domains "${cur//\\/}")
	[[ ${usage//-c FILE/} != *FILE* ]] || _mxpolicy_files '' "$cur"
}

_mxpolicy_complete() {
	local i=1 w last=$((${#words[@]} - 1)) verbs

	while ((i < last)) && [[ ${words[i]} == -[co]* ]]; do
		w=${words[i]}
		if [[ $w == -[co] ]]; then
			if ((i + 1 == last)); then
				case $w in
				-c)	_mxpolicy_files '' "$cur" ;;
				-o)	_mxpolicy_setting "$cur" ;;
				esac
				return
			fi
			i=$((i + 1))
			w+=${words[i]}
		fi
		# as typed: quotes are still there
		w=${w//[\"\'\\]/}
		settings+=("$w")
		[[ $w != -c* ]] || config=${w#-c}
		i=$((i + 1))
	done
	verbs=$(_mxpolicy_verbs)
	if ((i == last)); then
		_mxpolicy_offer '' "$cur" < <(cut -d ' ' -f 1 <<<"$verbs" |
			sort -u
		[[ $cur != -* ]] || printf '%s\n' -c -o --help --version)
		return
	fi
	verb=("${words[i]}")
	if ! grep -qx -e "${verb[0]}" <<<"$verbs"; then
		if ((i + 1 == last)); then
			_mxpolicy_offer '' "$cur" < <(
				sed -n "s/^${verb//[^a-z]/} //p" <<<"$verbs"
				[[ $cur != -* ]] || echo --help)
			return
		fi
		verb+=("${words[i + 1]}")
		grep -qx -e "${verb[*]}" <<<"$verbs" || return
	fi
	_mxpolicy_behind_verb $((i + ${#verb[@]}))
}

_mxpolicy() {
	local program=${1/#\~\//$HOME/} config='' cur cut i
	local -a words verb=() settings=()

	COMPREPLY=()
	_mxpolicy_words
	_mxpolicy_complete
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$cut"}
	done
}

complete -F _mxpolicy mxpolicy
