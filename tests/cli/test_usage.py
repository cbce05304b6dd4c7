"""The command line says what it wants, in French, and answers with the right exit status."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.french import error_in_french, help_in_french


def placarde(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_the_help_names_every_command_and_speaks_french() -> None:
    answer = placarde("--help")
    assert answer.returncode == 0
    for command in (
        "demo",
        "check",
        "plan",
        "verify",
        "explain",
        "compare",
        "sweep",
        "doctor",
        "serve",
    ):
        assert f"\n  {command} " in answer.stdout
    for english in ("Usage:", "Options:", "Commands:", "Show this message"):
        assert english not in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan"], "il manque l’argument"),
        (["plan", "somewhere"], "il manque l’option '--out'"),
        (["plan", "a", "--out", "b", "--seed", "-1"], "au moins 0"),
        (["plan", "a", "--out", "b", "--seed", "x"], "nombre entier"),
        (["check", "a", "b"], "argument en trop"),
        (["check", "--jsn", "a"], "option inconnue"),
        (["nothing"], "commande inconnue"),
        (["compare", "a"], "il manque l’argument"),
        (["explain", "a", "--face"], "attend une valeur"),
        (["sweep", "a", "--out", "b"], "il manque l’option '--budget'"),
        (["sweep", "a", "--out", "b", "--budget", "160000:40000:10"], "40000:160000:10"),
        (["sweep", "a", "--out", "b", "--budget", "1:2:1"], "valeur refusée pour '--budget'"),
        (["sweep", "a", "--out", "b", "--budget", "1:2:9999"], "de 2 à 200 budgets"),
        (["sweep", "a", "--out", "b", "--budget", "un:deux:3"], "MIN:MAX:NOMBRE"),
    ],
)
def test_wrong_usage_is_said_in_french_with_status_2(arguments: list[str], said: str) -> None:
    answer = placarde(*arguments)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_without_a_command_the_help_is_shown_with_status_2() -> None:
    answer = placarde()
    assert answer.returncode == 2
    assert "Commandes :" in answer.stdout + answer.stderr


def test_an_error_that_is_not_known_stays_as_it_is() -> None:
    assert error_in_french("Something new.") == "Something new."
    assert help_in_french("Usage: x [OPTIONS]") == "Usage : x [OPTIONS]"


def test_the_doctor_finds_everything_and_says_so() -> None:
    answer = placarde("doctor")
    assert answer.returncode == 0, answer.stdout
    assert "MANQUE" not in answer.stdout
    assert "solveurs chargés dans un même processus" in answer.stdout
    assert "PROJ" in answer.stdout
