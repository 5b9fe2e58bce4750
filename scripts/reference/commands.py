"""The page of commands: every verb of ``anomaly-stream`` with its arguments and options."""

import inspect
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup

from anomaly_stream.cli import command_tree
from scripts.reference.tables import NOTE, code, table

_EXIT_CODES = (
    ("0", "success"),
    ("1", "failure; the last line on standard error names the reason"),
    (
        "2",
        "a fault in what you wrote: arguments, configs or settings, also one that the API finds (422); one "
        "line for each fault",
    ),
    ("130", "Ctrl-C; a running worker ends with 0"),
)


def commands_page() -> str:
    """Every verb, in the order of ``anomaly-stream --help``."""
    lines = [
        "# Command line",
        "",
        NOTE,
        "",
        "`anomaly-stream --help` lists the commands, and every command takes `--help`.",
        "`anomaly-stream --version` prints the version. Where a file is expected, `-` is standard input or",
        "output.",
        "",
    ]
    for path, command in verbs(command_tree(), "anomaly-stream"):
        description, _, example = inspect.cleandoc(command.help or "").partition("Example:")
        lines += [f"## {path}", "", description.strip(), ""]
        arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
        usage = " ".join([path, *("[OPTIONS]" for _ in options(command)[:1]), *map(_metavar, arguments)])
        lines += ["```", usage, "```", ""]
        if options(command):
            lines += [*table(("option", "default", "meaning"), map(_option, options(command))), ""]
        if example:
            lines += ["Example:", "", "```", " ".join(example.split()), "```", ""]
    lines += ["## Exit codes", "", *table(("code", "meaning"), _EXIT_CODES)]
    return "\n".join(lines) + "\n"


def verbs(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command below ``command`` that is not a group, with its full name."""
    if not isinstance(command, TyperGroup):
        yield path, command
        return
    context = command.make_context(path, [], resilient_parsing=True)
    for name in command.list_commands(context):
        yield from verbs(command.get_command(context, name), f"{path} {name}")


def options(command: Any) -> list[Any]:
    """The options of a command except ``--help``."""
    found = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    return [option for option in found if "--help" not in option.opts]


def _metavar(argument: Any) -> str:
    return str(argument.metavar or _choices(argument) or argument.name.upper())


def _choices(parameter: Any) -> str:
    """``a|b`` for a parameter that takes only some values, else nothing."""
    shown = str(parameter.display_type(None) or "")
    return shown.strip("<>") if "|" in shown else ""


def _option(option: Any) -> tuple[str, str, str]:
    names = ", ".join(code(name) for name in option.opts)
    if values := option.metavar or _choices(option):
        names += f" {code(values)}"
    needed = " Required." if option.required else ""
    default = "" if option.default in (None, "", False) or option.required else str(option.default)
    variable = f" Variable: {code(str(option.envvar))}." if option.envvar else ""
    return names, code(default), f"{option.help or ''}{needed}{variable}"
