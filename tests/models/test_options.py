"""Options of families as a person types them."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command

from yawstring.app.cli import app
from yawstring.errors import OptionError
from yawstring.models.options import describe, read_options
from yawstring.models.registry import families, make_family, option_types

TRAIN = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands" / "train.md").read_text()
HELP = get_command(app).commands["train"].help


def written(value):
    """A value as a person would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "none" if value is None else str(value)


def named(text, name):
    """Options that lines of a text name for a family; a line is of the families before its first colon or bar."""
    words = set()
    for line in text.splitlines():
        head, _, tail = line.strip(" |-").partition(" | " if "|" in line else ":")
        if f"`{name}`" in head:
            words |= set(re.findall(r"[a-z][a-z_0-9]*", tail))
    return words


@pytest.mark.parametrize("name", sorted(families()))
def test_defaults_written_down_and_read_again_are_the_defaults(name):
    plain = make_family(name)
    texts = [f"{option.name}={written(getattr(plain, option.name))}" for option in fields(plain)]
    assert make_family(name, read_options(name, texts)) == plain


@pytest.mark.parametrize("name", sorted(families()))
def test_help_and_page_name_the_options_of_every_family(name):
    page = TRAIN.partition("## Options of the detectors")[2].partition("## Examples")[0]
    assert named(page, name) == set(option_types(name))
    assert named(HELP.partition("Options of the detectors")[2], name) == set(option_types(name))


@pytest.mark.parametrize("name", sorted(families()))
def test_every_type_of_option_is_told_in_words(name):
    assert all(describe(kind) for kind in option_types(name).values())


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("forest", "trees", "expected NAME=VALUE, found 'trees'; .* trees, depth, leaf, class_weights, extra$"),
        ("forest", "leaves=3", "no option 'leaves'; it has trees, depth, leaf, class_weights, extra$"),
        ("majority", "trees=3", "no option 'trees'; it has none"),
        ("forest", "trees=1.5", "'trees' of 'forest' is a whole number, not '1.5'"),
        ("forest", "trees=none", "'trees' of 'forest' is a whole number, not 'none'"),
        ("forest", "depth=deep", "'depth' of 'forest' is a whole number or none, not 'deep'"),
        ("forest", "extra=1", "is yes or no, not '1'"),
        ("lstm", "cell=rnn", "is lstm or gru, not 'rnn'"),
        ("lstm", "dense=64,,32", "is whole numbers with commas between, not '64,,32'"),
        ("lstm", "learning_rate=nan", "is a number, not 'nan'"),
        ("svm", "gamma=inf", "is a number or none, not 'inf'"),
        ("oracle", "trees=3", "no detector is called 'oracle'"),
    ],
)
def test_what_is_no_option_is_refused_in_one_line(name, text, message):
    with pytest.raises(OptionError, match=message) as refused:
        read_options(name, [text])
    assert "\n" not in str(refused.value)


def test_an_option_given_twice_is_refused():
    with pytest.raises(OptionError, match="'trees' of 'forest' is given twice"):
        read_options("forest", ["trees=3", "trees=4"])


def test_the_family_checks_what_was_read():
    with pytest.raises(OptionError, match="trees must be at least 1"):
        make_family("forest", read_options("forest", ["trees=0"]))
