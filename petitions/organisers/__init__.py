"""Organisers: who looks after a campaign, and the audit of what they did.

Every act of an organiser is noted in the transaction of the act itself. The audit is append-only and holds
ids, names of fields and values that are not personal, never a signatory's name, address or comment
(privacy.md 12). The actor of a command is `cli:<system user>`; at the desk it will be an organiser's id.
"""
