"""Letters: written into the outbox with their cause, decided and sent by the worker.

`outbox.post()` ▸ `delivery.deliver()` ▸ a room's `LetterKind` decides and renders ▸ `letters.compose()` ▸ `smtp`.
"""
