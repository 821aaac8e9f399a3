"""Events of the Segment convention: what a site, an app or a server tells through the SDKs of that name.

    JSON ──messages──► one checked message ──mapping (by table.py)──► facts, evidence, sealed identifiers ──taking──► ledger

messages.py  what the spec asks of a message, and its times       orders.py   orders: money, lines, refunds
table.py     which event is which type of fact; THE declaration   taking.py   one transaction per request
mapping.py   a message becomes facts; pure                        reasons.py  why an event cannot be read
"""
