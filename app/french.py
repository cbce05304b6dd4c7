"""The words that typer prints by itself, in French."""

from __future__ import annotations

import re
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of every error of usage; typer gives it no public name."""

_HELP = (
    (re.compile(r"^Usage:", re.MULTILINE), "Usage :"),
    (re.compile(r"^Options:", re.MULTILINE), "Options :"),
    (re.compile(r"^Arguments:", re.MULTILINE), "Arguments :"),
    (re.compile(r"^Commands:", re.MULTILINE), "Commandes :"),
    (re.compile(r"\{((?:CAMPAIGN|PLAN)_[A-Z]+|DIR|FILE|RETURNED_FILE)\}"), r"\1"),
    (re.compile(r"COMMAND \[ARGS\]\.\.\."), "COMMANDE [ARGUMENTS]…"),
    (re.compile(r"\[required\]"), "[obligatoire]"),
    (re.compile(r"\[default: "), "[par défaut : "),
    (re.compile(r"Show this message and exit\."), "Montre cette aide."),
    (re.compile(r" <(?:path|str|int|bool)>"), ""),
)
_ERRORS = (
    (re.compile(r"^Missing option (.*)\.$"), r"il manque l’option \1."),
    (re.compile(r"^Missing argument (.*)\.$"), r"il manque l’argument \1."),
    (
        re.compile(r"^No such option: (\S+)(?: \(Possible options: (.*)\))?.*$"),
        r"option inconnue : \1.",
    ),
    (re.compile(r"^No such command (.*?)\.?$"), r"commande inconnue : \1."),
    (re.compile(r"^Missing command\.$"), "il manque la commande."),
    (
        re.compile(r"^Got unexpected extra argument(?:s|\(s\))? \((.*)\)$"),
        r"argument en trop : \1.",
    ),
    (re.compile(r"^Option (.*) requires an argument\.$"), r"l’option \1 attend une valeur."),
    (
        re.compile(r"^Invalid value for (.*?): .*greater than or equal to (\S+)$"),
        r"valeur refusée pour \1 : au moins \2.",
    ),
    (
        re.compile(r"^Invalid value for (.*?): .*less than or equal to (\S+)$"),
        r"valeur refusée pour \1 : au plus \2.",
    ),
    (
        re.compile(r"^Invalid value for (.*?): .*(?:integer|int)\b.*$"),
        r"valeur refusée pour \1 : un nombre entier est attendu.",
    ),
    (re.compile(r"^Invalid value for (.*?): (.*)$"), r"valeur refusée pour \1 : \2"),
)


def help_in_french(text: str) -> str:
    """Return the help that typer made, with its own words in French."""
    for pattern, french in _HELP:
        text = pattern.sub(french, text)
    return text


def error_in_french(message: str) -> str:
    """Return an error of usage in French; one that is not known stays as it is."""
    for pattern, french in _ERRORS:
        if pattern.match(message):
            return pattern.sub(french, message)
    return message


class FrenchCommand(TyperCommand):
    """A command whose help is in French throughout."""

    def get_help(self, ctx: Any) -> str:
        """Return the help."""
        return help_in_french(super().get_help(ctx))


class FrenchGroup(TyperGroup):
    """A group of commands whose help and errors of usage are in French throughout."""

    def get_help(self, ctx: Any) -> str:
        """Return the help."""
        return help_in_french(super().get_help(ctx))

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line and exit: 2 with a French sentence on wrong usage."""
        extra["standalone_mode"] = False
        try:
            status = super().main(*args, **extra)
        except typer.Abort:
            sys.exit(130)
        except UsageError as error:
            _show(error)
            sys.exit(2)
        sys.exit(status or 0)


def _show(error: Any) -> None:
    """Print an error of usage; one without a message (no command given) is the help itself."""
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(help_in_french(message), err=True)
        return
    if error.ctx is not None:
        typer.echo(help_in_french(error.ctx.get_usage()), err=True)
        typer.echo(f"Aide : {error.ctx.command_path} --help", err=True)
    typer.echo(f"Erreur : {error_in_french(message)}", err=True)
