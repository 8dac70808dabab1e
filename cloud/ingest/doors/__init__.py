"""The open doors: what others' devices send in others' formats, by the identities that they have."""
