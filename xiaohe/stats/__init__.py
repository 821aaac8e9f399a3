"""Pure statistics: rhythm, survival, shrinkage, expected value, intervals, held-out draws. No Django, no clock, no store."""
