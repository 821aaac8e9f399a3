"""Sheets as PDF: vector codes, and a font of our own inside, so that they look alike on every printer.

type.py     the font, and lines broken as Chinese and English are
codes.py    a QR code as one path
faces.py    what stands on a card, a stand, a badge
sheets.py   how they lie on paper, with marks to cut along
"""
