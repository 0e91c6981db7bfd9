"""SMTP AUTH: accounts, realms, what each service offers, and logins tried for real."""
