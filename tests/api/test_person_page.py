"""Whoever a site told of has a page like anybody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import Client

from xiaohe.kernel.workspace import Workspace
from xiaohe.people import overlay, search
from xiaohe.shop.models import User
from xiaohe.sources import writekeys
from xiaohe.sources.segment import taking
from xiaohe.traits import state

NOW = datetime.now(UTC)


def test_a_user_of_the_site_is_found_by_mail_and_their_page_tells_orders_and_evidence(
    place: Workspace,
) -> None:
    writer = writekeys.writer_for(writekeys.add("segment", "site", NOW)[0])
    at = (NOW - timedelta(days=2)).isoformat()
    base = {"userId": "ann", "anonymousId": "d1", "timestamp": at}
    taking.take(
        [
            {**base, "type": "identify", "messageId": "1", "traits": {"name": "安妮", "email": "ann@example.com", "phone": "13800138000"}},
            {**base, "type": "page", "messageId": "2", "name": "Home"},
            {**base, "type": "track", "messageId": "3", "event": "Quiz Finished"},
            {**base, "type": "track", "messageId": "4", "event": "Order Completed", "properties": {"order_id": "1", "total": 88}},
            {"type": "track", "anonymousId": "d1", "timestamp": at, "messageId": "5", "event": "Product Viewed", "properties": {"name": "Tea"}},
        ],
        writer, NOW,
    )  # fmt: skip
    state.refresh(NOW)
    browser = Client()
    browser.force_login(User.objects.create_user("owner"))

    (found,) = search.find("ann@example.com")
    answer = browser.get(f"/people/{found.person}", headers={"accept-language": "en"})
    text = answer.content.decode()

    assert (answer.status_code, found.name) == (200, "安妮")
    assert len(overlay.current().subjects(found.person)) == 2
    assert "¥88" in text
    assert "signed in on the same device" in text
