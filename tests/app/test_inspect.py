"""``yawstring inspect`` as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from yawstring.app.cli import app
from yawstring.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["inspect", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_of_the_corpus(three_attack_cyber: Path) -> None:
    described = json.loads(run(three_attack_cyber, "--json"))
    assert (described["format"], described["file"]) == (1, str(three_attack_cyber))
    (table,) = described["tables"]
    assert table["rows"] == 33_102
    assert table["class_counts"] == {"benign": 9_425, "dos": 11_671, "replay": 12_006}
    assert table["constant_columns"] == ["wlan.bssid", "wlan.frag", "tcp.ack_raw"]
    assert table["recordings"]["per_class"] == {"benign": 35, "dos": 6, "replay": 12}
    oracle = pd.read_csv(three_attack_cyber)
    assert [column["name"] for column in table["columns"]] == list(oracle.columns)
    assert table["time_range"] == {"timestamp_c": [oracle.timestamp_c.min(), oracle.timestamp_c.max()]}


def test_a_person_reads_the_same(three_attack_cyber: Path) -> None:
    text = run(three_attack_cyber)
    for words in (
        *("33,102 (0 with a missing value)", "wlan.bssid, wlan.frag, tcp.ack_raw", "53 of 145 to 2,645 rows"),
        *("with rows in common: 40+41", "8,786 rows (26.5%)", "248 rows (0.7%), 124 distinct"),
    ):
        assert words in text
    lines = [line.replace("│", " ").split() for line in text.splitlines()]
    assert ["benign", "9,425", "28.5%", "35"] in lines
    assert ["dos", "11,671", "35.3%", "6"] in lines
    assert ["replay", "12,006", "36.3%", "12"] in lines
    assert "tcp.window_size │" not in text
    assert "tcp.window_size" in run(three_attack_cyber, "--columns").split("┏")[-1]


def test_one_profile_a_block(ten_blocks: Path) -> None:
    tables = json.loads(run(ten_blocks, "--json"))["tables"]
    assert [table["rows"] for table in tables] == [60, 50, 60, 50, 60, 50, 50, 50, 50, 40]
    assert [list(table["class_counts"]) for table in tables][::2] == [
        *(["benign"], ["dos"], ["replay"], ["evil_twin"], ["fdi"])
    ]
    assert run(ten_blocks).count("SHA-256") == 10
    (block,) = json.loads(run(ten_blocks, "--json", "--block", 8))["tables"]
    assert block == tables[7]
    (union,) = json.loads(run(ten_blocks, "--json", "--glue", "union"))["tables"]
    assert union["rows"] == sum(table["rows"] for table in tables)
    assert len(union["columns"]) == len({column["name"] for table in tables for column in table["columns"]})


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (b"tof,class\nabc,0\n", [], "row 2, column 'tof': expected a whole number, found 'abc'"),
        (b"tof,class\n1,0\n", ["--block", "2"], "expected a block from 1 to 1, found 2"),
        (b"tof,class\n1,0\n", ["--block", "1", "--glue", "union"], "leave one out"),
        (b"tof,class\n1,0\nbat,class\n1,0\n", ["--glue", "intersection"], "no column but the label in common"),
    ],
)
def test_a_wrong_file_or_option_is_an_input_error(tmp_path: Path, content: bytes, options: list, expected: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=expected):
        run(path, *options)


def test_the_program_prints_one_line_and_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"tof;class\n1;0\n")
    done = subprocess.run(
        [sys.executable, "-m", "yawstring.app.cli", "inspect", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    expected = "row 1: expected commas between columns, found semicolons: save it with commas"
    assert done.stderr == f"yawstring: {path}: {expected}\n"


def test_nothing_in_a_file_steers_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("timestamp,[red]mine[/red],\u202eleft,class\n\u202e2024,1,2,0\n")
    text = run(path, "--columns")
    assert "[red]mine[/red]" in text
    assert "\u202e" not in text
    assert "?2024 to ?2024" in text


def test_the_page_names_every_key_of_the_json(ten_blocks: Path) -> None:
    page = (ROOT / "docs" / "reference" / "commands" / "inspect.md").read_text()
    described = json.loads(run(ten_blocks, "--json", "--block", 1))
    (table,) = described["tables"]
    keys = {*described, *table, *table["columns"][0], *table["recordings"], *table["same_row_other_label"]}
    assert not [key for key in sorted(keys) if f"`{key}`" not in page]
