"""What smtpd(8) would answer to a session: its restriction lists walked as smtpd walks them."""
