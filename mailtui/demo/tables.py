"""Falcot Corp's tables, by file name below the configuration directory. Their layout is an admin's, not a
program's: aligned by hand, continued, commented, with entries switched off and one that is there twice."""

ALIASES = """\
# Aliases of local mail: aliases(5). After a change: newaliases
#
# Those that every site has (RFC 2142)
mailer-daemon:  postmaster
postmaster:     root
nobody:         root
hostmaster:     root
usenet:         root
news:           root
webmaster:      root
www:            webmaster
ftp:            root
abuse:          roland, root
security:       roland
noc:            roland
dmarc:          roland
# The admin on duty reads root's mail.
root:           roland

# People: other ways to write a name
jean.martin:    jean
j.martin:       jean
laure.petit:    laure
sophie.durand:  sophie
roland.mas:     roland
joe.black:      joe
paul.roux:      paul
claire.noel:    claire

# Departments
sales:          jean, laure
sales-office:   laure,
                sophie,
                # part-time, mornings only
                marie
support:        joe, paul
accounting:     marie, claire
invoices:       accounting
orders:         sales, accounting
press:          sophie
jobs:           claire
managers:       jean, sophie
reception:      claire
it:             roland, joe
#helpdesk:      support
#directors:     managers,
#               roland

# Kept by a list file that a secretary edits
team:           :include:@ETC@/lists/team
# Becomes a ticket: one line in @DIR@/mail/shared/tickets
tickets:        "|@DIR@/bin/new-ticket"
# Everything that must be kept is kept here
archive:        @DIR@/mail/shared/archive
# The fax modem is always busy: watch its mail wait in the queue
fax:            "|@DIR@/bin/fax-modem"
"front desk":   reception
backup-reports: roland, archive
printer:        it
door-phone:     reception
# Left in March; the contract wants a year of forwarding
anne:           laure
# Written down twice: the first one counts
printer:        joe
"""

ACCOUNTS = """\
# Where the accounts' mail goes on this machine, which does not have these users.
"""

TEAM = """\
jean
laure
sophie
# roland reads it in the archive
"""

VIRTUAL = """\
# Addresses without a mailbox of their own: virtual(5)
# After a change: postmap @ETC@/virtual

# The brand
webmaster@falcotsbrand.com      jean@falcot.com
contact@falcotsbrand.com        laure@falcot.com, sophie@falcot.com
postmaster@falcotsbrand.com     postmaster@falcot.com
abuse@falcotsbrand.com          abuse@falcot.com
info@falcotsbrand.com           contact@falcotsbrand.com
sales@falcotsbrand.com          sales@falcot.com
support@falcotsbrand.com        support@falcot.com
shop@falcotsbrand.com           jean@falcot.com,
                                laure@falcot.com
    # the web shop's own copy
                                archive@falcot.com
newsletter@falcotsbrand.com     sophie@falcot.com
jobs@falcotsbrand.com           jobs@falcot.com
press@falcotsbrand.com          press@falcot.com
billing@falcotsbrand.com        accounting@falcot.com
returns@falcotsbrand.com        claire@falcot.com
legal@falcotsbrand.com          claire@falcot.com, jean@falcot.com
#web-old@falcotsbrand.com       sophie@falcot.com
#spring-sale@falcotsbrand.com   jean@falcot.com, marie@falcot.com
# Whatever else is written to the brand: Sophie looks through it
@falcotsbrand.com               sophie@falcot.com

# falcot.org: mailboxes are in vmailbox, these are only other names
contact@falcot.org              jean@falcot.org, sophie@falcot.org
postmaster@falcot.org           postmaster@falcot.com
abuse@falcot.org                abuse@falcot.com
webmaster@falcot.org            webmaster@falcotsbrand.com

# falcot.com: before an address is looked up in aliases
presse@falcot.com               press@falcot.com
vertrieb@falcot.com             sales@falcot.com
partner-mail@falcot.com         jean@falcot.com, desk@partner.example
"""

VIRTUAL_PATTERNS = """\
# Old ticket addresses, ticket-1234@falcot.com: regexp_table(5), so not for editing by entry
/^ticket-[0-9]+@falcot\\.com$/          tickets@falcot.com
# and one address for each campaign, news-2024-05@falcotsbrand.com
/^news-[0-9]{4}-[0-9]{2}@falcotsbrand\\.com$/  sophie@falcot.com
"""

VMAILBOX = """\
# falcot.org's mailboxes, below virtual_mailbox_base
# A slash at the end makes a maildir: one file for each message
jean@falcot.org         falcot.org/jean/
claire@falcot.org       falcot.org/claire/
# No slash: an mbox, one file for them all
sophie@falcot.org       falcot.org/sophie
"""

ACCESS_CLIENTIP = """\
# By client name or address: access(5)
198.51.100.31           OK
# asked us twice to let them in; still sends to addresses that never were
203.0.113.99            REJECT no mail from this address, call +33 4 00 00 00 00
bulk.example            REJECT
"""

ACCESS_HELO = """\
falcot.com              REJECT that is our own name
mail.falcot.com         REJECT that is our own name
192.0.2.25              REJECT that is our own address
localhost               REJECT you are not me
"""

ACCESS_SENDER = """\
lottery@bulk.example    REJECT no, thank you
bulk.example            REJECT
# may write even from hosts with a broken name
desk@partner.example    OK
"""

RECIPIENT_ACCESS = """\
# How strict we are, by recipient: the classes are in main.cf
postmaster@falcot.com   permissive
abuse@falcot.com        permissive
support@falcot.com      permissive
sales-office@falcot.com permissive
joe@falcot.com          aggressive
claire@falcot.com       greylisting
jobs@falcot.com         greylisting
"""

HEADER_CHECKS = """\
# header_checks(5): the first pattern that matches decides
/^X-Mailer:.*BulkCannon/        REJECT bulk mailers are not welcome here
/^Subject:.*(lottery|jackpot)/  REJECT we do not gamble
/^Subject: *Virus found in your message/    DISCARD reply of a badly set up virus scanner
if /^Received:/
/from localhost \\(forged\\)/     REJECT forged Received header
endif
"""

BODY_CHECKS = """\
/^Click here to claim your prize/       REJECT spam (claims a prize)
/^<iframe src=/                         REJECT no frames in mail, please
"""

NEW_TICKET = """\
#!/bin/sh
# Reads a message and notes its subject; local(8) runs it for the alias "tickets".
subject=$(sed -n 's/^[Ss]ubject: *//p;/^$/q')
echo "$(date '+%F %T') ${subject:-no subject}" >> @DIR@/mail/shared/tickets
"""

FAX_MODEM = """\
#!/bin/sh
# A modem that never gets through: exit code 75 asks Postfix to try again later (EX_TEMPFAIL).
cat > /dev/null
echo 'modem busy'
exit 75
"""

INDEXED = ("virtual", "vmailbox", "access_clientip", "access_helo", "access_sender", "recipient_access")
"""The tables that postmap compiles."""

TABLES = {
    "aliases": ALIASES,
    "lists/team": TEAM,
    "virtual": VIRTUAL,
    "virtual_patterns": VIRTUAL_PATTERNS,
    "vmailbox": VMAILBOX,
    "access_clientip": ACCESS_CLIENTIP,
    "access_helo": ACCESS_HELO,
    "access_sender": ACCESS_SENDER,
    "recipient_access": RECIPIENT_ACCESS,
    "header_checks": HEADER_CHECKS,
    "body_checks": BODY_CHECKS,
}
PROGRAMS = {"new-ticket": NEW_TICKET, "fax-modem": FAX_MODEM}
