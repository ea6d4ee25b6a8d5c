"""Every exception of yawstring, one tree.

::

    YawstringError
    ├── InputError             what the user gave cannot be used: exit code 2
    │   ├── TableError         a table's octets or columns are not what they should be
    │   ├── LayoutError        tables of different layouts would be glued
    │   ├── CaptureError       a capture cannot be opened, or is none
    │   ├── SourceError        a live source of frames or telemetry cannot be opened, or is gone
    │   ├── OptionError        an option's value, or a combination, makes no sense
    │   ├── BundleError        a bundle is damaged, foreign or too new
    │   ├── SplitError         the split asked for is undefined on this table
    │   ├── StoreError         the record of alerts cannot be opened, read or written
    │   └── MissingExtraError  an optional dependency is not installed
    ├── SinkError              a sink did not take an alert: it is tried again, never the end of a watch
    └── LeakError              code tried to let test data, labels or identity into a fit

The message of an :class:`InputError` is one line: what, where, and what to do.
"""

from functools import partial


class YawstringError(Exception):
    """Root of the tree; never raised itself."""


class InputError(YawstringError):
    """What the user gave cannot be used. The command line prints it as one line and exits with 2."""


class TableError(InputError):
    """A table is not what it should be.

    Args:
        expected: What was expected and what was found, in plain words.
        file: Name of the file, when there is one.
        row: Line of the file, counted from 1 with the header as line 1.
        column: Name of the column.

    Example:
        >>> print(TableError("expected a number, found 'abc'", file="a.csv", row=7, column="tof"))
        a.csv: row 7, column 'tof': expected a number, found 'abc'
    """

    def __init__(
        self, expected: str, *, file: str | None = None, row: int | None = None, column: str | None = None
    ) -> None:
        self.expected, self.file, self.row, self.column = expected, file, row, column
        place = ", ".join(
            ([f"row {row}"] if row is not None else []) + ([f"column '{column}'"] if column is not None else [])
        )
        super().__init__(": ".join(part for part in (file, place, expected) if part))


class LayoutError(InputError):
    """Tables of different layouts would be glued together and nobody said how."""


class CaptureError(InputError):
    """A capture cannot be opened, or what was given is none."""


class SourceError(InputError):
    """A live source cannot be opened, or is gone: the interface was taken away, the program that captures ended."""


class OptionError(InputError):
    """An option's value, or a combination of options, makes no sense."""


class BundleError(InputError):
    """A bundle is damaged, foreign or written by a newer version."""


class SplitError(InputError):
    """The split asked for is undefined on this table (a class would be missing from a part, say)."""


class StoreError(InputError):
    """The record of alerts cannot be opened, read or written."""


class MissingExtraError(InputError):
    """An optional dependency is not installed.

    Example:
        >>> print(MissingExtraError("jax", extra="train", needed_for="training an LSTM"))
        training an LSTM needs jax, which is not installed: pip install 'yawstring[train]'
    """

    def __init__(self, module: str, *, extra: str, needed_for: str) -> None:
        self.module, self.extra, self.needed_for = module, extra, needed_for
        super().__init__(f"{needed_for} needs {module}, which is not installed: pip install 'yawstring[{extra}]'")

    def __reduce__(self) -> tuple[object, ...]:
        """A worker process hands it over, keywords and all."""
        return partial(MissingExtraError, extra=self.extra, needed_for=self.needed_for), (self.module,)


class SinkError(YawstringError):
    """A sink did not take what it was sent.

    Args:
        reason: Why, without any secret of the sink's address.
        final: It never will, so that what comes after need not wait.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(reason)


class LeakError(YawstringError):
    """Code tried to let test data, labels or identity into something that is fitted.

    This is a fault of the calling code, never of the data, and so is no :class:`InputError`.
    """
