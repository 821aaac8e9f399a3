"""From a dropped file to what it tells: sealed on the way, a report that adds up, undo, rejected rows."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from tests.web.conftest import upload
from xiaohe import jobs
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import imports
from xiaohe.shop import clock
from xiaohe.sources import importing, saved

SHOP_TABLE = (
    "Invoice,When,Customer,Item,Pieces,Price\n"
    "1001,2025-01-03 10:00,77,bowl,2,3.50\n"
    "1002,2025-02-05 11:00,78,cup,1,2.00\n"
    "1003,2025-03-09 12:00,77,bowl,1,3.50\n"
)


def test_both_files_are_read_and_the_page_says_how_many_bought(shop_with_files: Any) -> None:
    rows = imports.listing()
    response = shop_with_files.get("/read?" + "&".join(f"i={row.id}" for row in rows) + "&s=4")
    page = response.content.decode()
    assert response.status_code == 200
    assert "Read, in 4 seconds." in page
    assert "people bought." in page
    assert "in your WeChat" in page


def test_an_uploaded_file_is_never_plain_on_disk(place: Workspace, owner: Any) -> None:
    secret = "13800138000"
    file = io.BytesIO(f"When,Customer,Price\n2025-01-03,{secret},3.50\n".encode())
    file.name = f"{secret}.csv"
    response = owner.post("/uploads", {"files": [file]})
    assert response.status_code == 302
    kept = [path for path in place.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".upload" for path in kept)
    assert not [path for path in kept if secret.encode() in path.read_bytes()]
    assert not [path for path in kept if secret in path.name]


def test_a_stranger_fills_no_spool(place: Workspace, stranger: Any) -> None:
    file = io.BytesIO(SHOP_TABLE.encode())
    file.name = "shop.csv"
    response = stranger.post("/uploads", {"files": [file]})
    assert response.status_code == 302
    assert not list(place.spool.glob("*")) if place.spool.exists() else True


def test_an_unknown_table_is_read_only_after_somebody_says_how(owner: Any) -> None:
    file = io.BytesIO(SHOP_TABLE.encode())
    file.name = "shop.csv"
    where = owner.post("/uploads", {"files": [file]}).headers["Location"]
    jobs.discover()
    jobs.run_pending(until_empty=True)
    assert imports.listing() == []
    asked = owner.get(where).content.decode()
    assert "That is right, read it" in asked
    upload_id = where.partition("f=")[2].partition(".")[0]
    response = owner.post(f"/uploads/{upload_id}/confirm?{where.partition('?')[2]}", {})
    assert response.status_code == 302
    jobs.run_pending(until_empty=True)
    (row,) = imports.listing()
    assert row.report["accepted"] == 3


def test_leaving_a_table_out_forgets_it(place: Workspace, owner: Any) -> None:
    file = io.BytesIO(SHOP_TABLE.encode())
    file.name = "shop.csv"
    where = owner.post("/uploads", {"files": [file]}).headers["Location"]
    upload_id = where.partition("f=")[2].partition(".")[0]
    owner.post(f"/uploads/{upload_id}/confirm?{where.partition('?')[2]}", {"drop": "1"})
    assert list(place.spool.iterdir()) == []


def test_a_file_that_is_no_table_is_refused_in_words(owner: Any) -> None:
    file = io.BytesIO(b"%PDF-1.7 nothing of use \x00\x01\x02")
    file.name = "scan.pdf"
    where = owner.post("/uploads", {"files": [file]}).headers["Location"]
    page = owner.get(where).content.decode()
    assert "Nothing was changed." in page
    assert imports.listing() == []


def test_a_report_adds_up_and_its_rejected_rows_can_be_downloaded(
    owner: Any, sample_files: dict[str, Path]
) -> None:
    upload(owner, sample_files["rough"])
    (row,) = imports.listing()
    report = row.report
    left = sum(report["excluded"].values()) + sum(report["rejected"].values())
    assert report["read"] == report["accepted"] + report["updated"] + report["duplicate"] + left
    page = owner.get(f"/imports/{row.id}").content.decode()
    assert f"{report['read']:,}" in page
    response = owner.get(f"/imports/{row.id}/rejected")
    lines = response.content.decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 1 + sum(report["rejected"].values())
    assert "attachment" in response.headers["Content-Disposition"]


def test_undo_takes_a_file_back_whole(shop_with_files: Any) -> None:
    orders = next(row for row in imports.listing() if row.kind == "orders")
    response = shop_with_files.post(f"/imports/{orders.id}/undo")
    assert response.status_code == 302
    jobs.run_pending(until_empty=True)
    assert "Nobody here yet." in shop_with_files.get("/people").content.decode()
    assert "taken back" in shop_with_files.get("/imports").content.decode()


def test_a_remembered_table_is_listed_forgotten_and_brought_back(
    owner: Any, tmp_path: Path
) -> None:
    assert "No table of your own is remembered yet." in owner.get("/data/tables").content.decode()
    table = tmp_path / "外卖.csv"
    table.write_text("外卖单,下单时刻,顾客代号,到手金额\n55000000001,2025-06-01 12:00,K1,30.00\n")
    mapping = importing.inspect(table).mapping
    assert mapping is not None
    told = {"order_no": "外卖单", "time": "下单时刻", "buyer": "顾客代号", "amount": "到手金额"}
    importing.run(table, mapping.changed(**told, platform="美团"), now=clock.now())
    page = owner.get("/data/tables").content.decode()
    assert "1 kind of table is read without a question." in page
    assert "“顾客代号”" in page
    number = saved.listing()[0].pk
    answer = owner.post(f"/data/tables/{number}/forget", follow=True).content.decode()
    assert saved.listing() == []
    undo = re.search(r'action="(/data/tables/undo/[^"]+)"', answer)
    assert undo is not None
    owner.post(undo.group(1))
    assert saved.recall(mapping.header) is not None


def test_rooms_nobody_uses_yet_are_one_line(shop_with_files: Any) -> None:
    busy = shop_with_files.get("/more").content.decode()
    assert busy.index('href="/business/flow"') < busy.index('id="unused"')
    assert busy.index('href="/entries"') > busy.index('id="unused"')


def test_a_new_owner_sees_two_rooms(owner: Any) -> None:
    shown, _line, _folded = owner.get("/more").content.decode().partition('id="unused"')
    rooms = re.findall(r'class="more-link" href="([^"]+)"', shown)
    assert rooms == ["/start", "/data"]
