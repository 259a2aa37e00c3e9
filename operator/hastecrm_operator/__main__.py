"""`python -m hastecrm_operator` is the console script."""

from hastecrm_operator.main import main

main()
