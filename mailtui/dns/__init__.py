"""What the world sees of a domain: its records, asked with a time limit. dnspython is imported late."""
