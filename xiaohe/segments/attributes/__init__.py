"""Attributes of people: what is known of each person at a moment, from the facts and the shop's state.

registry     their names and kinds, pure
population   everybody the shop knows
table        one row per person, every attribute
bought, links, acts, referrals, recurring    what the table is made of
cuts         where the shop's quantiles lie: reckoned once per base, shown to people
moving       how attributes move with the day while nothing happens
ready        readiness as columns, and with its reasons for one person

Nothing is imported here: `from xiaohe.segments.attributes.table import table`.
"""
