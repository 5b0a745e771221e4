# shells: what bash, zsh and fish offer when Tab is pressed after a line.
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import harness as h

COMPLETION = os.path.join(h.SOURCE, "contrib/completion")

# Both write to $OUT ">LINE", what is offered, and "<", for each line.
BASH = r"""
PS1=
source "$COMPLETION/mxpolicy.bash"
record() {
	_mxpolicy "$@"
	{
		printf '>%s\n' "$COMP_LINE"
		((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
		echo '<'
	} >>"$OUT"
	COMPREPLY=()
}
complete -F record mxpolicy
echo '<' >>"$OUT"
"""

ZSH = r"""
fpath=($COMPLETION $fpath)
autoload -Uz compinit
compinit -u -D
# All that is offered goes through compadd; with -O, -A or -D it only sorts out.
compadd() {
	local -a offered
	if [[ " ${(j: :)@[1,(i)(-|--)]} " != *\ -[OAD]\ * ]]; then
		builtin compadd -O offered "$@"
		print -rl -- $offered >>$OUT
	fi
	builtin compadd "$@"
}
collect() {
	_main_complete
	compstate[insert]=''
	compstate[list]=''
}
zle -C collect complete-word collect
zle-line-init() {
	local line
	for line in ${(f)"$(<$ASK)"}; do
		print -r -- ">$line" >>$OUT
		BUFFER=$line
		CURSOR=$#BUFFER
		zle collect
		print -r -- '<' >>$OUT
	done
	exit
}
zle -N zle-line-init
"""

FISH = r"""
set -p fish_complete_path $COMPLETION
while read -l line
    echo ">$line"
    complete -C $line
    echo "<"
end <$ASK
"""


def parse(text):
    """{line: [offer, ...]} of what was written."""
    offers = {}
    for row in text.split("\n"):
        if row.startswith(">"):
            line = offers.setdefault(row[1:], [])
        elif row not in ("", "<"):
            line.append(row)
    return offers


class Shell:
    """Asks one shell about many lines; its files are in a scratch directory,
    the program is the one that was built."""

    def __init__(self, name, scratch):
        self.name = name
        self.home = scratch.file(name)
        self.out = os.path.join(self.home, "out")
        os.mkdir(self.home)
        self.env = dict(os.environ, HOME=self.home, ZDOTDIR=self.home,
                        COMPLETION=COMPLETION, OUT=self.out,
                        ASK=os.path.join(self.home, "lines"), TERM="xterm",
                        LC_ALL="C.UTF-8", XDG_CONFIG_HOME=self.home,
                        PATH=h.BUILD + ":" + os.environ["PATH"])
        self.env.pop("COLUMNS", None)

    def file(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def written(self):
        try:
            with open(self.out) as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def bash(self, lines):
        rc = self.file("rc", BASH)
        master, slave = os.openpty()
        p = subprocess.Popen(["bash", "--noprofile", "--rcfile", rc, "-i"],
                             stdin=slave, stdout=subprocess.DEVNULL,
                             stderr=slave, env=self.env,
                             start_new_session=True)
        os.close(slave)
        try:
            for n, line in enumerate([None] + lines):
                if line is not None:
                    # the line, Tab, and the line away again
                    os.write(master, line.encode() + b"\t\x01\x0b")
                h.wait_until(
                    lambda: self.written().count("<\n") > n, step=0.005)
        finally:
            p.kill()
            p.wait()
            os.close(master)
        return parse(self.written())

    def zsh(self, lines):
        self.file(".zshrc", ZSH)
        h.on_terminal(["zsh", "-d", "-i"], self.env)
        return parse(self.written())

    def fish(self, lines):
        p = subprocess.run(["fish", "-N", "-c", FISH], env=self.env,
                           stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        return parse(p.stdout.decode())

    def offers(self, lines):
        self.file("lines", "".join(line + "\n" for line in lines))
        return getattr(self, self.name)(lines)


def missing(name):
    return shutil.which(name) is None
