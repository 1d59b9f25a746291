"""Campaigns: who hosts statements. Name, imprint, data controller, contact, sender address.

A campaign may begin with little; none of its statements opens before controller, postal address and contact
are there, and then those can be changed but not emptied (privacy.md 1, 14). Its slug, like a statement's, is
taken in the one table `slugs`: an old one redirects for ever and never goes to another.
"""
