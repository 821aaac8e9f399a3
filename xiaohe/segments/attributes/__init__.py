"""Attributes of people: what is known of each person at a moment, from the facts and the shop's state.

registry     their names and kinds, pure
population   everybody the shop knows
evidence     what facts and state tell of each, part by part: PARTS, `table(world)` all of them as one question
bought, links, acts, referrals, recurring    what the parts are made of
conclude     evidence and cuts → every attribute, row by row, no fact read
table        one row per person, every attribute, as one question: conclude(evidence)
kept         the same in files: `write` everybody's, `renewed` of few people, only the parts that new facts concern
cuts         where the shop's quantiles lie: reckoned once per base, shown to people
moving       how attributes move with the day while nothing happens
ready        readiness as columns, and with its reasons for one person

Nothing is imported here: `from xiaohe.segments.attributes.table import table`.
"""
