"""How well people are joined, on a generated shop whose truth is known; beside splink on the same records.

    python benchmarks/matching.py [PERSONS] [--splink FOLDER] [--seed N]      default 6,000 buyers

`pip install --target FOLDER splink` first; without it only our figures are printed. Prints the precision of certain
joins (to be ≥ 0.9995), then precision, recall and F1 over all pairs of a contact and a buyer's account: ours (certain
joins and likely pairs with a chance of ½ or more; likely ones are questions to the owner, never joined by themselves),
and splink's, with the comparisons its own tutorial would take for these columns, u from random pairs and m by EM, at ½
and at the threshold that suits it best. Both read what xiaohe.people.likely reads out of names and remarks.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOW = datetime(2025, 8, 1, 4, tzinfo=UTC)
Pairs = set[tuple[int, int]]


def main(persons: int, seed: int, splink: str) -> None:
    from xiaohe.people import keys, overlay
    from xiaohe.people.keys import Namespace, contact_value
    from xiaohe.people.likely import building, table
    from xiaohe.simulator import whose
    from xiaohe.sources import importing

    truth = whose.truth(seed, persons)
    folder = Path(os.environ["XIAOHE_HOME"])
    for file in truth.write(folder):
        importing.run(file, now=NOW)
    hashed = keys.hasher()
    accounts = {
        hashed(Namespace.MEMBER, f"taobao:{name}"): who for name, who in truth.member.items()
    }
    contacts = {
        hashed(Namespace.CONTACT, contact_value(account, at)): who
        for (account, at), who in truth.contact.items()
    }
    of: dict[int, list[int]] = {}
    for account, who in accounts.items():
        of.setdefault(who, []).append(account)
    true = {(contact, each) for contact, who in contacts.items() for each in of.get(who, ())}
    print(
        f"{len(truth.orders):,} orders of {len(accounts):,} buyers' accounts, {len(contacts):,} contacts;"
        f" {len(true):,} true pairs"
    )
    current = overlay.current()
    groups: dict[int, list[int]] = {}
    for subject in (*accounts, *contacts):
        groups.setdefault(current.person(subject), []).append(subject)
    certain = {
        (left, right)
        for group in groups.values()
        for left in group
        if left in contacts
        for right in group
        if right in accounts
    }
    joined = [(a, b) for group in groups.values() for a in group for b in group if a < b]
    who = {**accounts, **contacts}
    right = sum(who[a] == who[b] for a, b in joined)
    print(f"certain joins: {len(joined):,} pairs, precision {right / max(len(joined), 1):.5f}")
    began = time.perf_counter()
    building.rebuild()
    took = time.perf_counter() - began
    likely = table.current()
    assert likely is not None
    told = likely.pairs.to_pylist()
    found = {
        (left, right)
        for row in told
        if row["chance"] >= 0.5
        for left in groups.get(current.person(row["left"]), ())
        if left in contacts
        for right in groups.get(current.person(row["right"]), ())
        if right in accounts
    }
    _say("ours, certain", certain, true)
    _say("ours, certain and likely", certain | found, true)
    print(
        f"likely: {likely.about['compared']:,} of {len(contacts) * len(accounts):,} pairs compared,"
        f" {likely.pairs.num_rows:,} kept, {took:.1f} s"
    )
    if splink:
        _beside(truth, hashed, splink, folder, true)
    else:
        print("splink: not at hand (see above)")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _say(label: str, found: Pairs, true: Pairs) -> None:
    hit = len(found & true)
    precision, recall = hit / max(len(found), 1), hit / max(len(true), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(
        f"{label:34} precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}  ({len(found):,} pairs)"
    )


# ---------------------------------------------------------------- splink


def _beside(truth: Any, hashed: Any, splink: str, folder: Path, true: Pairs) -> None:
    """Run splink in a process of its own (its duckdb need not be ours) and judge what it predicts."""
    records = folder / "records.json"
    records.write_text(json.dumps(_records(truth, hashed)))
    answer = folder / "predicted.json"
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--as-splink", str(records), str(answer)],
        env={**os.environ, "PYTHONPATH": splink},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"splink failed: {done.stderr[-600:]}")
        return
    told = json.loads(answer.read_text())
    rows = [(int(left), int(right), chance) for left, right, chance in told["pairs"]]
    took = time.perf_counter() - began
    _say("splink, probability 0.5", {(a, b) for a, b, p in rows if p >= 0.5}, true)
    best, at = 0.0, 0.5
    for threshold in (0.01, 0.05, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999):
        found = {(a, b) for a, b, p in rows if p >= threshold}
        f1 = 2 * len(found & true) / max(len(found) + len(true), 1)
        best, at = max((best, at), (f1, threshold))
    _say(f"splink, best threshold ({at:g})", {(a, b) for a, b, p in rows if p >= at}, true)
    print(f"splink {told['version']}: {len(rows):,} pairs scored, {took:.1f} s")


def _records(truth: Any, hashed: Any) -> dict[str, list[dict[str, Any]]]:
    """What both sides say, in columns splink can compare: one record per contact and per account."""
    from xiaohe.people.keys import Namespace, contact_value
    from xiaohe.people.likely import places, texts
    from xiaohe.simulator.taobao_file import HEADER
    from xiaohe.simulator.wecom_file import STAFF

    left = []
    for one in truth.contacts:
        said = texts.said_by([one.name, one.description])
        phone = one.mobile or (said.phones[0] if said.phones else None)
        left.append(
            _record(
                hashed(Namespace.CONTACT, contact_value(STAFF[one.staff][1], one.added_at)),
                said.names[0] if said.names else None,
                places.NAMES[said.cities[0]] if said.cities else None,
                phone,
                one.name.split()[0],
                [word for word in one.description.split() if len(word) > 12],
                f"{one.added_at:%Y-%m-%d}",
            )
        )
    right: dict[str, dict[str, Any]] = {}
    at = {name: HEADER.index(name) for name in ("买家会员名", "收货人姓名", "收货地址", "联系手机")}
    for one in sorted(truth.orders, key=lambda each: each.at):
        member = one.row[at["买家会员名"]]
        phone = one.row[at["联系手机"]].strip("'")
        city = places.city_of_address(one.row[at["收货地址"]])
        new = _record(
            hashed(Namespace.MEMBER, f"taobao:{member}"),
            texts.name_of_receiver(one.row[at["收货人姓名"]]),
            places.NAMES.get(city),
            phone,
            member,
            [one.number],
            f"{one.at:%Y-%m-%d}",
        )
        known = right.setdefault(member, new)
        if known is not new:
            known["orders"] += new["orders"]
            # The latest parcel tells most about today; a whole phone is worth more than a masked one.
            for name in ("surname", "given", "city", "ordered"):
                known[name] = new[name] or known[name]
            if new["phone"] or not known["phone"]:
                known |= {name: new[name] for name in ("phone", "shown_phone")}
    return {"left": left, "right": list(right.values())}


def _record(
    number: int,
    name: Any,
    city: str | None,
    phone: str | None,
    nick: str,
    orders: list[str],
    day: str,
) -> dict[str, Any]:
    whole = phone if phone and "*" not in phone else None
    given = "".join(chr(part) for part in name[1:] if part > 0) if name else ""
    return {
        "unique_id": str(number),
        "surname": chr(name.surname) if name and 0 < name.surname < 0x110000 else None,
        "given": given or None,
        "city": city,
        "phone": whole,
        "shown_phone": f"{phone[:3]}{phone[-4:]}" if phone else None,
        "nick": nick,
        "orders": orders,
        "ordered": day,
    }


def as_splink(records: str, answer: str) -> None:
    """Inside the other process: splink's own defaults for these columns."""
    import pandas as pd
    import splink
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    told = json.loads(Path(records).read_text())
    frames = [pd.DataFrame(told[side]) for side in ("left", "right")]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.ExactMatch("surname").configure(term_frequency_adjustments=True),
            cl.ExactMatch("given").configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.ExactMatch("phone"),
            cl.ExactMatch("shown_phone"),
            cl.JaroWinklerAtThresholds("nick"),
            cl.ArrayIntersectAtSizes("orders", [1]),
            cl.AbsoluteDateDifferenceAtThresholds(
                "ordered", input_is_string=True, metrics=["day", "day"], thresholds=[10, 30]
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("phone"),
            block_on("shown_phone"),
            block_on("surname", "given"),
            block_on("surname", "city"),
            block_on("nick"),
            block_on("surname", "ordered"),
            "list_has_any(l.orders, r.orders)",
        ],
    )
    desk = DuckDBAPI()
    linker = Linker([desk.register(frame) for frame in frames], settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("phone"), "list_has_any(l.orders, r.orders)"], recall=0.4
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in (block_on("phone"), block_on("surname", "city"), block_on("shown_phone")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.01).as_pandas_dataframe()
    contacts = {each["unique_id"] for each in told["left"]}
    pairs = [
        (a, b, p) if a in contacts else (b, a, p)
        for a, b, p in zip(
            found["unique_id_l"], found["unique_id_r"], found["match_probability"], strict=True
        )
    ]
    Path(answer).write_text(json.dumps({"version": splink.__version__, "pairs": pairs}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-splink"]:
        as_splink(*sys.argv[2:4])
        sys.exit()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("persons", nargs="?", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--splink", default="", help="folder of `pip install --target`")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["XIAOHE_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        main(given.persons, given.seed, given.splink)
