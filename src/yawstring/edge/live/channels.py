"""One radio on several channels in turn: a survey, by nl80211 through the program ``iw``.

A survey hears of each channel only a part; on a single channel no frame is missed, so that a watch of one drone should
stay on the drone's. Which channels were really heard, :mod:`yawstring.watch.coverage` tells from the frames.
"""

import os
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from yawstring.edge.live.interfaces import check_name
from yawstring.errors import OptionError, SourceError
from yawstring.watch.batches import Batch, Source

DWELL_S = 0.25
"""How long a channel is listened to: two beacons and a half."""

_NS_PER_S = 1_000_000_000
_SYSTEM_FOLDERS = "/usr/sbin:/sbin"
_LEAST_MHZ = 2400
_CHANNEL_14_MHZ = 2484


def frequency_of(channel: int) -> int:
    """Centre of a 20 MHz channel in MHz (IEEE 802.11-2020, annex E); a number from 2,400 on is one already.

    Raises:
        OptionError: There is no such channel at 2.4 or 5 GHz.

    Example:
        >>> [frequency_of(channel) for channel in (1, 6, 14, 36, 5955)]
        [2412, 2437, 2484, 5180, 5955]
    """
    if channel >= _LEAST_MHZ:
        return channel
    if channel == 14:
        return _CHANNEL_14_MHZ
    if 1 <= channel <= 13:
        return 2407 + 5 * channel
    if 32 <= channel <= 177:
        return 5000 + 5 * channel
    raise OptionError(f"expected a channel (1 to 14, 32 to 177) or a frequency in MHz, found {channel}")


def parse_channels(text: str) -> tuple[int, ...]:
    """Frequencies in MHz of a list such as ``1,6,11``, without repeats.

    Raises:
        OptionError: It is no list of channels.

    Example:
        >>> parse_channels("1,6,2437")
        (2412, 2437)
    """
    try:
        channels = [int(part) for part in text.split(",")]
    except ValueError:
        raise OptionError(f"expected channels such as 1,6,11, found {text!r}") from None
    return tuple(dict.fromkeys(frequency_of(channel) for channel in channels))


class Survey:
    """Tunes an interface to one frequency after another; see :func:`survey`.

    Attributes:
        faults: What ``iw`` said when it failed, and how often.
    """

    def __init__(self, iw: str, interface: str, frequencies: Sequence[int], dwell_s: float) -> None:
        self.faults: Counter[str] = Counter()
        self._iw, self._interface, self._frequencies = iw, interface, tuple(frequencies)
        self._dwell_ns = round(dwell_s * _NS_PER_S)
        self._place, self._tuned_ns = -1, -(1 << 62)
        self._tuning: subprocess.Popen[str] | None = None
        self._lock, self._closed = threading.Lock(), False

    def step(self, now_ns: int) -> None:
        """Tune to the next frequency if it is time; never waits for the radio.

        Args:
            now_ns: The clock; it may be set back, and then the channel is changed at once.
        """
        with self._lock:
            if not self._closed:
                self._step(now_ns)

    def _step(self, now_ns: int) -> None:
        if self._tuning is not None:
            if self._tuning.poll() is None:
                return
            self._finish(self._tuning, self._frequencies[self._place])
        if 0 <= now_ns - self._tuned_ns < self._dwell_ns:
            return
        self._place, self._tuned_ns = (self._place + 1) % len(self._frequencies), now_ns
        self._tuning = self._started(self._frequencies[self._place])

    def try_out(self) -> None:
        """Tune to the first frequency and wait for it.

        Raises:
            SourceError: That failed.
        """
        self._finish(self._started(self._frequencies[0]), self._frequencies[0])
        for fault in self.faults:
            alone = f"sudo iw dev {self._interface} set freq {self._frequencies[0]}, and no survey"
            raise SourceError(f"{self._interface} cannot be tuned to {fault} (a survey takes root; without: {alone})")

    def close(self) -> None:
        """Leave the interface where it is; twice does no harm, nor from another thread."""
        with self._lock:
            self._closed = True
            if self._tuning is not None:
                self._tuning.kill()
                self._tuning.communicate()
                self._tuning = None

    def _started(self, frequency_mhz: int) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  # no shell; the name was checked
            [self._iw, "dev", self._interface, "set", "freq", str(frequency_mhz)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _finish(self, tuning: subprocess.Popen[str], frequency_mhz: int) -> None:
        _, said = tuning.communicate()
        if tuning.returncode:
            first = (said.strip() or f"exit code {tuning.returncode}").splitlines()[0]
            self.faults[f"{frequency_mhz} MHz: {first}"] += 1
        self._tuning = None


class Surveyed:
    """A source whose radio goes from channel to channel while it is read."""

    def __init__(self, source: Source, radio: Survey) -> None:
        """Both are closed with this."""
        self._source, self._radio = source, radio

    def batches(self) -> Iterator[Batch]:
        """The source's own batches, at the pace of its clock."""
        for batch in self._source.batches():
            self._radio.step(batch.now_ns)
            yield batch

    def faults(self) -> Mapping[str, int]:
        """What ``iw`` said when it failed, and how often."""
        return self._radio.faults.copy()

    def close(self) -> None:
        """Let go of both."""
        self._source.close()
        self._radio.close()


def survey(interface: str, frequencies: Sequence[int], *, dwell_s: float = DWELL_S, path: str | None = None) -> Survey:
    """A survey of an interface in monitor mode. It takes root, or ``CAP_NET_ADMIN``.

    Args:
        interface: Its name.
        frequencies: In MHz, in the order they are listened to.
        dwell_s: How long each.
        path: Folders to look for ``iw`` in; those of ``PATH`` and of system programs, if not given.

    Raises:
        OptionError: There are fewer than two frequencies, or no time for one.
        SourceError: ``iw`` is not installed, or cannot tune the interface; the error says what it said.
    """
    check_name(interface)
    if len(frequencies) < 2 or dwell_s <= 0:
        raise OptionError("a survey takes two channels or more, and some time for each")
    iw = shutil.which("iw", path=path or f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
    if iw is None:
        raise SourceError("a survey needs the program iw, which is not installed (Debian: apt install iw)")
    started = Survey(iw, interface, frequencies, dwell_s)
    started.try_out()
    return started
