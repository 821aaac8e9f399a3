"""An independent, slow, brute-force statement of the calculations: plain Python, nothing imported from xiaohe.

    rows, contacts ─► orders (one state each) ─► people (joined) ─► rhythm ─► chance ─► one line per person
                                                                └─► measures

It exists in tests only, to be compared person by person with what the product computes.
"""
