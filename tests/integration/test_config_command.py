"""`vivavoce config`: what is in force, and a file to begin from."""

import json
from pathlib import Path

from tests.integration.test_command import refused, vivavoce


def test_a_file_is_written_once_is_ours_alone_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "vivavoce.toml"
    assert vivavoce(tmp_path, "config", "init").stdout.startswith(f"{file} has every setting")
    assert file.stat().st_mode & 0o777 == 0o600
    assert refused(vivavoce(tmp_path, "config", "init"), 2, str(file), "--force")
    file.write_text("mine")
    assert vivavoce(tmp_path, "config", "init", "--force").returncode == 0
    assert vivavoce(tmp_path, "config", "init", "-").stdout == file.read_text()
    assert vivavoce(tmp_path, "config", "show", "--changed").stdout == "All is as it is by default.\n"
    assert refused(
        vivavoce(tmp_path, "config", "init", str(tmp_path / "no" / "where")), 1, "cannot be written"
    )


def test_what_is_set_is_told_with_who_set_it(tmp_path: Path) -> None:
    (tmp_path / "vivavoce.toml").write_text('[asr]\nmodel = "tiny.en"\n[server]\nkeys = ["desk:abc"]\n')
    more = {"VIVAVOCE_SESSION__LAG_S": "7"}
    told = json.loads(vivavoce(tmp_path, "config", "show", "--changed", "--json", **more).stdout)
    assert told == [
        {"setting": "server.keys", "value": "(set)", "from": str(tmp_path / "vivavoce.toml")},
        {"setting": "asr.model", "value": "tiny.en", "from": str(tmp_path / "vivavoce.toml")},
        {"setting": "session.lag_s", "value": 7.0, "from": "VIVAVOCE_SESSION__LAG_S"},
    ]
    shown = vivavoce(tmp_path, "config", "show", **more).stdout
    assert [line.split() for line in shown.splitlines() if line.startswith("session.lag_s")] == [
        ["session.lag_s", "7.0", "VIVAVOCE_SESSION__LAG_S"]
    ]
    assert "abc" not in shown


def test_a_setting_that_is_not_known_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("[asr]\nmodle = 'x'\n")
    assert refused(vivavoce(tmp_path, "config", "show", "--config", str(file)), 2, str(file), "asr.model")
    assert refused(vivavoce(tmp_path, "config", "show", "--config", "nowhere.toml"), 2, "nowhere.toml")
