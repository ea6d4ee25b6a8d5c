"""False announcements, as the decoder reads them, and the flood of probe requests."""

import polars as pl
from tests.simulate.test_attacks import BEACON, HOSTILE, managed, near, seconds
from tests.support.flights import flight, frames

PROBE = 4


def test_an_announced_switch_is_of_another_channel_and_costs_the_drone_its_controller() -> None:
    table = near("channel-switch", 3, "attack.rate_hz=20", "security='wpa2'")
    sent = table.filter(HOSTILE)
    assert len(sent) > 60
    assert sent["wlan.csa.new_channel_number"].null_count() == 0
    assert (sent["wlan.csa.new_channel_number"] != sent["wlan.ds.current_channel"]).all()
    own = table.filter(~HOSTILE & managed(BEACON) & pl.col("wlan.bssid").is_in(sent["wlan.bssid"].implode()))
    assert own["wlan.csa.new_channel_number"].null_count() == len(own) > 60
    undisturbed = near("benign-wpa2", 3, "security='wpa2'")
    data = pl.col("wlan.fc.type") == 2
    assert len(table.filter(data & ~HOSTILE)) < len(undisturbed.filter(data)) / 2


def test_malformed_frames_are_received_well_and_cannot_be_read() -> None:
    sent = near("malformed-frames", 3, "attack.rate_hz=60").filter(HOSTILE)
    assert len(sent) > 200
    assert sent["reject"].null_count() == (sent["wlan.fcs.status"] == 0).sum() == 0


def test_made_up_drones_identify_themselves() -> None:
    sent = near("remote-id", 3, "attack.drones=12", "attack.rate_hz=3").filter(HOSTILE)
    assert sent["odid.uas_id"].n_unique() == 12 == sent["wlan.ta"].n_unique()
    assert (sent["odid.messages"] == 2).all()
    assert sent["odid.latitude_deg"].is_between(-60, 60.1).all()
    assert sent["reject"].null_count() == len(sent)


def test_a_probe_flood_asks_everyone_at_its_rate() -> None:
    sent = near("probe-flood", 3, "attack.rate_hz=200", "attack.addresses=9").filter(HOSTILE & managed(PROBE))
    assert 0.8 * 1000 <= len(sent) <= 1001
    assert sent["wlan.ta"].n_unique() == 9


def test_a_twin_may_offer_another_protection() -> None:
    table = near("hostapd-twin", 3, "attack.protection='other'", "security='wpa2'").filter(managed(BEACON))
    assert set(table.filter(HOSTILE)["wlan.fixed.capabilities"] & 16) == {0}
    assert set(table.filter(~HOSTILE)["wlan.fixed.capabilities"] & 16) == {16}


def test_a_twin_may_be_on_another_channel() -> None:
    made = flight("hostapd-twin", 3, "attack.where='other'", "receiver.hops=true", "duration_s=8", "attack.onset_s=1")
    table = frames(made).filter(managed(BEACON) & pl.col("role").is_in(["attacker", "drone"]))
    heard = {role: set(rows["wlan.ds.current_channel"]) for (role,), rows in table.group_by("role")}
    assert heard["attacker"].isdisjoint(heard["drone"])
    assert len(seconds(table)) > 5
