"""Opens the study of a search in a database, or begins it."""

import importlib.util
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from yawstring.edge.studies import Study
from yawstring.edge.study_weights import WeightTable
from yawstring.errors import MissingExtraError, OptionError
from yawstring.learn.search.schedule import Schedule
from yawstring.learn.search.space import Space
from yawstring.models.base import Json

if TYPE_CHECKING:
    import optuna
    import sqlalchemy
    from sqlalchemy.exc import DBAPIError

FORMAT = "yawstring search 3"
"""Of what a study holds: weights and Adam's memory in an order of their own, and what a draw may hold."""

MOST_ATTEMPTS, PAUSE_S = 10, 0.5
"""Machines that begin a study at the same moment all make its tables; whoever is too late finds them made."""


def open_study(
    url: str,
    *,
    name: str,
    schedule: Schedule,
    space: Space,
    seed: int,
    asked: Mapping[str, Json],
    alone: bool,
    grace_s: float = 60.0,
) -> Study:
    """Open a study, or begin it.

    Args:
        url: Of a database, as SQLAlchemy takes it: ``sqlite:///study.db``, ``postgresql+pg8000://…``.
        name: Of the study in it.
        schedule: What is tried.
        space: What may be chosen.
        seed: Of the draws.
        asked: Everything that a trial's result depends on; a study that was begun with something else is refused.
        alone: Nobody else runs trials of it.
        grace_s: Silence after which another process has lost its trials.

    Raises:
        OptionError: The database cannot be opened, or holds another search under this name.
        MissingExtraError: Optuna is not installed.
    """
    study, weights = _connected(url, name, seed=seed if alone else None)
    begun = study.user_attrs.get("search")
    wanted = {"format": FORMAT, **asked}
    if begun is None:
        study.set_user_attr("search", wanted)
    elif begun != wanted:
        differ = sorted(key for key in {*begun, *wanted} if begun.get(key) != wanted.get(key))
        raise OptionError(
            f"the study '{name}' is another search ({', '.join(differ)} differ): use another folder or name"
        )
    return Study(
        schedule=schedule, space=space, seed=seed, alone=alone, grace_s=grace_s, _study=study, _weights=weights
    )


def require_optuna() -> None:
    """Make sure that a study can be kept: before the work, not after it.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    if importlib.util.find_spec("optuna") is None:
        raise MissingExtraError("optuna", extra="search", needed_for="a search")


def _connected(url: str, name: str, *, seed: int | None) -> "tuple[optuna.Study, WeightTable]":
    """The study and the table of its weights.

    Raises:
        OptionError: The database cannot be opened.
        MissingExtraError: Optuna is not installed.
    """
    require_optuna()
    from optuna.exceptions import StorageInternalError
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    try:
        address = make_url(url)
        if address.drivername.endswith("pg8000") and address.username is None:
            raise OptionError("the study's database cannot be opened: say as whom, '//user@host/…'")
        for attempt in range(MOST_ATTEMPTS):
            try:
                return _attempted(url, name, seed=seed)
            except DBAPIError as error:
                if attempt == MOST_ATTEMPTS - 1 or not _beaten(error):
                    raise
                time.sleep(PAUSE_S)
    except (ArgumentError, DBAPIError, NoSuchModuleError, ImportError, StorageInternalError) as error:
        said = str(error).splitlines()[0]
        raise OptionError(f"the study's database cannot be opened: {said}") from None
    raise AssertionError("unreachable")


def _beaten(error: "DBAPIError") -> bool:
    """Whether another machine made the tables, or their first row, at the same moment: then they are there now."""
    from sqlalchemy.exc import IntegrityError

    return isinstance(error, IntegrityError) or any(word in str(error) for word in ("already exists", "is locked"))


def _attempted(url: str, name: str, *, seed: int | None) -> "tuple[optuna.Study, WeightTable]":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(url)
    if storage.engine.dialect.name == "sqlite":
        _hasten(storage.engine)
    sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    study = optuna.create_study(
        study_name=name, storage=storage, sampler=sampler, direction="maximize", load_if_exists=True
    )
    return study, WeightTable.open(storage.engine, name)


def _hasten(engine: "sqlalchemy.Engine") -> None:
    """Let SQLite append to a log rather than rewrite pages at every commit; a killed process still loses nothing.

    Only a loss of power may take back the last commits, and whole ones: the trials are then run again.
    """
    from sqlalchemy import event

    def settle(connection: Any, _: object) -> None:  # noqa: ANN401  # of whichever driver
        for setting in ("journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {setting}")

    event.listen(engine, "connect", settle)
    engine.dispose()  # connections made before are not settled
