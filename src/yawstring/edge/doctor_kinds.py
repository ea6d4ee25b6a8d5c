"""What an answer of the doctor is."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One thing that was looked at.

    Attributes:
        about: What was looked at, in a word or two.
        well: Whether it is as watching needs it.
        found: What was found, one sentence.
        todo: What to do; ``""`` where there is nothing to be done.
    """

    about: str
    well: bool
    found: str
    todo: str = ""
