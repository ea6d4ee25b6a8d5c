"""The rulebook: every key of every rule once, a person's own over it, and one line for what makes no sense."""

import re

import pytest

from yawstring.edge.rulebook import STANDARD, read_rulebook
from yawstring.errors import OptionError
from yawstring.watch.rules import Rulebook, parse_rulebook, rules
from yawstring.watch.rules.base import unit_of

TEXT = STANDARD.read_text()


def own(text: str) -> Rulebook:
    return parse_rulebook(TEXT, own=text, file="mine.toml")


def test_the_standard_book_holds_every_rule() -> None:
    assert [rule.NAME for rule in read_rulebook().rules] == list(rules())
    assert re.findall(r"^\[(.*)\]$", TEXT, re.MULTILINE) == list(rules())


def test_every_key_has_a_comment_and_a_unit() -> None:
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        if found := re.match(r"(\w+) =", line):
            assert lines[number - 1].startswith("# "), f"{line}: no comment above it"
            assert unit_of(found[1])


def test_a_book_of_ones_own_changes_what_it_names_and_the_digest_of_that_rule_alone() -> None:
    mine, usual = own("[deauthentication_flood]\nfast_frames = 99\n"), read_rulebook()
    changed = {name for name in usual.digests if mine.digests[name] != usual.digests[name]}
    assert changed == {"deauthentication_flood"}
    (rule,) = (rule for rule in mine.rules if rule.NAME in changed)
    (same,) = (rule for rule in usual.rules if rule.NAME in changed)
    assert rule.settings() == {**same.settings(), "fast_frames": 99}


def test_a_rule_that_is_not_wanted_does_not_look() -> None:
    mine = own("[deauthentication_flood]\nenabled = false\n")
    assert mine.off == ("deauthentication_flood",)
    assert "deauthentication_flood" not in mine.digests


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[deauth]\n", "mine.toml: no rule is called 'deauth'"),
        ("deauthentication_flood = 3\n", "mine.toml: deauthentication_flood: expected a section"),
        ("[deauthentication_flood]\nframes = 3\n", "mine.toml: deauthentication_flood.frames: no such threshold"),
        ("[deauthentication_flood]\nfast_frames = 2.5\n", "fast_frames: expected a whole number, found 2.5"),
        ("[deauthentication_flood]\nfast_s = true\n", "fast_s: expected a number, found True"),
        ("[deauthentication_flood]\nfast_s = -1\n", "fast_s: expected 0.001 to 3600, found -1"),
        ("[deauthentication_flood]\nfast_s = nan\n", "fast_s: expected 0.001 to 3600, found nan"),
        ("[deauthentication_flood]\nenabled = 1\n", "enabled: expected true or false, found 1"),
        ("[deauthentication_flood\n", "mine.toml: expected TOML"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(OptionError, match=re.escape(says)) as caught:
        own(text)
    assert "\n" not in str(caught.value)


def test_a_book_that_is_not_text_is_refused(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(OptionError, match=r"mine\.toml: expected TOML in UTF-8"):
        read_rulebook(path)
