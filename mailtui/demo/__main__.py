"""`python -m mailtui.demo` is `mailtui demo`."""

import sys

from mailtui.demo.run import main

sys.exit(main(sys.argv[1:]))
