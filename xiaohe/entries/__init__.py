"""Ways to bring people over: codes on cards, the sheets they are printed on, and the public claim page.

    code ──► sheet (PDF) ──► parcel, store, table, staff
                                │ scan                        link.scanned
                                ▼
                             /c/<code> ── order number ──► claim, with a word to send in the chat     claim.made
                                                             │
                              the word in a contact's text, or the owner's tap ──► contact and order are one person

words.py     the letters of codes and claim words        rate.py      how much one address, one code, everybody may ask
codes.py     make, change, retire                        scans.py     who scanned, as a number only
paper/       sheets as PDF                               claims.py    taking an order number, telling nothing
cards.py     printed and shipped                         checking.py  what became of a claim, afterwards
queries.py   the funnel of a code, with its people       settling.py  the owner's taps on the page 验单
"""
