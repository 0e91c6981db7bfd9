"""Writing a change: plan, checks, the transaction that holds or is undone, the journal and the history."""
