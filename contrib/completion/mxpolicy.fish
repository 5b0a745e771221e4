# mxpolicy.fish: completion of mxpolicy(1) for fish.
# SPDX-License-Identifier: MIT
# Verbs, options and their descriptions come from the --help of the very
# program that is being typed, a millisecond each time, so they cannot be those
# of another version, and are in the user's language.  Only what an option's
# value can be is known here.

# The help of all verbs or of $argv, in the user's language.
function __mxpolicy_help
    command $__mxpolicy_program $argv --help 2>/dev/null </dev/null
end

# Lines "NAME<tab>text" for what the help on standard input explains: verbs, or
# with --argument options and their arguments instead of texts.
function __mxpolicy_explained
    set -l name
    set -l text
    while read -l line
        if set -l m (string match -r '^  ([a-z]+(?: [a-z]+)*|-[-a-z0-9]+)((?: [^ ]+)*)(?:  +|$)(.*)$' -- $line)
            test -n "$name" && printf '%s\t%s\n' $name $text
            set name $m[2]
            if test "$argv[1]" = --argument
                set text (string trim -- $m[3])
            else
                set text $m[4]
            end
        else if test -n "$name" && string match -qr '^ {8}' -- $line
            if test "$argv[1]" != --argument
                set text (string trim -- "$text "(string trim -- $line))
            end
        else if test -n "$name"
            printf '%s\t%s\n' $name $text
            set name
        end
    end
    test -n "$name" && printf '%s\t%s\n' $name $text
end

# The maps that are always there, and those of the settings.
function __mxpolicy_maps
    set -l file $__mxpolicy_config
    if test -z "$file"
        set file (LC_ALL=C __mxpolicy_help | string replace -fr '^  -c FILE .* ' '')
    end
    begin
        printf '%s\n' QUERY QUERYwithTLSRPT postfix
        test -r "$file" && string replace -fr '^\s*\[map +([^\] ]+)\].*' '$1' <$file
    end
end

# Domains of the cache that begin with $argv[1], if they may be read.
function __mxpolicy_domains
    set -l glob (string replace -ra '[*?\[\\\\]' '\\\\$0' -- $argv[1])
    command $__mxpolicy_program $__mxpolicy_settings cache list --color never \
        --limit 200 --match $glob'*' 2>/dev/null </dev/null |
        string replace -r '\t.*' ''
end

# What -o can set; $argv[1] is there already.
function __mxpolicy_setting
    set -l key (string split -m 1 = -- $argv[1])
    if test (count $key) -eq 1
        printf '%s=\n' cache cache-max-entries shared-cache shared-cache-read \
            shared-cache-mode shared-cache-user shared-cache-password shared-cache-key \
            shared-cache-trust shared-cache-ca shared-cache-cert share-socket resolver \
            dnssec local-zones trust-anchor ca-file https-proxy fetch-reserved answer-timeout https-timeout \
            idle-timeout srv-services min-ttl sts-failure prefetch-idle resolve-socket tlsrpt-socket \
            log-level
        for map in (__mxpolicy_maps)
            printf "map $map.%s=\n" tlsrpt testing servername default-level
        end
        return
    end
    switch $key[1]
        case cache trust-anchor ca-file tlsrpt-socket shared-cache-password shared-cache-key shared-cache-ca shared-cache-cert share-socket
            printf "$key[1]=%s\n" (__fish_complete_path $key[2])
        case resolver
            echo resolver=recursive
        case sts-failure
            printf 'sts-failure=%s\n' ignore defer
        case shared-cache-mode
            printf "$key[1]=%s\n" read-write read-only off
        case log-level
            printf 'log-level=%s\n' error warning info debug
        case 'map *.default-level'
            printf "$key[1]=%s\n" none may dane encrypt verify secure
        case 'map *.testing'
            printf "$key[1]=%s\n" ignore enforce
        case shared-cache-trust 'map *.tlsrpt' 'map *.servername'
            printf "$key[1]=%s\n" no yes
    end
end

# Values of the option $argv[1]; its argument is called $argv[2], and $argv[3]
# is there already.
function __mxpolicy_value
    switch $argv[1]
        case --color
            printf '%s\n' auto always never
        case --map
            __mxpolicy_maps
        case --sort
            printf '%s\n' key expiry used due
        case --verdict
            printf '%s\n' dane-only dane secure NOTFOUND TEMP pending
        case --user
            __fish_complete_users
        case '*'
            switch $argv[2]
                case DIR
                    __fish_complete_directories $argv[3]
                case FILE
                    __fish_complete_path $argv[3]
            end
    end
end

# Behind the verb $argv: options, values, operands.
function __mxpolicy_behind_verb
    set -l arguments (LC_ALL=C __mxpolicy_help $argv | __mxpolicy_explained --argument)
    if not contains -- -- $__mxpolicy_words[1..-1]
        set -l option $__mxpolicy_words[-1]
        set -l current $__mxpolicy_current
        set -l before
        if set -l m (string match -r '^(--[^=]+)=(.*)' -- $current)
            set option $m[2]
            set current $m[3]
            set before "$m[2]="
        end
        set -l argument (string replace -fr -- "^$option\t(.+)" '$1' $arguments)
        if test -n "$argument"
            printf "$before%s\n" (__mxpolicy_value $option $argument $current)
            return
        end
        if string match -q -- '-*' $current
            __mxpolicy_help $argv | __mxpolicy_explained
            return
        end
    end
    set -l usage
    LC_ALL=C __mxpolicy_help $argv | while read -l line && test -n "$line"
        set usage $usage $line
    end
    string match -q '*DOMAIN*' -- $usage && __mxpolicy_domains $__mxpolicy_current
    string match -q '*FILE*' -- (string replace -a -- '-c FILE' '' $usage) && __fish_complete_path $__mxpolicy_current
end

# The first words of all verbs; a group is described by its members.
function __mxpolicy_first_words
    set -l groups
    set -l verbs $argv
    for line in $verbs
        if set -l m (string match -r '^(\S+) \S+\t' -- $line)
            contains -- $m[2] $groups && continue
            set groups $groups $m[2]
            printf '%s\t%s\n' $m[2] (string join ', ' (string replace -fr -- "^$m[2] (\S+)\t.*" '$1' $verbs))
        else
            echo $line
        end
    end
end

function __mxpolicy_complete
    set -l words (commandline -opc)
    set -g __mxpolicy_current (commandline -ct | string unescape)
    set -g __mxpolicy_program (string replace -r '^~/' ~/ -- $words[1])
    set -g __mxpolicy_config
    set -g __mxpolicy_settings
    set words (string unescape -- $words[2..-1])

    while string match -qr -- '^-[co]' $words[1]
        set -l option (string sub -l 2 -- $words[1])
        set -l value (string sub -s 3 -- $words[1])
        set -e words[1]
        if test -z "$value"
            if test (count $words) -eq 0
                switch $option
                    case -c
                        __fish_complete_path $__mxpolicy_current
                    case -o
                        __mxpolicy_setting $__mxpolicy_current
                end
                return
            end
            set value $words[1]
            set -e words[1]
        end
        set __mxpolicy_settings $__mxpolicy_settings $option $value
        test $option = -c && set __mxpolicy_config $value
    end
    set -l verbs (__mxpolicy_help | __mxpolicy_explained)
    set -l names (string replace -r '\t.*' '' -- $verbs)
    if test (count $words) -eq 0
        if string match -q -- '-*' $__mxpolicy_current
            string match -r '^-.*' -- $verbs
            printf '%s\n' --help --version
        else
            __mxpolicy_first_words (string match -r '^[^-].*' -- $verbs)
        end
        return
    end
    set -l verb $words[1]
    set -e words[1]
    if not contains -- $verb $names
        if test (count $words) -eq 0
            string replace -fr -- "^$verb (.*)" '$1' $verbs
            return
        end
        set verb $verb $words[1]
        set -e words[1]
        contains -- "$verb" $names || return
    end
    set -g __mxpolicy_words $words
    __mxpolicy_behind_verb $verb
end

complete -c mxpolicy -f -a '(__mxpolicy_complete)'
