"""One Postfix instance as its admin thinks of it: parameters, lookups, domains, aliases."""
