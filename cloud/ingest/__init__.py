"""From the broker to the store: decode, resolve, commit, acknowledge."""
