"""Set-ups at the front panel: kept under a name, seen by others, recalled, undone, replaced, deleted."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.ui.instrument import Front

OPEN = "document.querySelector('[data-group=save]').open = true"


def replaced(front: Front) -> bool:
    """Whether the set-up on the server is the second one."""
    asks = "fetch('setups').then(a => a.json()).then(all => all[0].query === 'tb=0.002')"
    return bool(front.page.evaluate(asks))


def test_a_set_up_is_kept_seen_by_others_recalled_and_deleted(other: Front, front: Front) -> None:
    for tab in (front, other):
        tab.page.evaluate(OPEN)
    front.type("#timebase", "50m")
    front.type("#setup-name", "slow")
    kept = other.page.locator("#setups-list .entry-name")
    expect(kept).to_have_text(["slow"])
    other.type("#timebase", "2m")
    wait_until(lambda: "tb=0.002" in other.query())
    kept.click()
    wait_until(lambda: "tb=0.05" in other.query())
    other.click("#undo")
    wait_until(lambda: "tb=0.002" in other.query())
    other.type("#setup-name", "slow")
    other.click("dialog.ask .danger")
    wait_until(lambda: replaced(front))
    front.click("#setups-list .entry-name")
    wait_until(lambda: "tb=0.002" in front.query())
    front.click("#setups-list .key")
    front.click("dialog.ask .danger")
    for tab in (front, other):
        expect(tab.page.locator("#setups-list .entry")).to_have_count(0)
