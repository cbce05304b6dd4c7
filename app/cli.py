"""The command line: each command translates its arguments and calls `app.commands`.

What is heavy is imported by the command that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.db_cli import db
from app.french import FrenchCommand, FrenchGroup
from app.people_cli import forget, key, withdraw
from app.said_crs import confirmed_crs
from app.said_words import said_begun, said_budgets

cli = typer.Typer(
    name="placarde",
    cls=FrenchGroup,
    help="Planifie une campagne d’affichage territoriale : « Qui travaille ici s’affiche ici. »",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

cli.add_typer(db, name="db")
cli.add_typer(key, name="key")

CampaignDir = Annotated[
    Path,
    typer.Argument(metavar="CAMPAIGN_DIR", help="Dossier de campagne (avec campaign.toml)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Un seul objet JSON sur la sortie standard.")]
PlanDir = Annotated[Path, typer.Argument(metavar="PLAN_DIR", help="Dossier du plan.")]
SaidCrs = Annotated[
    list[str] | None,
    typer.Option(
        "--crs",
        metavar="FICHIER=EPSG:CODE",
        help="Confirme le système de coordonnées d’un fichier (faces=EPSG:2154), plusieurs fois.",
    ),
]
EXPORT_FORMATS = ("pdf", "gpkg", "geojson", "geoparquet", "meta", "presse", "synthese")
"""What ``export`` writes; a test holds them to `data.write.exports.EXPORTS`."""
MOST_TOURS = 20
"""More variants than that nobody compares."""
Force = Annotated[bool, typer.Option("--force", help="Remplace ce qui existe déjà.")]


@cli.command(cls=FrenchCommand, help="Planifie l’Isère embarquée, dans DIR.")
def demo(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Dossier de sortie.")] = Path(
        "out"
    ),
    force: Force = False,
) -> None:
    """Plan the embedded Isère campaign."""
    from app import commands

    raise typer.Exit(commands.demo(out, force=force))


@cli.command(cls=FrenchCommand, help="Montre tous les problèmes des données.")
def check(
    campaign_dir: CampaignDir,
    *,
    fix: Annotated[
        Path | None,
        typer.Option(
            "--fix",
            metavar="OUT_DIR",
            help="Écrit là les fichiers nettoyés, et à part les lignes écartées avec leurs motifs.",
        ),
    ] = None,
    crs: SaidCrs = None,
    as_json: AsJson = False,
) -> None:
    """Show every problem in the inputs."""
    confirmed = confirmed_crs(crs)
    from app import commands

    raise typer.Exit(commands.check(campaign_dir, fix=fix, crs=confirmed, as_json=as_json))


@cli.command(cls=FrenchCommand, help="Situe les adresses sans coordonnées.")
def geocode(
    campaign_dir: CampaignDir,
    *,
    again: Annotated[
        bool, typer.Option("--again", help="Redemande aussi ce qui est déjà connu.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a geocoder for the addresses that have no coordinates."""
    from app import commands

    raise typer.Exit(commands.geocode(campaign_dir, again=again, as_json=as_json))


@cli.command(cls=FrenchCommand, help="Calcule l’affichage et la tournée.")
def plan(
    campaign_dir: CampaignDir,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="PLAN_DIR", help="Dossier du plan.")],
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="Graine, au lieu de celle de la campagne."),
    ] = None,
    crs: SaidCrs = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a plan and write its folder."""
    confirmed = confirmed_crs(crs)
    from app import commands

    raise typer.Exit(
        commands.plan(campaign_dir, out, seed=seed, crs=confirmed, force=force, as_json=as_json)
    )


@cli.command(cls=FrenchCommand, help="Calcule la tournée seule, sans l’affichage.")
def tour(
    campaign_dir: CampaignDir,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Dossier de la tournée.")],
    alternatives: Annotated[
        int,
        typer.Option(
            "--alternatives",
            metavar="K",
            min=1,
            max=MOST_TOURS,
            help="Nombre de tournées au choix, d’ordres différents, la meilleure comprise.",
        ),
    ] = 1,
    begun: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="DIR", help="Tournée commencée : dossier de son plan ou le sien."
        ),
    ] = None,
    today: Annotated[
        str,
        typer.Option(
            "--today",
            metavar="DATE",
            help="Avec --from : ce qui a commencé avant ce jour (2017-10-25) ne change plus.",
        ),
    ] = "",
    blocked: Annotated[
        list[str] | None,
        typer.Option(
            "--blocked",
            metavar="MAISON:DATE",
            help="Avec --from : Maison qui n’est pas joignable avant ce jour (répétable).",
        ),
    ] = None,
    crs: SaidCrs = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Plan the tour alone."""
    began = said_begun(begun, today, blocked or [])
    confirmed = confirmed_crs(crs)
    from app import commands

    again = None
    if began is not None:
        from app.touring import Again

        again = Again(*began)
    raise typer.Exit(
        commands.tour(
            campaign_dir,
            out,
            variants=alternatives,
            again=again,
            crs=confirmed,
            force=force,
            as_json=as_json,
        )
    )


@cli.command(cls=FrenchCommand, help="Vérifie toutes les règles d’un plan, autrement.")
def verify(
    plan_dir: Annotated[Path, typer.Argument(metavar="PLAN_DIR", help="Dossier du plan.")],
) -> None:
    """Check every rule of a plan again."""
    from app import commands

    raise typer.Exit(commands.verify(plan_dir))


@cli.command(cls=FrenchCommand, help="Explique un plan : une face, un agent, l’ensemble.")
def explain(
    plan_dir: PlanDir,
    *,
    face: Annotated[
        str | None, typer.Option("--face", metavar="FACE", help="Pourquoi ce portrait, ou aucun.")
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option("--agent", metavar="AGENT", help="Ce qu’a un agent, et ce qui le limite."),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="L’ensemble du plan (aussi sans --face ni --agent).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Explain a face, an agent, or the whole plan."""
    from app import commands

    raise typer.Exit(
        commands.explain(plan_dir, face=face, agent=agent, summary=summary, as_json=as_json)
    )


@cli.command(cls=FrenchCommand, help="Compare deux plans, chiffre par chiffre.")
def compare(
    plan_a: Annotated[Path, typer.Argument(metavar="PLAN_A", help="Dossier du premier plan.")],
    plan_b: Annotated[Path, typer.Argument(metavar="PLAN_B", help="Dossier du second.")],
    *,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE.html", help="Écrit aussi la carte de ce qui change."),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compare two plans."""
    from app import commands

    raise typer.Exit(commands.compare(plan_a, plan_b, page=page, force=force, as_json=as_json))


@cli.command(cls=FrenchCommand, help="Écrit le bon de commande et les fichiers pour d’autres.")
def export(
    plan_dir: PlanDir,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Dossier des exports.")],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(EXPORT_FORMATS)} ; peut être répété.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Tous les formats.")] = False,
    advertiser: Annotated[
        str, typer.Option("--advertiser", metavar="NOM", help="Annonceur, sur le bon de commande.")
    ] = "",
    buyer: Annotated[
        str, typer.Option("--buyer", metavar="NOM", help="Acheteur, sur le bon de commande.")
    ] = "",
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write files of a plan for somebody in particular."""
    kinds = EXPORT_FORMATS if everything else tuple(formats or ())
    unknown = [kind for kind in kinds if kind not in EXPORT_FORMATS]
    if unknown or not kinds:
        found = ", ".join(unknown) or "rien"
        raise typer.BadParameter(
            f"{found} ; attendu --all, ou un format parmi : {', '.join(EXPORT_FORMATS)}.",
            param_hint="'--format'",
        )
    from app import commands

    raise typer.Exit(
        commands.export(
            plan_dir,
            out,
            kinds=kinds,
            advertiser=advertiser,
            buyer=buyer,
            force=force,
            as_json=as_json,
        )
    )


@cli.command(cls=FrenchCommand, help="Rapproche la commande de ce que l’acheteur renvoie.")
def reconcile(
    plan_dir: PlanDir,
    returned_file: Annotated[
        Path,
        typer.Argument(
            metavar="RETURNED_FILE", help="La commande annotée, ou la pige (CSV, classeur)."
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="PLAN_DIR_2", help="Dossier du nouveau plan.")
    ],
    accept_proposals: Annotated[
        bool, typer.Option("--accept-proposals", help="Accepte aussi ce qui n’est que probable.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Hold a returned order, or proofs of posting, against a plan."""
    from app import commands

    raise typer.Exit(
        commands.reconcile(
            plan_dir,
            returned_file,
            out,
            accept_proposals=accept_proposals,
            force=force,
            as_json=as_json,
        )
    )


@cli.command(cls=FrenchCommand, help="Montre ce que donneraient plusieurs budgets.")
def sweep(
    campaign_dir: CampaignDir,
    *,
    budget: Annotated[
        str,
        typer.Option(
            "--budget",
            metavar="MIN:MAX:NOMBRE",
            help="En euros : 40000:160000:10 pour dix budgets.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Dossier pour budget.csv et budget.svg."),
    ],
    crs: SaidCrs = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Match a campaign under several budgets."""
    least_cents, most_cents, count = said_budgets(budget)
    confirmed = confirmed_crs(crs)
    from app import commands

    raise typer.Exit(
        commands.sweep(
            campaign_dir,
            out,
            least_cents=least_cents,
            most_cents=most_cents,
            count=count,
            crs=confirmed,
            force=force,
            as_json=as_json,
        )
    )


@cli.command(cls=FrenchCommand, name="map", help="Écrit une carte des élus par zone.")
def map_(
    plan_dir: PlanDir,
    *,
    par: Annotated[
        str,
        typer.Option(
            "--par", metavar="NIVEAU", help="territoire, canton, secteur…, un fichier par zone."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Dossier des cartes.")],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write the officials' page of each zone of a level."""
    from app import commands

    raise typer.Exit(commands.map_by_level(plan_dir, out, level=par, force=force, as_json=as_json))


@cli.command(cls=FrenchCommand, help="Rassemble les remarques laissées sur les cartes.")
def remarks(
    plan_dir: PlanDir,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Fichiers de remarques enregistrés par les cartes."),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Dossier de la liste et de la couche.")
    ] = Path("remarques"),
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Gather the remarks that readers left on the maps."""
    from app import commands

    raise typer.Exit(commands.remarks(plan_dir, files, out, force=force, as_json=as_json))


@cli.command(cls=FrenchCommand, help="Dit ce qui est installé et ce qui manque.")
def doctor() -> None:
    """Tell what is installed and what is missing."""
    from app.doctor import examine

    examination = examine()
    for line in examination.lines:
        typer.echo(line)
    raise typer.Exit(0 if examination.healthy else 1)


@cli.command(cls=FrenchCommand, help="Sert l’API : campagnes, calculs, plans et cartes.")
def serve(
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADRESSE", help="Adresse d’écoute.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port d’écoute.")
    ] = 8000,
) -> None:
    """Serve the API."""
    from app.service_command import serve_command

    raise typer.Exit(serve_command(host=host, port=port))


cli.command(
    cls=FrenchCommand, help="Retire l’accord d’une personne : aucun plan ne la montre plus."
)(withdraw)
cli.command(cls=FrenchCommand, help="Efface une personne du service, pour toujours.")(forget)


def main() -> None:
    """Run the command line: in UTF-8 whatever the terminal claims, with one thread in each sum."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        # How many threads share a sum shows in its last digits. Read when NumPy is first imported.
        os.environ[variable] = "1"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    cli()


if __name__ == "__main__":
    main()
