"""Rules asked of one moment: a tree becomes Ibis over one reading.

world      what a question stands on: a reading, the state's tables, a day and an instant
compile    leaves → one table of truths per person; a rule → its people
additive   measures of facts as sums that can be carried on: accumulate, merge, finalise
values     one comparison as an expression
texts      comparing text without regard to width and case
windows    which records a window has
steps      one after the other
logged     what has been so for some time
standing   places among others, random shares, lists
"""
