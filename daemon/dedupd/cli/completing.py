"""Completion scripts for bash, zsh and fish, made of the parsers of the commands.

The scripts hold words only: they start nothing, so a key press costs nothing.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from dedupd.cli.parsing import CLASSES
from dedupd.faces.outputs.phrases import STATE_ORDER

FILES, FOLDERS = "files", "folders"
KINDS = {
    "FILE": FILES, "PATH": FILES, "PICTURE": FILES, "IMAGE": FILES, "A": FILES, "B": FILES,
    "DIR": FOLDERS, "FOLDER": FOLDERS, "ROOT": FOLDERS,
}  # fmt: skip
"""What the word that help shows for a value stands for; any other is nothing we could guess."""

LISTS = {"CLASS,...": CLASSES, "STATE,...": STATE_ORDER}
"""Values that are lists, of which the first word is completed."""


class Value(NamedTuple):
    """What can stand at a place: one of `words`, or files or folders (`kind`)."""

    kind: str = ""
    words: tuple[str, ...] = ()


class Option(NamedTuple):
    """One option by all its names; `value` is None for a switch."""

    names: tuple[str, ...]
    about: str
    value: Value | None
    several: bool = False


class Completed(NamedTuple):
    """One command: its options, and what its arguments are."""

    name: str
    about: str
    options: tuple[Option, ...]
    arguments: Value


def of_parser(name: str, about: str, parser: argparse.ArgumentParser) -> Completed:
    """Return what can follow a command."""
    options, arguments = [], Value()
    for action in parser._actions:
        if action.option_strings:
            value = None if action.nargs == 0 else _value(action)
            text = str(action.help or "")
            names = tuple(action.option_strings)
            options.append(Option(names, text, value, several=action.nargs in ("+", "*")))
        elif arguments == Value():
            arguments = _value(action)
    return Completed(name, about, tuple(options), arguments)


def _value(action: argparse.Action) -> Value:
    metavar = str(action.metavar or "")
    words = tuple(action.choices or LISTS.get(metavar, ()))
    return Value(KINDS.get(metavar, ""), words)


def bash(commands: Sequence[Completed]) -> str:
    """Return the script for bash."""
    names = " ".join(command.name for command in commands)
    cases = "".join(map(_bash_case, commands))
    return f"""\
# bash completion for dedupd
_dedupd() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} command='' option='' words='' kind='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
            -*) option=${{COMP_WORDS[i]}} ;;
            *)  if [[ -z $command && $option != --config ]]; then command=${{COMP_WORDS[i]}}; fi
                case $command$option in
                    {_many(commands)}) ;;
                    *) option='' ;;
                esac ;;
        esac
    done
    if [[ -z $command ]]; then
        if [[ $option == --config ]]; then kind=files
        else words='{names} --help --version'; fi
    else
        case $command in
{cases}        esac
    fi
    COMPREPLY=()
    local IFS=$'\\n'
    if [[ -n $words ]]; then
        COMPREPLY=($(IFS=' '; compgen -W "$words" -- "$cur"))
    fi
    case $kind in
        files) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$cur")) ;;
        folders) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -d -- "$cur")) ;;
    esac
}}
complete -F _dedupd dedupd
"""


def _many(commands: Sequence[Completed]) -> str:
    """Return the pattern of options that take several values, each with its command."""
    found = [
        f"{command.name}{name}"
        for command in commands
        for option in command.options
        if option.several
        for name in option.names
    ]
    return " | ".join(found)


def _bash_case(command: Completed) -> str:
    valued = [option for option in command.options if option.value is not None]
    cases = "".join(
        f"                    {'|'.join(option.names)}) {_bash_value(option.value)} ;;\n"
        for option in valued
        if option.value is not None
    )
    names = " ".join(name for option in command.options for name in option.names)
    return f"""\
            {command.name})
                case $option in
{cases}                    *) {_bash_value(command.arguments)} ;;
                esac
                if [[ $cur == -* ]]; then kind=''; words='{names}'; fi ;;
"""


def _bash_value(value: Value) -> str:
    return f"kind={value.kind} words={shlex.quote(' '.join(value.words))}"


def zsh(commands: Sequence[Completed]) -> str:
    """Return the script for zsh."""
    named = "\n".join(f"        {_zsh_word(one.name, one.about)}" for one in commands)
    cases = "".join(
        f"            {one.name}) _arguments -s {' '.join(_zsh_specs(one))} ;;\n"
        for one in commands
    )
    return f"""\
#compdef dedupd
# zsh completion for dedupd
_dedupd() {{
    local curcontext=$curcontext state line
    local -a names
    names=(
{named}
    )
    _arguments -C '--help[show help]' '--version[show the version]' \\
        '--config[configuration file]:file:_files' '1:command:->command' '*::argument:->rest'
    case $state in
        command) _describe command names ;;
        rest) case $words[1] in
{cases}        esac ;;
    esac
}}
if [[ $funcstack[1] == _dedupd ]]; then _dedupd "$@"; else compdef _dedupd dedupd; fi
"""


def _zsh_word(name: str, about: str) -> str:
    return shlex.quote(f"{name}:{about}")


def _zsh_specs(command: Completed) -> Iterable[str]:
    for option in command.options:
        about = option.about.replace("[", "(").replace("]", ")").replace(":", ";")
        for name in option.names:
            value = "" if option.value is None else f":value:{_zsh_action(option.value)}"
            yield shlex.quote(f"*{name}[{about}]{value}")
    yield shlex.quote(f"*:argument:{_zsh_action(command.arguments)}")


def _zsh_action(value: Value) -> str:
    if value.words:
        return f"({' '.join(value.words)})"
    return {FILES: "_files", FOLDERS: "_files -/"}.get(value.kind, " ")


def fish(commands: Sequence[Completed]) -> str:
    """Return the script for fish."""
    lines = ["# fish completion for dedupd", "complete -c dedupd -f"]
    for one in commands:
        lines.append(
            f"complete -c dedupd -n __fish_use_subcommand -a {one.name} -d {_fish(one.about)}"
        )
    for one in commands:
        seen = f"complete -c dedupd -n '__fish_seen_subcommand_from {one.name}'"
        for option in one.options:
            names = " ".join(_fish_name(name) for name in option.names)
            value = "" if option.value is None else f" -r {_fish_value(option.value)}"
            lines.append(f"{seen} {names}{value} -d {_fish(option.about)}")
        if one.arguments != Value():
            lines.append(f"{seen} {_fish_value(one.arguments)}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _fish_name(name: str) -> str:
    return f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"


def _fish_value(value: Value) -> str:
    if value.words:
        return f"-a {_fish(' '.join(value.words))}"
    return {FILES: "-F", FOLDERS: "-a '(__fish_complete_directories)'"}.get(value.kind, "")


def _fish(text: str) -> str:
    """Return text in quotes of fish, where only `\\` and `'` need escaping."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SCRIPTS: dict[str, Callable[[Sequence[Completed]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
"""The shells, each with what writes its script."""
