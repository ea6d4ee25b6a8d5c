"""The documentation is complete and its links lead somewhere."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from yawstring.app.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")], key=lambda page: str(page)
)
COMMANDS = get_command(app).commands


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_every_command_is_documented(name: str) -> None:
    page = ROOT / "docs" / "reference" / "commands" / f"{name}.md"
    assert page.exists(), f"{page.relative_to(ROOT)} is missing"
    text = page.read_text()
    words = [
        option
        for parameter in COMMANDS[name].params
        for option in ([*parameter.opts, *parameter.secondary_opts] if parameter.param_type_name == "option" else [])
        if option != "--help"
    ]
    missing = [word for word in words if not re.search(rf"`[^`]*{re.escape(word)}\b", text)]
    assert not missing, f"{page.relative_to(ROOT)} does not mention {missing}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_page_documents_an_option_that_is_gone(name: str) -> None:
    text = (ROOT / "docs" / "reference" / "commands" / f"{name}.md").read_text()
    real = {option for command in COMMANDS.values() for p in command.params for option in [*p.opts, *p.secondary_opts]}
    named = set(re.findall(r"`(--[a-z][a-z-]*)", text))
    assert named <= real | {"--help"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does_and_gives_an_example(name: str) -> None:
    command = COMMANDS[name]
    help_text = (command.help or "") + (command.epilog or "")
    assert f"yawstring {name}" in help_text, "no example in --help"
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"--help of {name} does not explain {parameter.name}"


def test_every_command_page_belongs_to_a_command() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "reference" / "commands").glob("*.md")}
    assert pages == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_the_readme_begins_with_the_two_commands() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks[0].split("\n")[0].startswith("make demo")
    assert blocks[0].split("\n")[1] == "make test"


def test_the_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"`yawstring {name} " not in text] == []
