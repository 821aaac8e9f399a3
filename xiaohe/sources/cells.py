"""One cell, cleaned of what back offices and spreadsheets do to it. Pure; money stays exact."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

# Marks put before a value so that a spreadsheet keeps it as text.
LEADING_MARKS = "'`‘’\t\ufeff"
EMPTY_WORDS = frozenset(
    {"", "-", "--", "—", "——", "/", "null", "none", "nan", "n/a", "#n/a", "无", "暂无", "nil"}
)
NO_AMOUNT_WORDS = frozenset(
    {"无退款申请", "无退款", "未退款", "没有申请退款", "无售后或售后取消", "无售后"}
)
CURRENCY_SIGNS = {"¥": None, "￥": None, "£": "GBP", "$": "USD", "€": "EUR", "hk$": "HKD"}

# One digit before the point, as every spreadsheet writes it: goods codes like `12E50` are left alone.
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[eE]\+?\d{2}$")
_NUMBER = re.compile(r"[+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
# "8 8 元" may be 88 or 8; only groups of three (`1 240,50`, `1 000 000`) are one number for certain.
_APART = re.compile(r"\d\s+(?!\d{3}(?!\d))\d")
# What may stand around a number without making it a guess: signs, currencies, counting words.
_AROUND = re.compile(
    r"(?:[-+]|hk\$|us\$|[¥$£€]|rmb|cny|usd|gbp|eur|hkd|jpy|人民币|元整?|圆|块钱?|pcs?|件|个|份|盒|袋|瓶|套|张|只|条|双|包|箱|斤)*",
    re.IGNORECASE,
)
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_POINT_ZERO = re.compile(r"^(\d+)\.0+$")
_PHONE = re.compile(r"^(?:\+?0{0,2}86[- ]?)?(1[3-9]\d{9})$")

# Excel counts days from 1899-12-30; 20000–60000 are the years 1954–2064.
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (local clock time of the file)
EXCEL_DAYS = range(20_000, 60_000)


def text(cell: str) -> str:
    """The cell as a person reads it: marks, `="…"` and outer blanks gone; `-` and its like are empty."""
    if len(cell) > 4 and cell[0].isalnum() and cell[-1].isalnum():
        return cell  # longer than any word for nothing, no mark and no blank around it
    cleaned = cell.strip().strip(LEADING_MARKS).strip()
    if cleaned.startswith('="') and cleaned.endswith('"') and len(cleaned) > 2:
        cleaned = cleaned[2:-1].strip().strip(LEADING_MARKS)
    elif cleaned.startswith("=") and cleaned[1:].isdigit():
        cleaned = cleaned[1:]
    if len(cleaned) <= 4 and cleaned.casefold() in EMPTY_WORDS:
        return ""
    return cleaned


def number_text(cell: str) -> str:
    """An order number, customer id or goods code in one spelling: half-width, `123.0` as `123`."""
    if cell.isascii():
        if cell.isalnum():
            return cell
        if cell[:2] == '="' and cell[2:-1].isalnum():
            return cell[2:-1]
    cleaned = unicodedata.normalize("NFKC", text(cell)).strip()
    trailing = _POINT_ZERO.match(cleaned)
    return trailing.group(1) if trailing else cleaned


def is_damaged_number(cleaned: str) -> bool:
    """True for an id that a spreadsheet turned into `1.93E+17`: digits are lost for good."""
    return bool(_SCIENTIFIC.match(cleaned))


def amount(cell: str) -> Decimal | None:
    """The exact number in a money or quantity cell, None if it is empty; ValueError if it holds no number.

    `¥1,240.50`, `12元`, `499.00（系统计算中，该值仅供参考）`, `(12.00)` for a negative, `无退款申请`.
    """
    cleaned = text(cell)
    if not cleaned or cleaned in NO_AMOUNT_WORDS:
        return None
    half = unicodedata.normalize("NFKC", cleaned).strip().replace("−", "-")
    if _APART.search(half):
        raise ValueError("two numbers")
    half = half.replace(" ", "")
    if half.startswith("(") and half.endswith(")") and _NUMBER.fullmatch(half[1:-1]):
        half = "-" + half[1:-1]
    found = _NUMBER.search(_NOTE.sub("", half))
    if found is None:
        raise ValueError("no number")
    around = half[: found.start()] + _NOTE.sub("", half)[found.end() :]
    if not _AROUND.fullmatch(around):
        raise ValueError("more than a number")
    sign = "-" if "-" in half[: found.start()] else ""
    try:
        value = Decimal(sign + found.group().replace(",", ""))
    except InvalidOperation:
        raise ValueError("no number") from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise ValueError("out of range")
    return value


def currency_of(cell: str) -> str | None:
    """The currency that a sign in the cell names for certain; `¥` names none (yuan or yen)."""
    lowered = cell.casefold()
    for sign in ("hk$", "£", "€", "$"):
        if sign in lowered:
            return CURRENCY_SIGNS[sign]
    return None


def complete_phone(cell: str) -> str | None:
    """The 11 digits of a real mobile; None for masked, virtual (extension, 15 digits) or anything else."""
    cleaned = unicodedata.normalize("NFKC", text(cell)).replace(" ", "")
    found = _PHONE.match(_POINT_ZERO.sub(r"\1", cleaned))
    if found is None and cleaned.count("-") == 2:
        found = _PHONE.match(cleaned) or re.match(r"^(1[3-9]\d)-(\d{4})-(\d{4})$", cleaned)
        return "".join(found.groups()) if found else None
    return found.group(1) if found else None


# ---------------------------------------------------------------- dates and times

_DATE = re.compile(
    r"^(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,4})\s*日?"
    r"(?:\s*T?\s*(\d{1,2})\s*[:时点]\s*(\d{1,2})(?:\s*[:分]\s*(\d{1,2})(?:[.,]\d+)?)?\s*[分秒]?"
    r"\s*(am|pm)?\s*(z|[+-]\d\d:?\d\d)?)?$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[ T]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?$")
_NAMED = re.compile(
    r"^(\d{1,2})[- ]([a-z]{3})[a-z]*[- ,]+(\d{2,4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")


def local_time(cell: str, *, day_first: bool = False) -> tuple[datetime, bool] | None:
    """(clock time as written, date only?) or None if it is no date; never guesses a missing part.

    `day_first` says how `03/04/2011` is meant; year-first forms need no telling.
    """
    cleaned = unicodedata.normalize("NFKC", text(cell))
    if "下午" in cleaned or "上午" in cleaned:
        half = " pm" if "下午" in cleaned else " am"
        cleaned = cleaned.replace("下午", " ").replace("上午", " ").strip() + half
    try:
        if found := _DATE.match(cleaned):
            return _from_parts(found, day_first=day_first)
        if found := _COMPACT.match(cleaned):
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second), found.group(4) is None  # noqa: DTZ001
        if found := _NAMED.match(cleaned):
            month = _MONTHS.get(found.group(2).casefold(), 0)
            clock = [int(part or 0) for part in found.groups()[3:]]
            written = datetime(  # noqa: DTZ001
                _year(found.group(3)), month, int(found.group(1)), clock[0], clock[1], clock[2]
            )
            return written, found.group(4) is None
    except ValueError:
        return None
    if _SERIAL.match(cleaned) and int(cleaned[:5]) in EXCEL_DAYS:
        seconds = round(Decimal(cleaned) * 86_400)
        return EXCEL_EPOCH + timedelta(seconds=seconds), "." not in cleaned
    return None


def instant(cell: str) -> datetime | None:
    """The moment meant by a time that states its own offset (`…T06:53:26Z`, `… +08:00`); None for any other."""
    found = _DATE.match(unicodedata.normalize("NFKC", text(cell)))
    if found is None or not found.group(8):
        return None
    try:
        written, _ = _from_parts(found, day_first=False)
        offset = "+00:00" if found.group(8) in "zZ" else found.group(8)
        return datetime.fromisoformat(f"{written.isoformat()}{offset}")
    except ValueError:
        return None


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) <= 2:
        # Two digits: the century that keeps it within 70 years, as spreadsheets do.
        return year + (2000 if year < 70 else 1900)
    return year


def _from_parts(found: re.Match[str], *, day_first: bool) -> tuple[datetime, bool]:
    first, second, third = found.group(1), found.group(2), found.group(3)
    if len(first) == 4 or len(first) == 3:
        year, month, day = int(first), int(second), int(third)
    elif day_first:
        year, month, day = _year(third), int(second), int(first)
    else:
        year, month, day = _year(third), int(first), int(second)
    if not 1970 < year < 2200:
        raise ValueError("year out of range")
    hour, minute, sec = (int(part or 0) for part in found.group(4, 5, 6))
    half = (found.group(7) or "").casefold()
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return datetime(year, month, day, hour, minute, sec), found.group(4) is None  # noqa: DTZ001


def slashed_parts(cell: str) -> tuple[int, int] | None:
    """The first two parts of a date that does not begin with its year, for telling day from month."""
    found = _DATE.match(unicodedata.normalize("NFKC", text(cell)))
    if found is None or len(found.group(1)) > 2:
        return None
    return int(found.group(1)), int(found.group(2))


def excel_text(value: object) -> str:
    """A typed spreadsheet cell as the text a CSV of it would hold."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        # Spreadsheets keep times as fractions of a day: the microseconds are rounding noise.
        rounded = value + timedelta(microseconds=500_000)
        return rounded.strftime("%Y-%m-%d %H:%M:%S") if value.year > 1900 else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return _integer_text(value)
    if isinstance(value, float):
        if value == int(value) and abs(value) < 1e15:
            return str(int(value))
        # 15 digits are what a spreadsheet itself keeps and shows.
        return f"{value:.15g}"
    return str(value)


def _integer_text(value: int) -> str:
    digits = str(value)
    # Excel keeps 15 digits and writes zeros for the rest: such an id is damaged, and says so by its spelling.
    if len(digits) > 15 and not digits[15:].strip("0"):
        return f"{value:.6E}"
    return digits
