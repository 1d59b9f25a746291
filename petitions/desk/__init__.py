"""The organisers' desk: everything under /organise. It holds no rules of its own: pages over the rooms' actions.

`table.py` says which address is open to which roles, `door.py` lets in; each other module is one part of the desk.
"""
