"""The font inside print sheets, from Noto Sans CJK: `python tools/print_font.py NotoSansCJK-Regular.ttc`; needs fontTools.

The characters of GB 2312, of the first plane of Big5, and Western text; outlines turned from cubic to quadratic, since
reportlab embeds TrueType only. Licence: SIL Open Font License 1.1, beside the font.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "xiaohe/entries/vendor/XiaohePrint-Regular.ttf"
NAME = "Xiaohe Print"
# Of a thousand units to the em; a third of what a printer of 1,200 dpi shows at 12 points.
LARGEST_ERROR = 1.5
RANGES = (range(0x20, 0x7F), range(0xA0, 0x100))
MARKS = "–—‘’“”…•€¥￥"
# Frequent in names and signs, and in neither set.
NAMES = "喆堃囍玥珺甯犇淼垚焱昇祎赟翀晞璟璐瑄琤玚煊炘钰锟镕頔頠曈旻昶峤嵘芃茉荺蓁嫄姮婳妘"
SHEDDING = ["vhea", "vmtx", "VORG", "BASE", "GSUB", "GPOS", "GDEF"]


def wanted() -> set[int]:
    found = {code for each in RANGES for code in each} | set(map(ord, MARKS + NAMES))
    ascii_tail = range(0xA1, 0xFF)
    found |= _of("gb2312", range(0xA1, 0xF8), ascii_tail)
    found |= _of("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *ascii_tail])
    return found


def _of(encoding: str, heads: Any, tails: Any) -> set[int]:
    found: set[int] = set()
    for head in heads:
        for tail in tails:
            try:
                found.update(map(ord, bytes([head, tail]).decode(encoding)))
            except UnicodeDecodeError:
                continue
    return found


def main(arguments: list[str]) -> int:
    from fontTools import subset
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTCollection, newTable

    if len(arguments) != 1:
        print(__doc__)
        return 2
    collection = TTCollection(arguments[0])
    font = next(f for f in collection.fonts if f["name"].getDebugName(1) == "Noto Sans CJK SC")
    options = subset.Options()
    options.layout_features, options.notdef_outline, options.hinting = [], True, False
    options.drop_tables += SHEDDING
    shrink = subset.Subsetter(options)
    shrink.populate(unicodes=wanted())
    shrink.subset(font)
    drawn, order, glyphs = font.getGlyphSet(), font.getGlyphOrder(), {}
    for name in order:
        pen = TTGlyphPen(drawn)
        drawn[name].draw(Cu2QuPen(pen, LARGEST_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    table = font["glyf"] = newTable("glyf")
    table.glyphOrder, table.glyphs = order, glyphs
    _true_type(font)
    for name in order:
        glyphs[name].recalcBounds(table)
        left = getattr(glyphs[name], "xMin", 0)
        font["hmtx"].metrics[name] = (font["hmtx"].metrics[name][0], left)
    for record in font["name"].names:
        if record.nameID in (1, 4, 16):
            record.string = NAME
        elif record.nameID == 6:
            record.string = f"{NAME.replace(' ', '')}-Regular"
        elif record.nameID == 3:
            record.string = f"{NAME}; a subset of Noto Sans CJK SC Regular"
    font.save(OUT)
    return 0


def _true_type(font: Any) -> None:
    font["maxp"].tableVersion = 0x00010000
    for name in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements", "maxPoints", "maxContours", "maxCompositePoints",
        "maxCompositeContours", "maxComponentDepth",
    ):  # fmt: skip
        setattr(font["maxp"], name, 0)
    font["maxp"].maxZones = 1
    del font["CFF "]
    font["post"].formatType, font.sfntVersion = 3.0, "\000\001\000\000"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
