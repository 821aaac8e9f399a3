"""The certain join: what is stated, what of it holds, and who is one person by it.

stated.py    what facts say of one moment, as arrays
rule.py      which of it joins: level by level, the stronger first (docs/decisions/0014)
cutting.py   what would glue people who contradict one another, and the edges to leave out
reading.py   from the ledger
stored.py    kept in HOME/derived, so that few new facts touch few people (growing.py)
"""
