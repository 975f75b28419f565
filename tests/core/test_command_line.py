"""The command line as a whole: every command says what it does and shows how, and a shell completes it."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streaming import cli, completing, output
from tests.core.test_documents import commands, meant, refused

EVERY = [command for command in completing.every(cli.parser()) if command.prog != "vivavoce"]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.prog)
def test_each_command_says_what_it_does_and_its_example_is_one(command: cli.argparse.ArgumentParser) -> None:
    assert command.description
    assert command.description.endswith(".")
    assert command.epilog
    what, _, example = command.epilog.partition(": ")
    assert what == "example"
    inner = example.removeprefix("source <(").removesuffix(")")
    [found] = commands(f"```\n{inner}\n```")
    assert found.startswith(command.prog), "an example of this command, not of another"
    assert refused(meant(found)) == ""


def test_each_argument_says_what_it_is() -> None:
    silent = [
        f"{command.prog} {action.dest}"
        for command in EVERY
        for action in command._actions
        if not action.help and not action.metavar
    ]
    assert silent == []


def completions(*words: str) -> list[str]:
    """What bash offers at the end of these words."""
    script = completing.shtab.complete(completing.completed(cli.parser()), "bash")
    typed = " ".join(f"'{word}'" for word in ("vivavoce", *words))
    asked = f"COMP_WORDS=({typed}); COMP_CWORD={len(words)}; _shtab_vivavoce; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_commands_models_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meeting.wav").write_text("")
    monkeypatch.chdir(tmp_path)
    assert completions("se") == ["serve", "sessions"]
    assert completions("sessions", "ex") == ["export"]
    assert "base" in completions("models", "pull", "ba")
    assert completions("transcribe", "mee") == ["meeting.wav"]
    assert completions("transcribe", "--sp") == ["--split"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_names_every_command(
    shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert [name for name in ("transcribe", "doctor", "sessions", "config") if name not in script] == []
    if found := shutil.which(shell):  # bash is always here, the others where somebody has installed them
        (tmp_path / "script").write_text(script)
        subprocess.run([found, "-n", str(tmp_path / "script")], check=True)


def test_letters_that_a_terminal_does_not_have_end_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(narrow, "ascii"))
    output.legible()
    sys.stdout.write("čaj → tea\n")
    sys.stdout.flush()
    assert narrow.getvalue() == b"?aj ? tea\n"
