"""The commands ``placarde db …``: each translates its arguments and calls `app.db_commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.french import FrenchCommand, FrenchGroup
from app.said_crs import confirmed_crs

db = typer.Typer(
    cls=FrenchGroup,
    help="Tient la base de données du service.\n\nCelle que désigne PLACARDE_DATABASE_URL, ou "
    "le dossier PLACARDE_FOLDER.",
    no_args_is_help=True,
)

Force = Annotated[bool, typer.Option("--force", help="Remplace ce qui existe déjà.")]


@db.command(cls=FrenchCommand, help="Crée les tables, ou les met à jour.")
def upgrade() -> None:
    """Bring the tables up to date."""
    from app import db_commands

    raise typer.Exit(db_commands.upgrade())


@db.command(cls=FrenchCommand, help="Écrit toute la base dans un seul fichier.")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Fichier de la sauvegarde.")],
    *,
    force: Force = False,
) -> None:
    """Write everything into one file."""
    from app import db_commands

    raise typer.Exit(db_commands.backup(file, force=force))


@db.command(cls=FrenchCommand, help="Remplit une base vide avec une sauvegarde.")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Fichier de la sauvegarde.")],
) -> None:
    """Fill an empty database with a backup."""
    from app import db_commands

    raise typer.Exit(db_commands.restore(file))


@db.command(cls=FrenchCommand, help="Retire ce qui ne sert plus et rend la place.")
def vacuum() -> None:
    """Remove what nothing refers to any more."""
    from app import db_commands

    raise typer.Exit(db_commands.vacuum())


@db.command(cls=FrenchCommand, name="import", help="Ajoute à la base une campagne entière.")
def import_(
    campaign_dir: Annotated[
        Path,
        typer.Argument(metavar="CAMPAIGN_DIR", help="Dossier de campagne (avec campaign.toml)."),
    ],
    *,
    crs: Annotated[
        list[str] | None,
        typer.Option(
            "--crs",
            metavar="FICHIER=EPSG:CODE",
            help="Confirme le système de coordonnées d’un fichier, plusieurs fois.",
        ),
    ] = None,
) -> None:
    """Add a campaign folder to the database."""
    confirmed = confirmed_crs(crs)
    from app import db_commands

    raise typer.Exit(db_commands.import_(campaign_dir, crs=confirmed))


@db.command(cls=FrenchCommand, help="Écrit une campagne de la base dans un dossier.")
def export(
    campaign_id: Annotated[str, typer.Argument(metavar="CAMPAIGN_ID", help="Son identifiant.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Dossier, vide ou à créer.")],
) -> None:
    """Write a campaign of the database into a folder."""
    from app import db_commands

    raise typer.Exit(db_commands.export(campaign_id, folder))
