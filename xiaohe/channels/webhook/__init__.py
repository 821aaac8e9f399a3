"""Signed webhooks by the Standard Webhooks specification 1.0, in both directions.

another program ──POST /hooks/<id>──► receive: verify ► facts, or kept as a letter ──► ledger.stream
ledger: facts, commits, undos ──► announce: one delivery per endpoint and occurrence ──► deliver ──► their URL
"""
