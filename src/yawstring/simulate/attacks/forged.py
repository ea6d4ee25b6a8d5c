"""De-authentications and disassociations under the addresses of others, and whom they reach."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yawstring.simulate.elements import reason
from yawstring.simulate.frames import management
from yawstring.simulate.hostile import Mark
from yawstring.simulate.scene import CONTROLLER, DRONE, reaches
from yawstring.simulate.traffic import drone_link

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.scene import Scene

DEAUTH_DURATION_US = 314
"""What injecting tools write for one frame at 1 Mb/s."""

ACTS_AFTER_S = 0.002
"""From the time a frame is offered to the end of the association it ends."""

RETRIES = (0, 4)
"""How often an injecting card repeats what is not acknowledged, drawn for each flight; the driver decides."""


def struck(scene: "Scene", mark: Mark, times_s: NDArray[np.float64], down: NDArray[np.bool_]) -> NDArray[np.float64]:
    """When forged frames end the association: those that their victim hears.

    Args:
        scene: Who is where.
        mark: The attack.
        times_s: float64[frame], rising, when they are sent.
        down: bool[frame], to the controller; else to the drone.
    """
    chance = np.where(down, reaches(scene, mark.attacker, CONTROLLER), reaches(scene, mark.attacker, DRONE))
    return times_s[mark.stream("reaches").random(len(times_s)) < chance] + ACTS_AFTER_S


def offer_forged(
    scene: "Scene",
    mark: Mark,
    times_s: NDArray[np.float64],
    down: NDArray[np.bool_],
    subtype: NDArray[np.int64] | int,
    codes: NDArray[np.int64],
    book: "Book",
    **more: ArrayLike,
) -> NDArray[np.void]:
    """Frames that pretend to come from the drone or from the controller.

    Args:
        scene: Who is where.
        mark: The attack.
        times_s: float64[frame], when.
        down: bool[frame], as from the drone to the controller; else the other way.
        subtype: int64[frame], de-authentication or disassociation.
        codes: int64[frame], reason codes.
        book: Gets the bodies.
        more: Further fields of the offers.
    """
    link = drone_link(scene)
    bodies = book.each([reason(int(code)) for code in codes])
    block = management(link, times_s, 0, bodies, down=True, **{**mark.fields(), **more})
    block["subtype"] = subtype
    block["to"] = np.where(down, CONTROLLER, DRONE)
    block["address1"] = np.where(down, np.uint64(link.client), np.uint64(link.bssid))
    block["address2"] = np.where(down, np.uint64(link.bssid), np.uint64(link.client))
    return block
