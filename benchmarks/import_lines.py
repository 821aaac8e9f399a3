"""Lines per second and peak memory of one import of a Taobao order list (41 columns, GBK), end to end.

    python benchmarks/import_lines.py [LINES …]        default: 50000 500000 5000000
    python benchmarks/import_lines.py --xlsx [LINES …]  the same as a workbook (default: 50000)

Each size runs in a process of its own on an empty data folder: writing the file is not counted, reading, comparing
with the ledger and the commit are. `--again` imports the same file a second time (nothing may be added) and takes the
first import back (what the second stated comes to light again). Peaks are each step's own, of the whole process.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,"
    "订单状态,买家留言,收货人姓名,收货地址,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,"
    "物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,"
    "特权订金订单id,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易"
)
STATUSES = (
    ["交易成功"] * 88 + ["卖家已发货，等待买家确认"] * 4 + ["等待买家付款"] * 3 + ["交易关闭"] * 5
)
START = datetime(2023, 3, 1)  # noqa: DTZ001 (clock time of the file)
LINES_PER_BUYER = 4


def write_orders(path: Path, lines: int, seed: int = 7) -> None:
    """A believable order list: a fifth of the phones complete, three years, four orders a buyer."""
    chance = random.Random(seed)
    buyers = max(1, lines // LINES_PER_BUYER)
    with open(path, "w", encoding="gb18030", newline="") as handle:
        handle.write(HEADER + "\r\n")
        for number in range(lines):
            buyer = chance.randrange(buyers)
            at = START + timedelta(seconds=number * 75_000_000 // lines)
            status = STATUSES[chance.randrange(100)]
            paid = (
                "0.00"
                if status in ("等待买家付款", "交易关闭")
                else f"{chance.randrange(900, 30000) / 100:.2f}"
            )
            paid_at = "" if paid == "0.00" else str(at + timedelta(minutes=3))
            phone = f"'138{buyer:08d}" if buyer % 5 == 0 else "138****1234"
            handle.write(
                f'="19300000{number:011d}",买家{buyer},{buyer}***@qq.com,{paid},0.00,0,{paid},0,{paid},0,'
                f"{status},,张{buyer % 90}**,浙江省 杭州市 西湖区 文三路{buyer % 400}号,快递,,{phone},"
                f"{at},{paid_at},【包邮】无谷全价猫粮鸡肉{buyer % 12}kg成猫通用,1,YT{number:012d},圆通速递,,"
                f"{1 + buyer % 3},1001,小河猫粮铺,{'买家不想要了' if status == '交易关闭' else '订单未关闭'},0,0,,手机订单,,,,,,,,,\r\n"
            )


def write_workbook(path: Path, lines: int) -> None:
    """The same list as a workbook; one sheet holds a million rows."""
    from openpyxl import Workbook

    text = path.with_suffix(".csv")
    write_orders(text, lines)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("订单报表")
    with open(text, encoding="gb18030", newline="") as handle:
        for row in csv.reader(handle):
            sheet.append([cell.removeprefix('="').removesuffix('"') for cell in row])
    book.save(path)
    text.unlink()


def measure(path: Path, home: Path, again: bool) -> None:
    """Run in a fresh process: import `path` into an empty data folder."""
    os.environ["XIAOHE_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from xiaohe.sources import importing

    phases: dict[str, str] = {}
    began = time.perf_counter()

    def note(told: dict[str, object]) -> None:
        phases.setdefault(
            str(told["phase"]), f"{time.perf_counter() - began:.1f} s, {_peak_mb()} MB so far"
        )

    idle = _peak_mb()
    with _measured() as first:
        report = importing.run(path, now=datetime.now(UTC), progress=note)
    _tell(
        "import",
        lines=report.read,
        lines_per_second=round(report.read / first["seconds"]),
        **first,
        idle_mb=idle,
        begun_at=phases,
        accepted=report.accepted,
    )
    if again:
        with _measured() as second:
            duplicate = importing.run(path, now=datetime.now(UTC)).duplicate
        _tell("again", **second, duplicate=duplicate)
        with _measured() as undone:
            importing.undo(report.import_id, now=datetime.now(UTC))
        _tell("undo", **undone)


def _tell(step: str, **figures: object) -> None:
    print(json.dumps({"step": step, **figures}), flush=True)


@contextmanager
def _measured() -> Iterator[dict[str, float]]:
    """Wall clock, the processor time of this process (all that counts on a busy machine), and its peak memory."""
    measured: dict[str, float] = {}
    _forget_peak()
    began, cpu = time.perf_counter(), time.process_time()
    yield measured
    measured["seconds"] = round(time.perf_counter() - began, 2)
    measured["cpu_seconds"] = round(time.process_time() - cpu, 2)
    measured["peak_mb"] = _peak_mb()


def _peak_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("lines", nargs="*", type=int)
    parser.add_argument("--xlsx", action="store_true", help="a workbook instead of a CSV")
    parser.add_argument("--again", action="store_true", help="import the same file a second time")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        measure(Path(arguments.one[0]), Path(arguments.one[1]), arguments.again)
        return
    usual = [50_000] if arguments.xlsx else [50_000, 500_000, 5_000_000]
    for lines in arguments.lines or usual:
        with tempfile.TemporaryDirectory() as folder:
            name = "orders.xlsx" if arguments.xlsx else "orders.csv"
            path, home = Path(folder) / name, Path(folder) / "home"
            home.mkdir()
            (write_workbook if arguments.xlsx else write_orders)(path, lines)
            command = [sys.executable, __file__, "--one", str(path), str(home)]
            if arguments.again:
                command.append("--again")
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
