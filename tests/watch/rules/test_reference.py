"""The reference of the rules is in step with them."""

import re
from pathlib import Path

import pytest
from tests.support.rule_contract import TECHNIQUES

from yawstring.edge.rulebook import read_rulebook

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "rules.md").read_text()
RULES = {rule.NAME: rule for rule in read_rulebook().rules}
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL))


def test_the_reference_has_a_section_for_each_rule_and_no_other() -> None:
    assert list(SECTIONS) == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_the_reference_says_of_each_rule_what_it_is(name: str) -> None:
    rule, text = RULES[name], SECTIONS[name]
    row = f"| [`{name}`](#{name}) | {rule.TECHNIQUE} {TECHNIQUES[rule.TECHNIQUE]} | {rule.CONSEQUENCE} |"
    assert row in PAGE
    assert rule.ABOUT in text
    assert f"Counts {rule.COUNTS}. Its findings are of the kind `{rule.KIND}`." in text
    assert all(source in text for source in rule.REFERENCES)
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", text, re.MULTILINE)
    assert {key: float(value) for key, value in rows} == rule.settings()
