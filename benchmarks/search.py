"""How long search takes, by what is searched for.

    python benchmarks/search.py [PEOPLE]        default 100,000; aim: every line below 200 ms

Makes a shop in a temporary folder: every buyer with a member name, a masked or plain receiver and three orders,
a third of them with a complete phone, and one contact for every three buyers. Prints p50 / p95 / worst and
mean processor time in milliseconds per kind of question, and what the first search after an import costs on top.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰梅鹏飞雪琳欣怡子涵浩宇轩梓晨思雨佳琪"
GOODS = ["猫粮", "咖啡", "洗面奶", "茶", "面膜", "大米", "鱼竿", "绿植"]
SLICE = 50_000
ROUNDS = 40
NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


class Names:
    """Invented people; the same for the same number."""

    def __init__(self, number: int) -> None:
        chance = random.Random(number)
        self.member = f"tb{number * 7919 % 100_000_007:08d}"
        self.phone = f"1{30 + number % 60}{number * 104_729 % 100_000_000:08d}"
        plain = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
        self.receiver = plain if number % 3 == 0 else f"{plain[0]}**"
        self.contact = f"{plain} {chance.choice(GOODS)}"
        self.orders = [f"19{number:010d}{each:06d}" for each in range(3)]


def main(people: int) -> None:
    began = time.perf_counter()
    rate = load(people)
    print(
        f"{people:,} people loaded in {time.perf_counter() - began:.0f} s; {rate:,.0f} values/s sealed"
    )
    from xiaohe.people import overlay, search

    began = time.perf_counter()
    pointed = overlay.current().table.num_rows
    print(
        f"overlay, first time: {(time.perf_counter() - began) * 1000:.0f} ms, {pointed:,} re-pointed"
    )
    # Every third buyer has a contact and a complete phone.
    chosen = random.Random(1).sample(range(0, people, 3), ROUNDS)
    for label, text in QUESTIONS.items():
        times, found, cpu = [], 0, time.process_time()
        for number in chosen:
            began = time.perf_counter()
            found += len(search.find(text(Names(number))))
            times.append((time.perf_counter() - began) * 1000)
        cpu = (time.process_time() - cpu) * 1000 / ROUNDS
        times.sort()
        p95 = times[int(len(times) * 0.95) - 1]
        print(
            f"{label:22} p50 {statistics.median(times):6.1f}  p95 {p95:6.1f}  worst {times[-1]:6.1f} ms"
            f"  cpu {cpu:5.1f}  {found / ROUNDS:5.1f} found"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


QUESTIONS: dict[str, Callable[[Names], str]] = {
    "phone": lambda names: names.phone,
    "last four": lambda names: names.phone[-4:],
    "member name": lambda names: names.member,
    "order number": lambda names: names.orders[1],
    "whole contact name": lambda names: names.contact,
    "given name": lambda names: names.contact[1:3],
    "goods in the name": lambda names: names.contact.split()[1],
    "surname only": lambda names: names.contact[0],
    "nobody": lambda names: f"没有{names.contact[1]}人",
}


def load(people: int) -> float:
    """One import of everybody; returns how many values were sealed per second."""
    from xiaohe.ledger import bulk
    from xiaohe.people.identifiers import Recorder
    from xiaohe.people.keys import Kind, Namespace, hasher
    from xiaohe.shop.accounts import account_named

    hashed, account = hasher(), account_named("wecom", "LiLei").id
    values, spent = 0, 0.0
    with bulk.open_import(kind="benchmark", source="taobao", now=NOW) as door:
        recorder = Recorder(door.id)
        for start in range(0, people, SLICE):
            facts = []
            for number in range(start, min(start + SLICE, people)):
                names = Names(number)
                member = f"taobao:{names.member}"
                subject = hashed(Namespace.MEMBER, member)
                contact = hashed(Namespace.CONTACT, f"lilei|{number}")
                phone = hashed(Namespace.PHONE, names.phone)
                began = time.perf_counter()
                recorder.add(subject, Namespace.MEMBER, member)
                recorder.add(subject, Namespace.NAME, names.receiver, kind=Kind.RECEIVER)
                values += 2
                if number % 3 == 0:
                    recorder.add(subject, Namespace.PHONE, names.phone)
                    recorder.add(contact, Namespace.NAME, names.contact, kind=Kind.CONTACT)
                    values += 2
                spent += time.perf_counter() - began
                facts += list(
                    _facts(names, hashed, subject, contact, phone, account, number % 3 == 0)
                )
            _stage(door, facts, start * 8)
        began = time.perf_counter()
        recorder.flush()
        spent += time.perf_counter() - began
        door.commit({}, now=NOW)
    return values / spent


def _facts(names, hashed, subject, contact, phone, account, has_phone) -> Iterator[tuple]:
    from xiaohe.people.keys import Namespace

    for order in names.orders:
        yield (
            "taobao",
            "order.paid",
            subject,
            hashed(Namespace.ORDER, f"taobao:{order}"),
            None,
            None,
        )
    if has_phone:
        yield "taobao", "identity.seen", subject, None, phone, None
        yield "wecom", "identity.seen", contact, None, phone, None
        yield "wecom", "link.started", contact, None, None, account


def _stage(door, facts: list[tuple], first_row: int) -> None:
    import pyarrow as pa

    from xiaohe.ledger.schema import STAGED_SCHEMA

    source, types, subject, order, other, account = map(list, zip(*facts, strict=True))
    count = len(facts)
    columns = {
        "key_hash": [random.getrandbits(62) for _each in range(count)],
        "source": source,
        "type": types,
        "occurred_at": [NOW - timedelta(days=at % 300) for at in range(count)],
        "date_only": [False] * count,
        "subject": subject,
        "order_key": order,
        "other": other,
        "account_id": account,
        "amount": [1000 if type_ == "order.paid" else None for type_ in types],
        "currency": ["CNY" if type_ == "order.paid" else None for type_ in types],
        "props": ['{"kind":"phone"}' if type_ == "identity.seen" else None for type_ in types],
        "row_no": list(range(first_row, first_row + count)),
        "in_file_ordinal": [False] * count,
    }
    arrays = [
        pa.array(columns.get(field.name, [None] * count), field.type) for field in STAGED_SCHEMA
    ]
    door.stage(pa.Table.from_arrays(arrays, schema=STAGED_SCHEMA))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["XIAOHE_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
