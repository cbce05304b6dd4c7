"""The commands ``placarde key …``, ``placarde withdraw`` and ``placarde forget``."""

from __future__ import annotations

from typing import Annotated

import typer

from app.french import FrenchCommand, FrenchGroup

key = typer.Typer(
    cls=FrenchGroup,
    help="Gère les clés de l’API, sur la machine du service.",
    no_args_is_help=True,
)


@key.command(cls=FrenchCommand, help="Crée une clé, montrée cette seule fois.")
def create(
    *,
    subject: Annotated[
        str, typer.Option("--subject", metavar="QUI", help="La personne ou l’outil.")
    ],
    label: Annotated[
        str, typer.Option("--label", metavar="TEXTE", help="À quoi sert la clé.")
    ] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role", metavar="RÔLE", help="Donne aussi ce rôle (planner, reader…), plusieurs fois."
        ),
    ] = None,
    campaign: Annotated[
        str,
        typer.Option(
            "--campaign", metavar="ID", help="Où le rôle vaut ; dans toutes les campagnes sinon."
        ),
    ] = "*",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="ACTION", help="Limite la clé à cette action, plusieurs fois."
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, max=3650, help="Expire après N jours."),
    ] = None,
) -> None:
    """Make an API key."""
    from app import people_commands

    raise typer.Exit(
        people_commands.create_key(
            subject=subject,
            label=label,
            roles=tuple(role or ()),
            campaign_id=campaign,
            scopes=None if scope is None else tuple(scope),
            days=days,
        )
    )


@key.command("list", cls=FrenchCommand, help="Liste les clés, sans leurs secrets.")
def list_() -> None:
    """List the API keys."""
    from app import people_commands

    raise typer.Exit(people_commands.list_keys())


@key.command(cls=FrenchCommand, help="Révoque une clé, aussitôt et pour toujours.")
def revoke(
    prefix: Annotated[
        str, typer.Argument(metavar="PRÉFIXE", help="Le début de la clé : pk_4k7m2x9q1c.")
    ],
) -> None:
    """Revoke an API key."""
    from app import people_commands

    raise typer.Exit(people_commands.revoke_key(prefix))


def withdraw(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Identifiant de l’agent.")],
    *,
    campaign: Annotated[
        str | None,
        typer.Option(
            "--campaign", metavar="ID", help="Dans cette seule campagne ; dans toutes sinon."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Retire sans demander.")] = False,
) -> None:
    """Withdraw the consent of a person."""
    from app import privacy_commands

    raise typer.Exit(privacy_commands.withdraw(agent, campaign_id=campaign, sure=yes))


def forget(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Identifiant de l’agent.")],
    *,
    campaign: Annotated[
        str | None,
        typer.Option(
            "--campaign", metavar="ID", help="Dans cette seule campagne ; dans toutes sinon."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Efface sans demander.")] = False,
) -> None:
    """Erase a person."""
    from app import privacy_commands

    raise typer.Exit(privacy_commands.forget(agent, campaign_id=campaign, sure=yes))
