"""Organisations: the bodies that endorse, of one campaign, as a tree: branch in region in union.

`key` finds the same body under another spelling; the database refuses two of one key under one parent, and a circle.
`actions` is what organisers may do with them. A body enters when an endorsement of it is accepted.
"""

from petitions.errors import N_

KINDS = {
    "national union": (N_("National union"), N_("National unions")),
    "union region": (N_("Union region"), N_("Union regions")),
    "union branch": (N_("Union branch"), N_("Union branches")),
    "trades council": (N_("Trades council"), N_("Trades councils")),
    "constituency party": (N_("Constituency party"), N_("Constituency parties")),
    "party group": (N_("Party group"), N_("Party groups")),
    "student union": (N_("Student union"), N_("Student unions")),
    "councillors' group": (N_("Councillors’ group"), N_("Councillors’ groups")),
    "campaign": (N_("Campaign"), N_("Campaigns")),
    "workplace committee": (N_("Workplace committee"), N_("Workplace committees")),
    "faith or community group": (N_("Faith or community group"), N_("Faith and community groups")),
    "company or co-op": (N_("Company or co-op"), N_("Companies and co-ops")),
    "other": (N_("Another organisation"), N_("Other organisations")),
}
"""Kind → what one is called, and several; in the order of the public list."""
WANTS = {
    "speaker": N_("a speaker"),
    "materials": N_("materials"),
    "coach places": N_("places on a coach"),
}
"""What a body may ask of the campaign."""
