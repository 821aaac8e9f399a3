"""人群: the list, one segment, and the builder, in which a rule is lines that are tapped together.

    rule tree ◄─────────► draft ◄──────────► lines of controls
            drafts, rules       forms, lines

A draft may be unfinished, a rule never is. Text is read and printed by `segments.text` alone.
"""
